import { beforeEach, expect, test } from 'vitest';
import { asAppError, help, sentence } from './errors';
import { language } from './i18n.svelte';

const short = { code: 'ledger.short', message: '412 credits are missing.', params: { shortage: '412', needed: '1588', free: '1176' } };

beforeEach(() => { language.locale = 'en'; });

test('an error is said in the language of the window, with its numbers as that language writes them', () => {
  expect(sentence(short)).toContain('412 credits are missing: 1,588 are needed');
  language.locale = 'tr';
  expect(sentence(short)).toContain('412 kredi eksik: 1.588 gerekli');
});

test('a book of credits is called what the window calls it', () => {
  const unbalanced = { code: 'ledger.unbalanced', message: '', params: { book: 'real', what: '5 credits are held for 4 open parts' } };
  language.locale = 'tr';
  expect(sentence(unbalanced)).toContain('(Gerçek)');
});

test('a reason is said in the language of the window, with its own parameters', () => {
  language.locale = 'tr';
  const params = { name: 'Bahar', reason: '412 credits are missing.', because: short.code, 'because.shortage': '412', 'because.needed': '1588', 'because.free': '1176' };
  const said = sentence({ code: 'repeat.not_scheduled', message: '', params });
  expect(said).toContain('412 kredi eksik: 1.588 gerekli');
  expect(said).not.toContain('are missing');
});

test('an unknown code, or one whose placeholders were not filled, falls back to the English sentence', () => {
  expect(sentence({ code: 'moon.full', message: 'The moon is full.', params: {} })).toBe('The moon is full.');
  expect(sentence({ code: 'ledger.short', message: 'Credits are missing.', params: {} })).toBe('Credits are missing.');
});

test('whatever is thrown becomes a sentence', () => {
  expect(sentence(new Error('boom'))).toBe('boom');
  expect(sentence(undefined)).not.toBe('');
  expect(asAppError('text').code).toBe('unknown');
  expect(help(short)).toBeNull();
});
