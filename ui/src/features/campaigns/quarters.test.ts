import { expect, test } from 'vitest';
import { bars, countdown, QUARTER } from './quarters';

test('a quarter without a message is a gap, and the running one is marked', () => {
  expect(bars([{ at: 0, sent: 30 }, { at: 2 * QUARTER, sent: 10 }], 2 * QUARTER + 5)).toEqual([
    { at: 0, sent: 30, running: false }, { at: QUARTER, sent: 0, running: false }, { at: 2 * QUARTER, sent: 10, running: true }]);
});

test('a campaign that is long over keeps its own last quarters', () => {
  expect(bars([{ at: 0, sent: 30 }], 900 * QUARTER)).toEqual([{ at: 0, sent: 30, running: false }]);
  expect(bars([], 5)).toEqual([]);
});

test.each([[14_000, '00:14'], [13_001, '00:14'], [-5, '00:00'], [725_000, '12:05'], [11_525_000, '3:12:05'], [86_400_000, null]])('%s ms is %s', (ms, shown) => {
  expect(countdown(ms)).toBe(shown);
});
