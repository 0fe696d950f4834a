import { CalendarDate } from '@internationalized/date';
import { expect, test } from 'vitest';
import { changeOf, endOf, endOptions, everyOf } from './calendar';

const calendar = { every: everyOf('month'), from: '2026-11-12', until: null, times: null, except: [] };

test('what was chosen as an end is shown as that end', () => {
  for (const end of ['never', 'times5', 'times12'] as const) expect(endOf({ ...calendar, ...changeOf(end) })).toBe(end);
  expect(changeOf('months3', new CalendarDate(2026, 11, 30))).toEqual({ until: '2027-02-28', times: null });
  expect(endOptions({ ...calendar, until: '2027-02-28' })).toContain('own');
  expect(endOptions(calendar)).not.toContain('own');
});

test('a kind begins with days that come', () => {
  expect(everyOf('week')).toEqual({ kind: 'week', on: [0] });
  expect(everyOf('year')).toEqual({ kind: 'year', month: 1, day: 1 });
});
