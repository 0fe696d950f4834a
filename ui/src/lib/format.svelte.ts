// Numbers, dates, clocks and durations as the chosen language writes them, in the time zone of the settings.
// These functions read runes, so what they return changes with the language.
import { intlTag, language, m } from './i18n.svelte';
import { partsOfSpan } from './typed';

class Zone {
  name = $state<string | undefined>(undefined);
}
/** Set from the settings; undefined means the zone of the system. */
export const zone = new Zone();

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** 1,151 */
export function num(value: number): string {
  return numbers({}).format(value + 0).replace('-', '−'); // −0 is 0
}

/** An amount in ten-thousandths as 1,250.50 */
export function moneyOf(tenThousandths: number): string {
  return numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(tenThousandths / 10_000).replace('-', '−');
}

/** +2,500 or −40; zero has no sign. */
export function signed(value: number): string {
  return numbers({ signDisplay: 'exceptZero' }).format(value).replace('-', '−');
}

/** A share from 0 to 1 as 72 % */
export function percent(share: number): string {
  return numbers({ style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** 5.2 MB */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let size = value;
  let step = 0;
  while (size >= 1000 && step < units.length - 1) { size /= 1000; step += 1; }
  return numbers({ style: 'unit', unit: units[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: size < 10 && step > 0 ? 1 : 0 }).format(size);
}

/** 14:22, in Turkish and Indonesian 14.22 */
export function clock(at: number, timeZone?: string): string {
  return dotted(dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(at));
}

/** 14:22:06, in Turkish and Indonesian 14.22.06 */
export function clockSeconds(at: number): string {
  return dotted(dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at));
}

/** Thursday, 12 November */
export function longDay(at: number): string {
  return dates({ weekday: 'long', day: 'numeric', month: 'long' }).format(at);
}

/** Fri 13 Nov */
export function shortDay(at: number): string {
  return dates({ weekday: 'short', day: 'numeric', month: 'short' }).format(at);
}

/** Friday */
export function weekday(at: number): string {
  return dates({ weekday: 'long' }).format(at);
}

/** Fri */
export function shortWeekday(at: number): string {
  return dates({ weekday: 'short' }).format(at);
}

/** Friday or Fri; 0 is Monday. */
export function weekdayName(of: number, form: 'short' | 'long'): string {
  return dates({ weekday: form, timeZone: 'UTC' }).format(Date.UTC(2026, 0, 5 + of, 12));
}

/** 2 Sep 2026 */
export function date(at: number): string {
  return dates({ day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}

/** 14:22 today, otherwise 11 Nov 18:30, with the year when it is another one. */
export function moment(at: number, now: number): string {
  if (dayKey(at) === dayKey(now)) return clock(at);
  const sameYear = dayKey(at).slice(0, 4) === dayKey(now).slice(0, 4);
  const day = sameYear ? dates({ day: 'numeric', month: 'short' }).format(at) : date(at);
  return `${day} ${clock(at)}`;
}

/** Fri 13 Nov, 10:00 */
export function dayAndClock(at: number): string {
  return `${shortDay(at)}, ${clock(at)}`;
}

/** The short name of a month given as YYYY-MM. */
export function monthName(month: string, form: 'short' | 'long' = 'short'): string {
  return dates({ month: form, timeZone: 'UTC' }).format(Date.parse(`${month}-01T00:00:00Z`));
}

/** 540 as 09:00; 1440 as 24:00. */
export function minuteClock(minutes: number): string {
  if (minutes >= 1440) return clockOf(1440 - 1).replace('23', '24').replace('59', '00');
  return clockOf(minutes);
}

/** The local day as YYYY-MM-DD, to compare days with. */
export function dayKey(at: number): string {
  const parts = new Map(dates({ year: 'numeric', month: '2-digit', day: '2-digit' }, 'en-GB').formatToParts(at).map((part) => [part.type, part.value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
}

/** The first instant of a local day, given as YYYY-MM-DD. */
export function dayStart(day: string): number {
  let at = Date.parse(`${day}T00:00:00Z`);
  // Each step lands nearer: a day off by the zone first, an hour off by a change of the clocks at most.
  for (let step = 0; step < 3; step += 1) {
    const minutes = minuteOfDay(at);
    const days = (Date.parse(`${dayKey(at)}T00:00:00Z`) - Date.parse(`${day}T00:00:00Z`)) / 60_000;
    at -= (days + minutes) * 60_000;
  }
  return at;
}

/** Minutes since local midnight. */
export function minuteOfDay(at: number): number {
  const parts = new Map(dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, 'en-GB').formatToParts(at).map((part) => [part.type, Number(part.value)]));
  return (parts.get('hour') ?? 0) * 60 + (parts.get('minute') ?? 0) + (parts.get('second') ?? 0) / 60;
}

/** The two largest units: 2 d 4 h, 7 h 38 min, 3 min 20 s, 14 s. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return m.duration_s({ s: num(seconds) });
  if (seconds < 600) {
    const rest = seconds % 60;
    return rest === 0 ? m.duration_min({ min: num(seconds / 60) }) : m.duration_min_s({ min: num(Math.floor(seconds / 60)), s: num(rest) });
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return m.duration_min({ min: num(minutes) });
  if (minutes < 1440) {
    const rest = minutes % 60;
    return rest === 0 ? m.duration_h({ h: num(minutes / 60) }) : m.duration_h_min({ h: num(Math.floor(minutes / 60)), min: num(rest) });
  }
  const hours = Math.round(minutes / 60);
  return hours % 24 === 0 ? m.duration_d({ d: num(hours / 24) }) : m.duration_d_h({ d: num(Math.floor(hours / 24)), h: num(hours % 24) });
}

/** A span that somebody set, with nothing rounded away: 20 s, 1 min 30 s, 2 h, 3 d. */
export function span(ms: number): string {
  const { d, h, min, s } = partsOfSpan(ms);
  const shown = [d > 0 && m.duration_d({ d: num(d) }), h > 0 && m.duration_h({ h: num(h) }), min > 0 && m.duration_min({ min: num(min) }), (s > 0 || ms < 1000) && m.duration_s({ s: num(s) })];
  return shown.filter((part) => part !== false).join(' ');
}

/** The sign before the fraction of a number. */
export function decimalSign(): ',' | '.' {
  return numbers({}).format(0.5).includes(',') ? ',' : '.';
}

/** Türkiye for TR, in the language of the window. */
export function countryName(code: string): string {
  try {
    return new Intl.DisplayNames([intlTag(language.locale)], { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Orders words as the language does (ç after c, ı before i). */
export function compareWords(a: string, b: string): number {
  return a.localeCompare(b, intlTag(language.locale));
}

/** "a, b and c" in the language of the window. */
export function listed(words: string[]): string {
  return new Intl.ListFormat(intlTag(language.locale), { type: 'conjunction' }).format(words);
}

function clockOf(minutes: number): string {
  return dotted(dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' }).format(minutes * 60_000));
}

/** Turkish writes 14.22, as Intl does for Indonesian only. */
function dotted(clock: string): string {
  return language.locale === 'tr' ? clock.replaceAll(':', '.') : clock;
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const tag = intlTag(language.locale);
  const key = `n${tag}${JSON.stringify(options)}`;
  const known = cache.get(key) ?? new Intl.NumberFormat(tag, options);
  cache.set(key, known);
  return known as Intl.NumberFormat;
}

function dates(options: Intl.DateTimeFormatOptions, fixedTag?: string): Intl.DateTimeFormat {
  const tag = fixedTag ?? intlTag(language.locale);
  const timeZone = options.timeZone ?? zone.name;
  const key = `d${tag}${timeZone}${JSON.stringify(options)}`;
  const known = cache.get(key) ?? new Intl.DateTimeFormat(tag, { ...options, timeZone });
  cache.set(key, known);
  return known as Intl.DateTimeFormat;
}
