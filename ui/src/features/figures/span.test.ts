import { beforeEach, expect, test } from 'vitest';
import { zone } from '../../lib/format.svelte';
import { firstDay } from './span';

beforeEach(() => { zone.name = 'Asia/Jakarta'; });

test('today is the last of the days, as the owner has it', () => {
  expect(firstDay(7, Date.parse('2026-03-03T17:30:00Z'))).toBe('2026-02-26');
  expect(firstDay(1, Date.parse('2026-03-03T16:30:00Z'))).toBe('2026-03-03');
});
