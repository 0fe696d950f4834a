// Adds or replaces messages in the three language files and keeps them sorted by key.
//   node scripts/messages.mjs set < new.json     {"key": {"en": "…", "tr": "…", "id": "…"}}
//   node scripts/messages.mjs remove key…
// English counts are written {"one": "{n} contact", "other": "{n} contacts"}: the message then takes `count`
// (chooses the form) and `n` (the formatted number).
import { readFileSync, writeFileSync } from 'node:fs';

const languages = ['en', 'tr', 'id'];
const [action, ...keys] = process.argv.slice(2);
const incoming = action === 'set' ? JSON.parse(readFileSync(0, 'utf8')) : {};

for (const [key, texts] of Object.entries(incoming)) {
  const absent = languages.filter((language) => texts[language] === undefined);
  if (absent.length > 0) throw new Error(`${key} lacks ${absent.join(', ')}`);
}
for (const language of languages) {
  const file = new URL(`../messages/${language}.json`, import.meta.url);
  const all = JSON.parse(readFileSync(file, 'utf8'));
  for (const [key, texts] of Object.entries(incoming)) all[key] = written(texts[language]);
  if (action === 'remove') for (const key of keys) delete all[key];
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

function written(text) {
  if (typeof text === 'string') return text;
  const match = Object.fromEntries(Object.entries(text).map(([form, sentence]) => [form === 'other' ? 'form=*' : `form=${form}`, sentence]));
  return [{ declarations: ['input count', 'local form = count: plural'], selectors: ['form'], match }];
}
