import { CalendarDate } from '@internationalized/date';
import { expect, test } from 'vitest';
import { changeOf, daysOf, endOf, everyOf, exceptionsFrom, sideOf } from './calendar';

const calendar = { every: everyOf('month'), from: '2026-11-12', until: null, times: null, except: [] };

test('what was chosen as an end is shown as that end, whatever its day or its number', () => {
  for (const end of ['never', 'until', 'times'] as const) expect(endOf({ ...calendar, ...changeOf(end) })).toBe(end);
  expect(changeOf('until', new CalendarDate(2026, 11, 30))).toEqual({ until: '2027-02-28', times: null });
  expect(endOf({ ...calendar, until: '2027-05-17' })).toBe('until');
  expect(endOf({ ...calendar, times: 7 })).toBe('times');
});

test('a kind begins with days that come', () => {
  expect(everyOf('week')).toEqual({ kind: 'week', on: [0] });
  expect(everyOf('year')).toEqual({ kind: 'year', month: 1, day: 1 });
});

test('the days that are left out are listed from today on, in their order', () => {
  const except = ['2027-01-01', '2026-11-30', '2026-12-01'];
  expect(exceptionsFrom({ ...calendar, except }, '2026-12-01')).toEqual(['2026-12-01', '2027-01-01']);
});

test('any number of days before or after a date', () => {
  expect([daysOf('before', 45), daysOf('on', 45), daysOf('after', 10)]).toEqual([-45, 0, 10]);
  expect([sideOf(-45), sideOf(0), sideOf(10)]).toEqual(['before', 'on', 'after']);
});
