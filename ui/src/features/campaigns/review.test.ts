import { expect, test } from 'vitest';
import { costOf, startOf } from './review';

const NOW = Date.parse('2026-11-12T10:00:00Z');

test('a start is past after a minute, and "now" waits only where it begins later', () => {
  expect(startOf(null, { startsAt: NOW }, NOW)).toEqual({ at: null, past: false, waits: false });
  expect(startOf(null, { startsAt: NOW + 3_600_000 }, NOW).waits).toBe(true);
  expect(startOf(NOW - 30_000, { startsAt: NOW }, NOW).past).toBe(false);
  expect(startOf(NOW - 90_000, { startsAt: NOW }, NOW)).toEqual({ at: NOW - 90_000, past: true, waits: false });
});

const short = { price: [{ people: 10, parts: 2, credits: 4 }], credits: 40, shortage: 6, coveredPeople: 7, willSend: 10 };

test('what the credits do not cover is not ready until only the covered ones are chosen', () => {
  expect(costOf(short, false)).toMatchObject({ covered: false, people: 10, held: 40 });
  expect(costOf(short, true)).toEqual({ covered: true, people: 7, held: 28, lines: [{ people: 7, parts: 2, credits: 4 }] });
  expect(costOf({ ...short, coveredPeople: 0 }, true).covered).toBe(false);
});

test('of a mixed lot no sum is claimed', () => {
  expect(costOf({ ...short, price: [{ people: 8, parts: 2, credits: 4 }, { people: 2, parts: 3, credits: 5 }] }, true)).toMatchObject({ held: null, lines: [], covered: true });
});

test('what was ticked while credits were short counts no longer once they are there', () => {
  expect(costOf({ ...short, shortage: 0 }, true)).toMatchObject({ people: 10, held: 40, covered: true });
});
