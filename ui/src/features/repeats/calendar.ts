// The choices of a calendar as the core takes them. Pure.
import { getLocalTimeZone, today } from '@internationalized/date';
import type { Calendar, Every } from '../../api/client';

export type End = 'never' | 'times5' | 'times12' | 'months3' | 'months12' | 'own';

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
  if (until !== null) return 'own';
  if (times === null) return 'never';
  return times === 5 ? 'times5' : times === 12 ? 'times12' : 'own';
}

/** An end of another kind is shown while it is there. */
export function endOptions(calendar: Calendar): End[] {
  const usual: End[] = ['never', 'times5', 'times12', 'months3', 'months12'];
  return endOf(calendar) === 'own' ? [...usual, 'own'] : usual;
}

export function changeOf(end: End, from = today(getLocalTimeZone())): Partial<Calendar> {
  switch (end) {
    case 'never': return { until: null, times: null };
    case 'times5': return { until: null, times: 5 };
    case 'times12': return { until: null, times: 12 };
    case 'months3': return { until: from.add({ months: 3 }).toString(), times: null };
    case 'months12': return { until: from.add({ months: 12 }).toString(), times: null };
    case 'own': return {};
  }
}
