// Where a planned campaign is moved to, in days and minutes. Pure.
import type { Span } from '../../lib/ribbon';
import { moved, type Due } from './when';

export const STEP = 15;
const DAY = 1440;
const LAST = DAY - STEP;
/** As much of a day as a name wants. */
const ROOM = 480;

/** The minute of a place in a band, to the next quarter of an hour. */
export function minuteAt(x: number, left: number, width: number): number {
  if (width <= 0) return 0;
  return within(Math.round(((x - left) / width) * (DAY / STEP)) * STEP);
}

/** Where a key moves to; null when it moves nowhere. */
export function afterKey(at: Due, key: string): Due | null {
  switch (key) {
    case 'ArrowLeft': return stepped(at, -STEP);
    case 'ArrowRight': return stepped(at, STEP);
    case 'ArrowUp': return { ...at, day: moved(at.day, -1) };
    case 'ArrowDown': return { ...at, day: moved(at.day, 1) };
    default: return null;
  }
}

/** Where in the day there is room for a name: behind what goes out, before it, or else in its widest part. */
export function nameAt(spans: Span[]): { side: 'after' | 'before' | 'inside'; from: number; to: number } | null {
  const [first, last] = [spans[0], spans.at(-1)];
  if (!first || !last) return null;
  if (DAY - last.to >= ROOM) return { side: 'after', from: first.from, to: last.to };
  if (first.from >= ROOM) return { side: 'before', from: first.from, to: last.to };
  const widest = spans.reduce((one, other) => (other.to - other.from > one.to - one.from ? other : one));
  return { side: 'inside', from: widest.from, to: widest.to };
}

export function same(one: Due, other: Due): boolean {
  return one.day === other.day && one.minute === other.minute;
}

function stepped(at: Due, by: number): Due {
  const next = (by > 0 ? Math.floor(at.minute / STEP) : Math.ceil(at.minute / STEP)) * STEP + by;
  return { day: moved(at.day, Math.floor(next / DAY)), minute: (next + DAY) % DAY };
}

function within(minute: number): number {
  return Math.min(LAST, Math.max(0, minute));
}
