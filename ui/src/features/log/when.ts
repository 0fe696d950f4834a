// The days that a list is narrowed to, as days of the owner's calendar.
import { isoDay, noonOf } from '../../lib/days';
import { dayKey } from '../../lib/format.svelte';

export type When = 'any' | 'today' | '7' | '30' | 'day';
const DAY = 86_400_000;

/** The first day, and the day behind the last one; null where there is no end. */
export function spanOfDays(when: When, day: string, now: number): { first: string | null; after: string | null } {
  const today = dayKey(now);
  switch (when) {
    case 'any': return { first: null, after: null };
    case 'today': return { first: today, after: null };
    case 'day': return { first: day || today, after: plus(day || today, 1) };
    default: return { first: plus(today, 1 - Number(when)), after: null };
  }
}

function plus(day: string, days: number): string {
  return isoDay(noonOf(day) + days * DAY);
}
