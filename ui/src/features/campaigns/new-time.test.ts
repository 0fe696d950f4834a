import { expect, test } from 'vitest';
import { laterThan, timeOf } from './new-time';

test('a rest without a readable number is no time', () => {
  expect(timeOf('rest', 5, null)).toBeNull();
  expect(timeOf('rest', 5, 0)).toEqual({ kind: 'rest', at: 5, first: 0 });
  expect(timeOf('all', 5, null)).toEqual({ kind: 'all', at: 5 });
  expect(timeOf('keep', 5, null)).toEqual({ kind: 'keep' });
});

test('what is suggested lies ahead, whether the campaign was due or is', () => {
  expect(laterThan(1_000, 500)).toBe(86_401_000);
  expect(laterThan(1_000, 5_000)).toBe(86_405_000);
});
