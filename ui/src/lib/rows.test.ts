import { expect, test } from 'vitest';
import { rowsInSight, scrollTo } from './rows';

test('only what is in sight, with some to spare', () => {
  expect(rowsInSight(0, 380, 38, 100_000)).toEqual({ from: 0, to: 22 });
  expect(rowsInSight(38_000, 380, 38, 100_000)).toEqual({ from: 988, to: 1022 });
});

test('a list that became shorter than the scroll position shows its end', () => {
  const { from, to } = rowsInSight(38_000, 380, 38, 5);
  expect(to - from).toBe(5);
});

test('scrolls only as far as needed', () => {
  expect(scrollTo(3, 0, 380, 38)).toBe(0);
  expect(scrollTo(3, 500, 380, 38)).toBe(114);
  expect(scrollTo(20, 0, 380, 38)).toBe(456);
});
