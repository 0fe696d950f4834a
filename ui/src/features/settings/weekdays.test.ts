import { expect, test } from 'vitest';
import type { Holiday } from '../../api/client';
import { withClosed, withHolidays, withWeekday } from './weekdays';

test('a weekday gets hours, none, or the usual ones back', () => {
  const saturday = withWeekday([{ day: 7, hours: null }], 6, { from: 600, to: 840 });
  expect(saturday).toEqual([{ day: 6, hours: { from: 600, to: 840 } }, { day: 7, hours: null }]);
  expect(withWeekday(saturday, 6, null)[0]).toEqual({ day: 6, hours: null });
  expect(withWeekday(saturday, 7, undefined)).toEqual([saturday[0]]);
});

test('a day is closed once, in its order', () => {
  const days = withClosed([{ day: '2027-01-02', name: 'B' }], '2027-01-01', 'A');
  expect(withClosed(days, '2027-01-02', 'C')).toEqual([{ day: '2027-01-01', name: 'A' }, { day: '2027-01-02', name: 'C' }]);
});

test('ticking holidays leaves the other closed days and their own names alone', () => {
  const holiday = (day: string): Holiday => ({ country: 'TR', day, en: day, tr: day, id: day, reckoned: false });
  const offered = ['2027-01-01', '2027-04-23', '2027-05-01'].map(holiday);
  const before = [{ day: '2027-01-01', name: 'Ours' }, { day: '2027-02-02', name: 'Stock' }, { day: '2027-04-23', name: 'x' }];
  expect(withHolidays(before, offered, new Set(['2027-01-01', '2027-05-01']), (one) => one.tr)).toEqual([
    { day: '2027-01-01', name: 'Ours' }, { day: '2027-02-02', name: 'Stock' }, { day: '2027-05-01', name: '2027-05-01' },
  ]);
});
