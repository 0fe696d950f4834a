export const LEAST = 8;

export function passphraseProblem(first: string, again: string): 'short' | 'different' | null {
  if ([...first].length < LEAST) return 'short';
  return first === again ? null : 'different';
}
