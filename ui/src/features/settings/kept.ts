const DAYS = [15, 30, 90, 180, 365];

/** For how many days something may be kept, the shortest first and 0, for always, at the end. What was chosen is among them. */
export function keptChoices(first: number, chosen: number): number[] {
  const days = DAYS.filter((one) => one >= first);
  const all = chosen === 0 || days.includes(chosen) ? days : [...days, chosen].sort((a, b) => a - b);
  return [...all, 0];
}
