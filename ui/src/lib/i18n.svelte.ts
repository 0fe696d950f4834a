// The language of the window. Messages read the locale through `getLocale`, and that reads a rune, so a change
// of language redraws every sentence without a reload.
import { m } from './paraglide/messages';
import { baseLocale, isLocale, locales, overwriteGetLocale, overwriteSetLocale, type Locale } from './paraglide/runtime';

export { m, locales, type Locale };

/** Each in its own words. */
export const languageName: Record<Locale, string> = { tr: 'Türkçe', id: 'Indonesia', en: 'English' };
/** To choose from. */
export const languageOptions = (['tr', 'id', 'en'] as const).map((value) => ({ value, label: languageName[value], lang: value }));

class Language {
  locale = $state<Locale>(baseLocale);
}
export const language = new Language();

overwriteGetLocale(() => language.locale);
overwriteSetLocale((locale) => { language.locale = locale; });

/** `chosen` null: the first language of the system that Ulak speaks. */
export function setLanguage(chosen: Locale | null, system: readonly string[] = navigator.languages): void {
  language.locale = chosen ?? fromSystem(system);
  document.documentElement.lang = language.locale;
  document.documentElement.dir = direction(language.locale);
}

/** The way a language is written; an engine that cannot tell has none of the languages that go from right to left. */
export function direction(tag: string): string {
  const locale: Intl.Locale & { getTextInfo?: () => { direction: string }; textInfo?: { direction: string } } = new Intl.Locale(tag);
  return (locale.getTextInfo?.() ?? locale.textInfo)?.direction ?? 'ltr';
}

export function fromSystem(wanted: readonly string[]): Locale {
  for (const tag of wanted) {
    const short = tag.toLowerCase().split('-')[0] ?? '';
    // Java and old systems still call Indonesian "in".
    const name = short === 'in' ? 'id' : short;
    if (isLocale(name)) return name;
  }
  return baseLocale;
}

/** Intl tags: English dates and clocks as outside America, as the rest of the interface has them. */
export function intlTag(locale: Locale): string {
  return { en: 'en-GB', tr: 'tr-TR', id: 'id-ID' }[locale];
}
