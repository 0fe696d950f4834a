// The emoji that can be picked: Unicode's order, with CLDR's names and search words in the language of the window. The
// data are part of the program (scripts/emoji.mjs writes them); each language is loaded when it is first wanted.
// Two lists are kept by hand: `common.json`, the signs that are used most (after Unicode's count of 2021, then what a
// shop writes about), and `meant.json`, the everyday words by which people ask for a sign and which CLDR does not know.
import { folded } from '../../lib/fold';
import type { Locale } from '../../lib/i18n.svelte';

export type Emoji = {
  sign: string; name: string; words: string[];
  /** Its name and its everyday words, each of them a whole search. */
  meant: string[];
  /** Its place by common use, from 0. */
  use: number;
};
export const groups = ['smileys', 'people', 'nature', 'food', 'travel', 'activities', 'objects', 'symbols', 'flags'] as const;
export type Group = (typeof groups)[number];

const names = { en: () => import('./emoji/en.json'), tr: () => import('./emoji/tr.json'), id: () => import('./emoji/id.json') };
const loaded = new Map<Locale, Emoji[][]>();

/** All of them by group, in the order of `groups`. */
export async function emojis(locale: Locale): Promise<Emoji[][]> {
  const known = loaded.get(locale);
  if (known) return known;
  const [{ default: signs }, { default: said }, { default: common }, { default: meant }] = await Promise.all([import('./emoji/signs.json'), names[locale](), import('./emoji/common.json'), import('./emoji/meant.json')]);
  const uses = new Map(common.map((sign, use) => [sign, use]));
  const everyday = new Map(Object.entries(meant[locale]));
  const all = signs.map((group, at) => group.map((sign, index) => emojiOf(sign, said[at]?.[index] ?? '', everyday.get(sign), uses.get(sign) ?? common.length)));
  loaded.set(locale, all);
  return all;
}

function emojiOf(sign: string, said: string, meant: string | undefined, use: number): Emoji {
  const [name = '', more = ''] = said.split('|');
  const words = [...new Set(folded(`${name} ${more}`).split(' '))].filter((word) => word !== '');
  return { sign, name, words, meant: [name, ...(meant?.split('|') ?? [])].map(folded), use };
}

/** Those that have a word for each word sought, the one that people mean first: its name or an everyday word, then whole
 *  words, then beginnings of words, and among those that fit alike the one that is used more. */
export function found(all: Emoji[][], sought: string): Emoji[] {
  const whole = folded(sought);
  const words = whole.split(' ').filter((word) => word !== '');
  if (words.length === 0) return [];
  const fits = (one: Emoji): number => {
    if (one.meant.includes(whole)) return 0;
    if (words.every((word) => one.words.includes(word))) return 1;
    return one.meant.some((known) => known.startsWith(whole)) || words.every((word) => one.words.some((known) => known.startsWith(word))) ? 2 : 3;
  };
  const ranked = all.flat().map((one) => ({ one, fit: fits(one) })).filter(({ fit }) => fit < 3);
  return ranked.sort((a, b) => a.fit - b.fit || a.one.use - b.one.use).map(({ one }) => one);
}

export { folded };

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
