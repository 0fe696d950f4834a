import { expect, test } from 'vitest';
import { footerFor, languageOf } from './footer';

const words = ['STOP', 'UNSUBSCRIBE', 'DUR', 'İPTAL', 'RET', 'BERHENTI'];

test('a text is answered in its own language, one without words in that of its owner', () => {
  expect(languageOf('Merhaba {{name}}, yeni gözlükler geldi', 'en')).toBe('tr');
  expect(languageOf('Halo Kak {{name}}, promo hari ini untuk Anda', 'tr')).toBe('id');
  expect(languageOf('Hello, the new frames are here for you', 'tr')).toBe('en');
  expect(languageOf('50% 🎉', 'id')).toBe('id');
});

test('the line names a word that its readers know and that counts', () => {
  expect(footerFor('Merhaba, yeni sezon', words, 'en')).toBe('Mesaj almak istemiyorsanız DUR yazın.');
  expect(footerFor('Halo, promo untuk Anda', words, 'en')).toBe('Balas BERHENTI jika tidak ingin menerima pesan lagi.');
  expect(footerFor('Hello and welcome to you', words, 'tr')).toBe('Reply STOP to get no more messages.');
  expect(footerFor('Merhaba, yeni sezon', ['istemiyorum'], 'tr')).toBe('Mesaj almak istemiyorsanız istemiyorum yazın.');
});

test('a text that names one of the words needs no line, nor does an empty one', () => {
  for (const text of ['Yeni sezon! İstemezseniz dur yazın', 'Balas: "Berhenti"', 'iptal', '  ', '']) expect(footerFor(text, words, 'tr')).toBeNull();
  expect(footerFor('Merhaba, durakta buluşalım', words, 'tr')).not.toBeNull();
  expect(footerFor('Merhaba', [], 'tr')).toBeNull();
});
