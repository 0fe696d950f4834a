import { expect, test } from 'vitest';
import glossary from '../../../docs/words.md?raw';
import en from '../../messages/en.json';
import id from '../../messages/id.json';
import tr from '../../messages/tr.json';

type Language = 'en' | 'tr' | 'id';
const messages: Record<Language, Record<string, unknown>> = { en, tr, id };
const lower = (text: string, language: Language) => text.toLocaleLowerCase(language);

/** Every list such as "tr: one, two". */
const losing = [...glossary.matchAll(/\b(en|tr|id): ([^;|\n]*?)(?=\. |\.$| \||;)/gm)]
  .flatMap(([, language, words = '']) => words.split(', ').map((word) => ({ language: language as Language, word })));

/** A whole word; with … at its end, the beginning of one. Placeholders are no words. */
function pattern(word: string): RegExp {
  const stem = word.replace('…', '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_])${stem}${word.endsWith('…') ? '' : '(?![\\p{L}\\p{N}_}])'}`, 'u');
}

test('the glossary names words that are not used', () => {
  expect(losing.length).toBeGreaterThan(40);
  for (const language of ['en', 'tr', 'id']) expect(losing.some((one) => one.language === language)).toBe(true);
});

test.each(losing)('$language does without "$word"', ({ language, word }) => {
  const found = Object.entries(messages[language]).filter(([, message]) => pattern(lower(word, language)).test(lower(JSON.stringify(message), language)));
  expect(found).toEqual([]);
});
