import { expect, test } from 'vitest';
import { formOf, paceOf, perHour } from './pace';

const usual = { minMs: 8000, maxMs: 20_000, batch: 50, restMs: 120_000, hourlyCap: 0, dailyCap: 200 };

test('a pace survives the way through its form', () => {
  expect(paceOf(formOf(usual))).toEqual(usual);
});

test('an empty field or half a part is no pace', () => {
  expect(paceOf({ ...formOf(usual), min: null })).toBeNull();
  expect(paceOf({ ...formOf(usual), batch: 1.5 })).toBeNull();
  expect(paceOf({ ...formOf(usual), daily: -1 })).toBeNull();
});

test('rests and the cap count', () => {
  expect(perHour(usual)).toBe(220);
  expect(perHour({ ...usual, hourlyCap: 60 })).toBe(60);
});
