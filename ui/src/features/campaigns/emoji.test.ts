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

/** What somebody who writes to customers types, and the one sign that they mean by it. */
const meant = {
  en: { heart: '❤️', rose: '🌹', thanks: '🙏', 'thank you': '🙏', laugh: '😂', love: '❤️', fire: '🔥', party: '🎉', birthday: '🎂', cake: '🎂', coffee: '☕', phone: '📞', ok: '👌', smile: '😊', cry: '😭', star: '⭐', sun: '☀️', gift: '🎁', clap: '👏', strong: '💪', money: '💰', car: '🚗', house: '🏠', calendar: '📅', clock: '⏰', shopping: '🛒', check: '✅', eyes: '👀', 'thumbs up': '👍', hello: '👋' },
  tr: { kalp: '❤️', gül: '🌹', teşekkür: '🙏', gülme: '😂', aşk: '❤️', ateş: '🔥', kutlama: '🎉', 'doğum günü': '🎂', pasta: '🎂', kahve: '☕', telefon: '📞', tamam: '👌', gülümseme: '😊', ağlama: '😭', yıldız: '⭐', güneş: '☀️', hediye: '🎁', alkış: '👏', güçlü: '💪', para: '💰', araba: '🚗', ev: '🏠', takvim: '📅', saat: '⏰', alışveriş: '🛒', çiçek: '💐', göz: '👀', beğen: '👍', merhaba: '👋', indirim: '🏷️', çay: '🍵', kargo: '📦', ekmek: '🍞', dua: '🤲', selam: '👋' },
  id: { hati: '❤️', mawar: '🌹', 'terima kasih': '🙏', tertawa: '😂', cinta: '❤️', api: '🔥', pesta: '🎉', 'ulang tahun': '🎂', kue: '🎂', kopi: '☕', telepon: '📞', oke: '👌', senyum: '😊', menangis: '😭', bintang: '⭐', matahari: '☀️', hadiah: '🎁', 'tepuk tangan': '👏', kuat: '💪', uang: '💰', mobil: '🚗', rumah: '🏠', kalender: '📅', jam: '⏰', belanja: '🛒', bunga: '💐', mata: '👀', jempol: '👍', halo: '👋', diskon: '🏷️', teh: '🍵', paket: '📦', roti: '🍞', doa: '🤲', makan: '🍽️' },
};

test.each(locales)('the first hit is the one people mean in %s', async (locale) => {
  const all = await emojis(locale);
  const first = Object.keys(meant[locale]).map((sought) => [sought, found(all, sought)[0]?.sign]);
  expect(Object.fromEntries(first)).toEqual(meant[locale]);
});

test('whole words come before beginnings, and what is used more before what is not', async () => {
  const all = await emojis('en');
  const place = (sought: string, sign: string) => found(all, sought).findIndex((one) => one.sign === sign);
  expect(place('flower', '🌹')).toBeLessThan(place('flower', '🪷'));
  expect(place('face', '😂')).toBeLessThan(place('face', '🫠'));
  expect([place('car', '🚗'), place('car', '🥕') > 0]).toEqual([0, true]);
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
