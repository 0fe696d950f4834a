// The days that the figures are of.
import { isoDay, noonOf } from '../../lib/days';
import { dayKey } from '../../lib/format.svelte';

/** The first of so many days, of which today is the last. */
export function firstDay(days: number, now: number): string {
  return isoDay(noonOf(dayKey(now)) - (days - 1) * 86_400_000);
}
