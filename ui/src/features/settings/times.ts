import { minuteClock } from '../../lib/format.svelte';

/** Every half hour, and whatever is set. */
export function times(set: number, first: number): { value: string; label: string }[] {
  const steps = Array.from({ length: 48 }, (_, index) => first + index * 30);
  return [...new Set([...steps, set])].sort((a, b) => a - b).map((minutes) => ({ value: String(minutes), label: minuteClock(minutes) }));
}
