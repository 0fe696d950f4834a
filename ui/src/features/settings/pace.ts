// The pace of a number as its form has it (seconds and minutes), and what it comes to.
import type { Pace } from '../../api/client';

export type PaceForm = { min: number | null; max: number | null; batch: number | null; rest: number | null; hourly: number | null; daily: number | null };

export function formOf(pace: Pace): PaceForm {
  return { min: pace.minMs / 1000, max: pace.maxMs / 1000, batch: pace.batch, rest: pace.restMs / 60_000, hourly: pace.hourlyCap, daily: pace.dailyCap };
}

/** Null while a field is empty or no whole number. */
export function paceOf(form: PaceForm): Pace | null {
  const values = Object.values(form);
  if (!values.every((value) => value !== null && Number.isFinite(value) && value >= 0)) return null;
  const { min, max, batch, rest, hourly, daily } = form as Record<keyof PaceForm, number>;
  if (!Number.isInteger(batch) || !Number.isInteger(hourly) || !Number.isInteger(daily)) return null;
  return { minMs: Math.round(min * 1000), maxMs: Math.round(max * 1000), batch, restMs: Math.round(rest * 60_000), hourlyCap: hourly, dailyCap: daily };
}

/** Parts an hour on average, with the rests and the hourly cap. */
export function perHour(pace: Pace): number {
  const each = (pace.minMs + pace.maxMs) / 2 + (pace.batch > 0 ? pace.restMs / pace.batch : 0);
  const free = each > 0 ? Math.round(3_600_000 / each) : 0;
  return pace.hourlyCap > 0 ? Math.min(free, pace.hourlyCap) : free;
}
