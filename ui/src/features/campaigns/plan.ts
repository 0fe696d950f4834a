// Where a planned campaign is moved to, in days and minutes. Pure.
import { moved, type Due } from './when';

export const STEP = 15;
const DAY = 1440;
const LAST = DAY - STEP;

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
