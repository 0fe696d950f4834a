// Calendar days and the millisecond that stands for one: noon UTC, which is the same day in nearly every zone.
export type CalendarDay = { year: number; month: number; day: number };

export function dayOf(millis: number): CalendarDay {
  const at = new Date(millis);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

export function millisOf({ year, month, day }: CalendarDay): number {
  return Date.UTC(year, month - 1, day, 12);
}

export function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Of a day as `YYYY-MM-DD`, and back. */
export function noonOf(day: string): number {
  return Date.parse(`${day}T12:00:00Z`);
}

export function isoDay(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10);
}
