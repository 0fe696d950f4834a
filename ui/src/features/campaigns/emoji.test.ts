import { expect, test } from 'vitest';
import { locales } from '../../lib/i18n.svelte';
import { emojis, folded, found, groups, recent, remember } from './emoji';

test.each(locales)('every emoji has a name in %s, in the same nine groups', async (locale) => {
  const all = await emojis(locale);
  expect(all).toHaveLength(groups.length);
  expect(all.flat().length).toBeGreaterThan(1600);
  expect(all.flat().filter((one) => one.name === '' || one.words.length === 0).map((one) => one.sign)).toEqual([]);
  expect(new Set(all.flat().map((one) => one.sign)).size).toBe(all.flat().length);
});

test.each([
  ['en', 'glasses', '👓'], ['tr', 'gözlük', '👓'], ['tr', 'gozluk', '👓'], ['tr', 'GÖZLÜK', '👓'], ['id', 'kacamata', '👓'],
  ['tr', 'kırmızı kalp', '❤️'], ['tr', 'KIRMIZI KALP', '❤️'], ['id', 'perayaan', '🎉'], ['en', 'turk', '🇹🇷'], ['tr', 'türkiye', '🇹🇷'],
] as const)('%s: %s finds %s', async (locale, sought, sign) => {
  expect(found(await emojis(locale), sought).map((one) => one.sign)).toContain(sign);
});

test('the one whose name it is comes first', async () => {
  expect(found(await emojis('en'), 'rocket')[0]?.sign).toBe('🚀');
  expect(found(await emojis('en'), 'no such thing at all')).toEqual([]);
  expect(found(await emojis('en'), '  ')).toEqual([]);
});

test('folding', () => {
  expect(folded('IŞIK, İyi  ığdır!')).toBe('isik iyi igdir');
});

test('the newest of those used last comes first, once', () => {
  for (const sign of ['👓', '🎉', '👓']) remember(sign);
  expect(recent().slice(0, 2)).toEqual(['👓', '🎉']);
});
