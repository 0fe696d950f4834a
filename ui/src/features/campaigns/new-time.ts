// When those who wait are written to: what the form says as the core takes it. Pure.
import type { NewTime } from '../../api/client';

export type TimeKind = NewTime['kind'];

/** None while a field of it cannot be read. */
export function timeOf(kind: TimeKind, at: number, first: number | null): NewTime | null {
  if (kind === 'keep') return { kind };
  if (kind === 'all') return { kind, at };
  return first === null ? null : { kind, at, first };
}

/** Tomorrow at the same clock is what "later" mostly means. */
export function laterThan(now: number, dueAt: number): number {
  const day = 86_400_000;
  return Math.max(dueAt, now) + day;
}
