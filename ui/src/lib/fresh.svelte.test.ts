import { flushSync } from 'svelte';
import { expect, test, vi } from 'vitest';
import { keepFresh } from './fresh';

test('a load that reads what it sets is made once', async () => {
  let view = $state.raw({ reads: 0 });
  const load = vi.fn(async () => {
    const { reads } = view;
    await Promise.resolve();
    view = { reads: reads + 1 };
    flushSync();
  });
  const stop = $effect.root(() => { $effect(() => keepFresh([], load)); });
  flushSync();
  await vi.waitFor(() => expect(view.reads).toBeGreaterThan(0));
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  expect(load).toHaveBeenCalledTimes(1);
  stop();
});
