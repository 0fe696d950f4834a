import { expect, test } from 'vitest';
import { hoursOn, isAlways, weekdayNumber } from './hours';

const usual = { hoursFrom: 540, hoursTo: 1320, weekdays: [{ day: 6, hours: { from: 600, to: 840 } }, { day: 7, hours: null }], closedDays: [{ day: '2026-12-25', name: 'Natal' }] };

test('a weekday has its own hours, the usual ones or none, and a closed day has none', () => {
  expect(hoursOn(usual, '2026-11-13')).toEqual({ from: 540, to: 1320 });
  expect(hoursOn(usual, '2026-11-14')).toEqual({ from: 600, to: 840 });
  expect(hoursOn(usual, '2026-11-15')).toBeNull();
  expect(hoursOn(usual, '2026-12-25')).toBeNull();
});

test('weeks begin on Monday', () => {
  expect(['2026-11-09', '2026-11-14', '2026-11-15'].map(weekdayNumber)).toEqual([1, 6, 7]);
});

test('only what has no pause at all is always open', () => {
  const always = { hoursFrom: 0, hoursTo: 0, weekdays: [], closedDays: [] };
  expect(isAlways(always)).toBe(true);
  expect(isAlways({ ...always, closedDays: usual.closedDays })).toBe(false);
  expect(isAlways({ ...always, weekdays: [{ day: 7, hours: null }] })).toBe(false);
});
