// The pace of a number as its form has it, and what it comes to.
import type { Pace } from '../../api/client';

export type PaceForm = { [part in keyof Pace]: number | null };

/** Null while a field cannot be read. */
export function paceOf(form: PaceForm): Pace | null {
  return Object.values(form).every((value) => value !== null) ? ({ ...form } as Pace) : null;
}

/** Parts an hour on average, with the rests and the hourly cap. */
export function perHour(pace: Pace): number {
  const each = (pace.minMs + pace.maxMs) / 2 + (pace.batch > 0 ? pace.restMs / pace.batch : 0);
  const free = each > 0 ? Math.round(3_600_000 / each) : 0;
  return pace.hourlyCap > 0 ? Math.min(free, pace.hourlyCap) : free;
}
