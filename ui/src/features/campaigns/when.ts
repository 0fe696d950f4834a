// Days and clocks of the owner's zone to moments and back. Pure.
import { CalendarDate, endOfMonth, fromAbsolute, getDayOfWeek, getLocalTimeZone, parseDate, startOfMonth, startOfWeek, Time, toCalendarDateTime, toZoned } from '@internationalized/date';
import { isOpen, openSpans, type Span } from '../../lib/ribbon';

/** Nobody closes for longer. */
const FURTHEST_DAYS = 60;

export type Due = { day: string; minute: number };

/** The moment of a day and clock. A clock that daylight saving skips becomes the next one there is. */
export function momentOf(due: Due, zone: string | undefined): number {
  const local = toCalendarDateTime(parseDate(due.day), new Time(Math.floor(due.minute / 60), due.minute % 60));
  return toZoned(local, zone ?? getLocalTimeZone(), 'compatible').toDate().getTime();
}

export function dueOf(at: number, zone: string | undefined): Due {
  const local = fromAbsolute(at, zone ?? getLocalTimeZone());
  return { day: day(local.year, local.month, local.day), minute: local.hour * 60 + local.minute };
}

/** The next full hour that leaves a whole one to think, inside the sending hours. */
export function suggested(now: number, hoursOn: (day: string) => Span | null, zone: string | undefined): number {
  const { day: today, minute } = dueOf(now + 3_600_000, zone);
  const hour = Math.ceil(minute / 60) * 60;
  const hours = hoursOn(today);
  if (hours && hour < 1440 && isOpen(hour, openSpans(hours.from, hours.to))) return momentOf({ day: today, minute: hour }, zone);
  if (hours && hours.from > minute && hours.from < 1440) return momentOf({ day: today, minute: hours.from }, zone);
  for (let ahead = 1; ahead <= FURTHEST_DAYS; ahead += 1) {
    const day = moved(today, ahead);
    const opening = hoursOn(day);
    if (opening) return momentOf({ day, minute: opening.from % 1440 }, zone);
  }
  return momentOf({ day: moved(today, 1), minute: 0 }, zone);
}

/** The weeks of a month; null stands for a day of another month. */
export function weeksOf(month: string, locale: string): (string | null)[][] {
  const first = startOfMonth(parseDate(`${month}-01`));
  const last = endOfMonth(first);
  const days: (string | null)[] = Array.from({ length: getDayOfWeek(first, locale) }, () => null);
  for (let at = 1; at <= last.day; at += 1) days.push(day(first.year, first.month, at));
  while (days.length % 7 !== 0) days.push(null);
  return Array.from({ length: days.length / 7 }, (_, week) => days.slice(week * 7, week * 7 + 7));
}

/** Seven days, each a known date, to take the names of a week from. */
export function aWeek(locale: string): string[] {
  const first = startOfWeek(new CalendarDate(2026, 11, 11), locale);
  return Array.from({ length: 7 }, (_, step) => first.add({ days: step }).toString());
}

/** Where a key moves to in a grid of days; null when it moves nowhere. */
export function dayAfterKey(from: string, key: string, locale: string): string | null {
  const at = parseDate(from);
  switch (key) {
    case 'ArrowLeft': return moved(from, -1);
    case 'ArrowRight': return moved(from, 1);
    case 'ArrowUp': return moved(from, -7);
    case 'ArrowDown': return moved(from, 7);
    case 'Home': return startOfWeek(at, locale).toString();
    case 'End': return startOfWeek(at, locale).add({ days: 6 }).toString();
    case 'PageUp': return at.subtract({ months: 1 }).toString();
    case 'PageDown': return at.add({ months: 1 }).toString();
    default: return null;
  }
}

export function moved(from: string, days: number): string {
  return parseDate(from).add({ days }).toString();
}

/** YYYY-MM, some months on. */
export function monthMoved(month: string, months: number): string {
  return parseDate(`${month}-01`).add({ months }).toString().slice(0, 7);
}

function day(year: number, month: number, date: number): string {
  return new CalendarDate(year, month, date).toString();
}
