// What the day ribbon of Home shows of a running campaign: bars for the quarters of an hour that are past, and the
// stretch that is still ahead. Minutes since local midnight.
import type { LiveView } from '../../api/client';
import { dayKey, minuteOfDay } from '../../lib/format.svelte';

export type Day = { bars: { from: number; to: number; values: number[] } | null; ahead: { from: number; to: number } | null };

export function dayOf(live: LiveView, now: number, closes: number): Day {
  const minute = minuteOfDay(now);
  const today = live.perQuarter.filter((quarter) => dayKey(quarter.at) === dayKey(now));
  return { bars: barsOf(today, minute), ahead: aheadOf(live, now, minute, closes) };
}

function barsOf(today: LiveView['perQuarter'], minute: number): Day['bars'] {
  const first = today[0];
  if (!first) return null;
  const from = Math.floor(minuteOfDay(first.at) / 15) * 15;
  const values = new Array<number>(Math.max(1, Math.ceil((minute - from) / 15))).fill(0);
  const most = Math.max(...today.map((quarter) => quarter.sent));
  for (const { at, sent } of today) {
    const slot = Math.floor((minuteOfDay(at) - from) / 15);
    if (slot < values.length) values[slot] = most === 0 ? 0 : (sent / most) * 0.9;
  }
  return { from, to: from + values.length * 15, values };
}

function aheadOf(live: LiveView, now: number, minute: number, closes: number): Day['ahead'] {
  if (live.finishesAt === null || live.state !== 'running') return null;
  const to = dayKey(live.finishesAt) === dayKey(now) ? minuteOfDay(live.finishesAt) : closes;
  return to > minute + 1 ? { from: minute, to } : null;
}
