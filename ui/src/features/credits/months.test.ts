import { zone } from '../../lib/format.svelte';
import { expect, test } from 'vitest';
import { spanOf, withEarlier } from './months';

const month = (name: string, spent: number) => ({ month: name, spent, running: false });

test('a young book stands at the end of a full chart', () => {
  const shown = withEarlier([month('2026-02', 120)]);
  expect(shown.map((one) => one.month)).toEqual(['2025-07', '2025-08', '2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02']);
  expect(shown.map((one) => one.spent)).toEqual([0, 0, 0, 0, 0, 0, 0, 120]);
});

test('the chart of an old book has its newest months, that of an empty one none', () => {
  const full = Array.from({ length: 9 }, (_, at) => month(`2026-0${at + 1}`, at));
  expect(withEarlier(full)).toEqual(full.slice(1));
  expect(withEarlier([])).toEqual([]);
});

test('a month is from its first midnight to that of the next', () => {
  zone.name = 'Europe/Istanbul';
  expect(spanOf('2026-12', '', 0)).toEqual({ from: Date.parse('2026-11-30T21:00:00Z'), until: Date.parse('2026-12-31T21:00:00Z') });
  expect(spanOf('any', '', 0)).toEqual({ from: null, until: null });
});

test('the ledger is narrowed to a single day, also in the first month', () => {
  zone.name = 'Europe/Istanbul';
  const noon = Date.parse('2026-11-12T09:00:00Z');
  expect(spanOf('day', '2026-11-10', noon)).toEqual({ from: Date.parse('2026-11-09T21:00:00Z'), until: Date.parse('2026-11-10T21:00:00Z') });
  expect(spanOf('today', '', noon)).toEqual({ from: Date.parse('2026-11-11T21:00:00Z'), until: null });
});
