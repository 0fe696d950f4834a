// The days that the figures are of.
import { isoDay, noonOf } from '../../lib/days';
import { dayKey, dayStart } from '../../lib/format.svelte';

const DAY = 86_400_000;

/** More days than these are not shown at once; the core leaves out the first of them. */
export const MOST_DAYS = 3 * 366;

/** The first of so many days, of which today is the last. */
export function firstDay(days: number, now: number): string {
  return isoDay(noonOf(dayKey(now)) - (days - 1) * DAY);
}

/** From the one day to the end of the other, whichever is earlier; a day is any of its milliseconds at noon. */
export function daysBetween(one: number, other: number): { from: number; until: number; days: number } {
  const [first, last] = one <= other ? [one, other] : [other, one];
  return { from: dayStart(isoDay(first)), until: dayStart(isoDay(last + DAY)), days: Math.round((last - first) / DAY) + 1 };
}
