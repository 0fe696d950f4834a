import { beforeEach, expect, test } from 'vitest';
import { noonOf } from '../../lib/days';
import { zone } from '../../lib/format.svelte';
import { daysBetween, firstDay } from './span';

beforeEach(() => { zone.name = 'Asia/Jakarta'; });

test('today is the last of the days, as the owner has it', () => {
  expect(firstDay(7, Date.parse('2026-03-03T17:30:00Z'))).toBe('2026-02-26');
  expect(firstDay(1, Date.parse('2026-03-03T16:30:00Z'))).toBe('2026-03-03');
});

test('days of the owner begin and end where their zone has it, in either order', () => {
  const span = { from: Date.parse('2026-02-27T17:00:00Z'), until: Date.parse('2026-03-03T17:00:00Z'), days: 4 };
  expect(daysBetween(noonOf('2026-02-28'), noonOf('2026-03-03'))).toEqual(span);
  expect(daysBetween(noonOf('2026-03-03'), noonOf('2026-02-28'))).toEqual(span);
  expect(daysBetween(noonOf('2026-03-03'), noonOf('2026-03-03')).days).toBe(1);
});

test('a day on which the clock is moved is as long as it is there', () => {
  zone.name = 'Europe/Berlin';
  const { from, until, days } = daysBetween(noonOf('2026-03-29'), noonOf('2026-03-29'));
  expect([(until - from) / 3_600_000, days]).toEqual([23, 1]);
});
