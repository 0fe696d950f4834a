// The choices of a rule as the core takes them. Pure.
import { getLocalTimeZone, today } from '@internationalized/date';
import type { Calendar, Every } from '../../api/client';

export type End = 'never' | 'until' | 'times';

/** What a kind begins with. */
export function everyOf(kind: Every['kind']): Every {
  switch (kind) {
    case 'day': return { kind };
    case 'week': return { kind, on: [0] };
    case 'month': return { kind, day: 1 };
    case 'year': return { kind, month: 1, day: 1 };
  }
}

export function endOf({ until, times }: Calendar): End {
  return until !== null ? 'until' : times !== null ? 'times' : 'never';
}

/** What an end begins with. */
export function changeOf(end: End, from = today(getLocalTimeZone())): Partial<Calendar> {
  switch (end) {
    case 'never': return { until: null, times: null };
    case 'until': return { until: from.add({ months: 3 }).toString(), times: null };
    case 'times': return { until: null, times: 5 };
  }
}

/** The days that are left out and still to come. */
export function exceptionsFrom({ except }: Calendar, day: string): string[] {
  return except.filter((one) => one >= day).sort();
}

export type Side = 'before' | 'on' | 'after';

/** Days before or after a date, at most. */
export const MOST_DAYS = 1000;

export function sideOf(days: number): Side {
  return days < 0 ? 'before' : days > 0 ? 'after' : 'on';
}

export function daysOf(side: Side, far: number): number {
  return side === 'on' ? 0 : side === 'before' ? -far : far;
}
