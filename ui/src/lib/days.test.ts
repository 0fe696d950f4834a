import { expect, test } from 'vitest';
import { dayOf, daysIn, millisOf } from './days';

test('a day survives the way there and back', () => {
  expect(dayOf(millisOf({ year: 2026, month: 9, day: 2 }))).toEqual({ year: 2026, month: 9, day: 2 });
});

test('February knows its leap years', () => {
  expect(daysIn(2028, 2)).toBe(29);
  expect(daysIn(2026, 2)).toBe(28);
});
