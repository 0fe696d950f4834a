// Names of days, months and zones in the language of the window.
import { intlTag, language } from '../../lib/i18n.svelte';

/** Friday, for a day given as YYYY-MM-DD. */
export function weekdayOf(day: string): string {
  return named({ weekday: 'long' }, Date.parse(day), 'UTC');
}

/** Fri, for the head of a calendar. */
export function weekdayShort(day: string): string {
  return named({ weekday: 'short' }, Date.parse(day), 'UTC').slice(0, 3);
}

/** Friday, 13 November 2026: how a day is read aloud. */
export function dayAloud(day: string): string {
  return named({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, Date.parse(day), 'UTC');
}

/** November 2026, for a month given as YYYY-MM. */
export function monthAndYear(month: string): string {
  return named({ month: 'long', year: 'numeric' }, Date.parse(`${month}-01`), 'UTC');
}

/** "Türkiye Time" or "Waktu Indonesia Barat", and "GMT+3". */
export function zoneShown(name: string, at: number): { place: string; offset: string } {
  const named = (tag: string, timeZoneName: 'shortGeneric' | 'longGeneric' | 'shortOffset') =>
    new Intl.DateTimeFormat(tag, { timeZone: name || undefined, timeZoneName }).formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
  try {
    return { place: named(intlTag(language.locale), 'longGeneric'), offset: named('en-GB', 'shortOffset') };
  } catch {
    return { place: name, offset: '' };
  }
}

function named(options: Intl.DateTimeFormatOptions, at: number, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat(intlTag(language.locale), { ...options, timeZone }).format(at);
}
