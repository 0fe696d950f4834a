import { beforeEach, expect, test } from 'vitest';
import type { LiveView } from '../../api/client';
import { zone } from '../../lib/format.svelte';
import { dayOf } from './day';

const at = (clock: string) => Date.parse(`2026-11-12T${clock}:00Z`);
const live = (more: Partial<LiveView>) => ({ state: 'running', perQuarter: [], finishesAt: null, ...more }) as LiveView;

beforeEach(() => { zone.name = 'UTC'; });

test('a quarter without a message is a gap, and the tallest bar leaves room', () => {
  const { bars } = dayOf(live({ perQuarter: [{ at: at('10:00'), sent: 30 }, { at: at('10:30'), sent: 60 }] }), at('10:40'), 1320);
  expect(bars).toEqual({ from: 600, to: 645, values: [0.45, 0, 0.9] });
});

test('yesterday is not in today', () => {
  expect(dayOf(live({ perQuarter: [{ at: at('10:00') - 86_400_000, sent: 3 }] }), at('10:40'), 1320).bars).toBeNull();
});

test('what does not finish today reaches to the end of the sending hours', () => {
  expect(dayOf(live({ finishesAt: at('20:10') }), at('14:22'), 1320).ahead).toEqual({ from: 862, to: 1210 });
  expect(dayOf(live({ finishesAt: at('20:10') + 86_400_000 }), at('14:22'), 1320).ahead).toEqual({ from: 862, to: 1320 });
  expect(dayOf(live({ finishesAt: at('20:10'), state: 'paused' }), at('14:22'), 1320).ahead).toBeNull();
});
