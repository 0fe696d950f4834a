import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import en from '../../messages/en.json';
import id from '../../messages/id.json';
import tr from '../../messages/tr.json';

/** All that speaks, as one text. Tests do not count. */
function sources(folder: string, ending: RegExp): string {
  const inside = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const speaks = (name: string) => ending.test(name) && !/\.test\.ts$|paraglide|(^|[\\/])tests([\\/]|$)/.test(name);
  return inside.filter(speaks).map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

const root = join(import.meta.dirname, '../../..');
const page = sources(join(root, 'ui/src'), /\.(ts|svelte)$/);
const core = sources(join(root, 'src-tauri'), /\.rs$/);
const found = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, word = '']) => word));
/** Called by the page, and named whole by the core or by it. */
const called = found(page, /\bm\.(\w+)/g);
const words = new Set([...found(core, /"([a-z0-9_]+)"/g), ...found(page, /'([a-z0-9_]+)'/g)]);
const codes = new Set([...found(core, /"([a-z_]+\.[a-z0-9_]+)"/g), ...found(page, /'([a-z_]+\.[a-z0-9_]+)'/g)].map((code) => code.replace('.', '_')));

/** Keys that are built: of the code of an error, and of a word of the core. */
const ofCodes = /^(?:error|short)_(.+?)(?:_help)?$/;
const ofWords = /^(?:live_cause|skip|tick|credits_note|news_stopped|numbers_state|closing)_(.+)$/;

function isUsed(key: string): boolean {
  const [code, word] = [ofCodes.exec(key)?.[1], ofWords.exec(key)?.[1]];
  return called.has(key) || words.has(key) || (code !== undefined && codes.has(code)) || (word !== undefined && words.has(word));
}

test('every message is used', () => {
  expect(called.size).toBeGreaterThan(1000);
  expect(Object.keys(en).filter((key) => !isUsed(key))).toEqual([]);
});

test('a key that nobody calls is found', () => {
  expect(['home_nowhere', 'error_backup_nowhere', 'live_cause_nowhere'].filter(isUsed)).toEqual([]);
  expect(['nav_home', 'error_backup_no_folder', 'news_backup', 'live_cause_no_ack'].filter(isUsed)).toHaveLength(4);
});

/** The same word in two languages, because both have it. */
const shared = new Set([
  'backup_plan_folder', 'connect_port', 'edit_menu', 'emoji', 'file_film', 'import_encoding_utf8', 'import_separator_tab', 'list_email', 'mail_host', 'mail_port', 'media_video',
  'numbers_pace', 'palette_theme', 'replies_consent_by', 'report_csv', 'report_excel', 'report_pdf', 'standing_normal', 'templates_col_category',
]);
const letters = (message: unknown) => JSON.stringify(message).replaceAll(/\{\w+\}/g, '').match(/\p{L}/u) !== null;

test.each([['en', 'tr', en, tr], ['en', 'id', en, id], ['tr', 'id', tr, id]] as const)('what %s and %s have alike is a word of both', (_, __, one, other) => {
  const messages: Record<string, unknown> = other;
  const alike = Object.entries(one).filter(([key, message]) => letters(message) && JSON.stringify(message) === JSON.stringify(messages[key]));
  expect(alike.map(([key]) => key).filter((key) => !shared.has(key))).toEqual([]);
});

test('no word is called shared that is not', () => {
  const all = [en, tr, id] as Record<string, unknown>[];
  const alike = (key: string) => new Set(all.map((messages) => JSON.stringify(messages[key]))).size < 3;
  expect([...shared].filter((key) => !alike(key))).toEqual([]);
});
