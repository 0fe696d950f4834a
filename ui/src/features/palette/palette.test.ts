import { afterEach, expect, test, vi } from 'vitest';
import { connectTo, type Api } from '../../api/client';
import { Palette } from './palette.svelte';

afterEach(() => { vi.restoreAllMocks(); });

/** The core answers when the test says so. */
function slowCore() {
  let answer: (rows: unknown[]) => void = () => undefined;
  const api = {
    contactTotals: async () => ({ tags: [] }), templates: async () => [], contacts: async () => ({ rows: [] }),
    campaigns: () => new Promise((done) => { answer = (rows) => { done({ rows }); }; }),
  };
  connectTo({ api: api as unknown as Api, listen: () => () => undefined });
  return (rows: unknown[]) => { answer(rows); };
}

test('what comes in while one reads does not change what Enter does', async () => {
  const answer = slowCore();
  const palette = new Palette(() => undefined);
  palette.type('every');
  expect(palette.current?.key).toBe('act:all');
  answer([{ id: 'c', name: 'Every Monday', doing: 'draft' }]);
  await vi.waitFor(() => { expect(palette.entries.map((one) => one.key)).toContain('campaign:c'); });
  expect(palette.current?.key).toBe('act:all');
  palette.move(1);
  const second = palette.current?.key;
  expect(second).not.toBe('act:all');
  palette.move(-1);
  expect(palette.current?.key).toBe('act:all');
});

test('what was found for other words is not offered for these', async () => {
  const answer = slowCore();
  const palette = new Palette(() => undefined);
  palette.type('lens');
  answer([{ id: 'c', name: 'Lens check', doing: 'draft' }]);
  await vi.waitFor(() => { expect(palette.current?.key).toBe('campaign:c'); });
  palette.type('invoice');
  expect(palette.entries.map((one) => one.key)).not.toContain('campaign:c');
});
