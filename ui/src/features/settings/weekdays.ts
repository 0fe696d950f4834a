// Weekdays and closed days as the settings keep them. Pure.
import type { Holiday, Settings } from '../../api/client';
import type { Span } from '../../lib/ribbon';

type Weekdays = Settings['weekdays'];
type ClosedDays = Settings['closedDays'];

/** Undefined gives a weekday the usual hours back, null closes it. */
export function withWeekday(weekdays: Weekdays, day: number, hours: Span | null | undefined): Weekdays {
  const others = weekdays.filter((weekday) => weekday.day !== day);
  return hours === undefined ? others : [...others, { day, hours }].sort((a, b) => a.day - b.day);
}

export function withClosed(days: ClosedDays, day: string, name: string): ClosedDays {
  return inOrder([...days.filter((closed) => closed.day !== day), { day, name }]);
}

/** The days that are offered are closed as they are ticked; all others stay as they are. */
export function withHolidays(days: ClosedDays, offered: Holiday[], ticked: ReadonlySet<string>, nameOf: (holiday: Holiday) => string): ClosedDays {
  const others = days.filter((closed) => !offered.some((holiday) => holiday.day === closed.day));
  const named = (holiday: Holiday) => days.find((closed) => closed.day === holiday.day) ?? { day: holiday.day, name: nameOf(holiday) };
  return inOrder([...others, ...offered.filter((holiday) => ticked.has(holiday.day)).map(named)]);
}

function inOrder(days: ClosedDays): ClosedDays {
  return [...days].sort((a, b) => a.day.localeCompare(b.day, 'en'));
}
