import { expect, test } from 'vitest';
import { paceOf, perHour } from './pace';

const usual = { minMs: 8000, maxMs: 20_000, batch: 50, restMs: 120_000, hourlyCap: 0, dailyCap: 200 };

test('a field that cannot be read is no pace', () => {
  expect(paceOf(usual)).toEqual(usual);
  expect(paceOf({ ...usual, minMs: null })).toBeNull();
});

test('rests and the cap count', () => {
  expect(perHour(usual)).toBe(220);
  expect(perHour({ ...usual, hourlyCap: 60 })).toBe(60);
});
