// The emoji that can be picked: Unicode's order, with CLDR's names and search words in the language of the window. The
// data are part of the program (scripts/emoji.mjs writes them); each language is loaded when it is first wanted.
import type { Locale } from '../../lib/i18n.svelte';

export type Emoji = { sign: string; name: string; words: string[] };
export const groups = ['smileys', 'people', 'nature', 'food', 'travel', 'activities', 'objects', 'symbols', 'flags'] as const;
export type Group = (typeof groups)[number];

const names = { en: () => import('./emoji/en.json'), tr: () => import('./emoji/tr.json'), id: () => import('./emoji/id.json') };
const loaded = new Map<Locale, Emoji[][]>();

/** All of them by group, in the order of `groups`. */
export async function emojis(locale: Locale): Promise<Emoji[][]> {
  const known = loaded.get(locale);
  if (known) return known;
  const [{ default: signs }, { default: said }] = await Promise.all([import('./emoji/signs.json'), names[locale]()]);
  const all = signs.map((group, at) => group.map((sign, index) => emojiOf(sign, said[at]?.[index] ?? '')));
  loaded.set(locale, all);
  return all;
}

function emojiOf(sign: string, said: string): Emoji {
  const [name = '', more = ''] = said.split('|');
  return { sign, name, words: [...new Set(folded(`${name} ${more}`).split(' '))].filter((word) => word !== '') };
}

/** Those whose names have a word for each word sought; the ones whose name begins like that come first. */
export function found(all: Emoji[][], sought: string): Emoji[] {
  const words = folded(sought).split(' ').filter((word) => word !== '');
  if (words.length === 0) return [];
  const first = words.join(' ');
  const rank = (one: Emoji) => (folded(one.name) === first ? 0 : folded(one.name).startsWith(first) ? 1 : 2);
  return all.flat().filter((one) => words.every((word) => one.words.some((known) => known.startsWith(word)))).sort((a, b) => rank(a) - rank(b));
}

/** Small letters without accents, the Turkish ı and İ as i, so that "gunes" and "IŞIK" find what they mean. */
export function folded(text: string): string {
  return text.replaceAll('İ', 'i').replaceAll('I', 'i').replaceAll('ı', 'i').toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}

const KEPT = 'ulak.emoji';
const MOST_KEPT = 24;

/** Those used last, the newest first. They are remembered by the window, not with the data. */
export function recent(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export function remember(sign: string): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify([sign, ...recent().filter((one) => one !== sign)].slice(0, MOST_KEPT)));
  } catch {
    // Without a store the list starts anew every time.
  }
}
