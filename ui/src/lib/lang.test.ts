import { expect, test } from 'vitest';
import en from '../../messages/en.json';
import id from '../../messages/id.json';
import tr from '../../messages/tr.json';

type Messages = Record<string, unknown>;
const all: Record<string, Messages> = { en, tr, id };
const read = (language: string): Messages => all[language] ?? {};

/** The placeholders a message fills; `count` only chooses an English form. */
function placeholders(message: unknown): string[] {
  const found = JSON.stringify(message).match(/\{(\w+)\}/g) ?? [];
  return [...new Set(found)].sort();
}

test.each(['tr', 'id'])('%s has every message of English and no other', (language) => {
  expect(Object.keys(read(language)).sort()).toEqual(Object.keys(en).sort());
});

test.each(['tr', 'id'])('%s fills the same placeholders', (language) => {
  const other = read(language);
  for (const [key, message] of Object.entries(en)) expect([key, placeholders(other[key])]).toEqual([key, placeholders(message)]);
});

test.each(['en', 'tr', 'id'])('%s is sorted by key, and says something', (language) => {
  const keys = Object.keys(read(language));
  expect(keys).toEqual([...keys].sort((a, b) => (a < b ? -1 : 1)));
  for (const message of Object.values(read(language))) expect(JSON.stringify(message)).not.toMatch(/^"\s*"$/);
});

test('no message shouts or promises safety', () => {
  for (const language of ['en', 'tr', 'id']) expect(JSON.stringify(read(language))).not.toMatch(/!|guarantee|garanti/i);
});
