import { beforeEach, expect, test } from 'vitest';
import { dayStart, zone } from '../../lib/format.svelte';
import { spanOfDays } from './when';

const NOW = Date.parse('2026-11-12T22:30:00Z');
beforeEach(() => { zone.name = 'Europe/Istanbul'; });

test('days are those of the owner, and the last one is whole', () => {
  expect(spanOfDays('any', '', NOW)).toEqual({ first: null, after: null });
  expect(spanOfDays('today', '', NOW)).toEqual({ first: '2026-11-13', after: null });
  expect(spanOfDays('7', '', NOW)).toEqual({ first: '2026-11-07', after: null });
  expect(spanOfDays('day', '2026-02-28', NOW)).toEqual({ first: '2026-02-28', after: '2026-03-01' });
});

test('a day begins at its midnight, also when the clocks change on it', () => {
  expect(dayStart('2026-11-13')).toBe(Date.parse('2026-11-12T21:00:00Z'));
  zone.name = 'Europe/Berlin';
  expect(dayStart('2026-03-29')).toBe(Date.parse('2026-03-28T23:00:00Z'));
  expect(dayStart('2026-03-30')).toBe(Date.parse('2026-03-29T22:00:00Z'));
  expect(dayStart('2026-10-25')).toBe(Date.parse('2026-10-24T22:00:00Z'));
  zone.name = 'Pacific/Kiritimati';
  expect(dayStart('2026-11-13')).toBe(Date.parse('2026-11-12T10:00:00Z'));
  zone.name = 'Pacific/Pago_Pago';
  expect(dayStart('2026-11-13')).toBe(Date.parse('2026-11-13T11:00:00Z'));
});
