// The sending hours as the owner set them. Whether something may go out at a moment is the core's to say. Pure.
import type { Settings } from '../api/client';
import type { Span } from './ribbon';

export type Hours = Pick<Settings, 'hoursFrom' | 'hoursTo' | 'weekdays' | 'closedDays'>;

/** 1 is Monday, 7 is Sunday. */
export function weekdayNumber(day: string): number {
  return new Date(`${day}T12:00:00Z`).getUTCDay() || 7;
}

/** The hours of a day given as YYYY-MM-DD; null when nothing goes out on it. */
export function hoursOn(settings: Hours, day: string): Span | null {
  if (settings.closedDays.some((closed) => closed.day === day)) return null;
  const own = settings.weekdays.find((weekday) => weekday.day === weekdayNumber(day));
  return own ? own.hours : { from: settings.hoursFrom, to: settings.hoursTo };
}

/** Every day, all day. */
export function isAlways(settings: Hours): boolean {
  const whole = ({ from, to }: Span) => from === to || (from === 0 && to >= 1440);
  return settings.closedDays.length === 0 && whole({ from: settings.hoursFrom, to: settings.hoursTo }) && settings.weekdays.every((weekday) => weekday.hours !== null && whole(weekday.hours));
}
