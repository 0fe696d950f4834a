import { expect, test } from 'vitest';
import { wordAt } from './spelling';

test('the word is the one that the place belongs to, with its letters alone', () => {
  const text = 'Sayın *müşterimiz*, İzmir’de indrim var! 🎉';
  expect(wordAt(text, 8)).toEqual({ text: 'müşterimiz', start: 7, end: 17 });
  expect(wordAt(text, 7)?.text).toBe('müşterimiz');
  expect(wordAt(text, text.indexOf('indrim') + 6)?.text).toBe('indrim');
  expect(wordAt(text, text.indexOf('’'))?.text).toBe('İzmir’de');
  expect(wordAt(text, text.length)).toBeNull();
  expect(wordAt('', 0)).toBeNull();
});

test('fields, addresses and codes are no words', () => {
  for (const [text, part] of [['Merhaba {{Ad Soyad}}!', 'Soyad'], ['https://ulak.example/indrim', 'indrim'], ['ayse@example.com', 'ayse'], ['kod AB12CD', 'AB'], ['www.ornek.example', 'ornek']] as const) {
    expect(wordAt(text, text.indexOf(part) + 1)).toBeNull();
  }
});
