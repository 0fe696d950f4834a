import type { Api, DayFigures, WeekHour } from '../client';
import type { World } from './world';

const DAY = 86_400_000;
const WEEK = [1.1, 1.2, 1, 1.3, 1.5, 0.6, 0];

/** A shop that writes to its people on most days. */
export function figureCommands(world: World): Pick<Api, 'figures'> {
  return {
    figures: async ({ from, until }) => {
      const days: DayFigures[] = [];
      for (let at = from; at < Math.min(until, world.now()); at += DAY) days.push(dayOf(at));
      const sum = (of: (day: DayFigures) => number) => days.reduce((total, day) => total + of(day), 0);
      const whole: DayFigures = { day: '', sent: sum((day) => day.sent), delivered: sum((day) => day.delivered), read: sum((day) => day.read), replies: sum((day) => day.replies), optOuts: sum((day) => day.optOuts), failed: sum((day) => day.failed), deliveryMs: 3_400, numbers: 2 };
      return { days, whole, hours: hours() };
    },
  };
}

function dayOf(at: number): DayFigures {
  const date = new Date(at + 4 * 3_600_000);
  const sent = Math.round((WEEK[(date.getUTCDay() + 6) % 7] ?? 0) * (90 + (date.getUTCDate() * 37) % 60));
  return { day: date.toISOString().slice(0, 10), sent, delivered: Math.round(sent * 0.97), read: Math.round(sent * 0.66), replies: Math.round(sent * 0.12), optOuts: Math.round(sent * 0.004), failed: Math.round(sent * 0.015), deliveryMs: sent === 0 ? null : 3_400, numbers: sent === 0 ? 0 : 2 };
}

function hours(): WeekHour[] {
  return WEEK.flatMap((much, weekday) => Array.from({ length: 13 }, (_, step) => {
    const hour = 9 + step;
    const read = Math.round(much * 40 * Math.exp(-(((hour - 12.5) / 4) ** 2)) + (hour === 19 ? 18 * much : 0));
    return { weekday, hour, sent: Math.round(read * 1.4), read, replies: Math.round(read / 6) };
  })).filter(({ read }) => read > 0);
}
