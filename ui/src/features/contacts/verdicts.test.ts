import { expect, test } from 'vitest';
import type { AppError, Refusal } from '../../api/client';
import { fields } from '../../lib/fields.svelte';
import { othersLike, refusalWords, verdictSentence, verdictWords } from './verdicts';

const lost: AppError = { code: 'phone.excel_shortened', message: 'Excel has shortened this number.', params: {} };
const short: AppError = { code: 'phone.something_new', message: 'A new reason.', params: {} };
const refusals: Refusal[] = [{ row: 4, raw: '9.05387E+11', reason: lost }, { row: 6, raw: '532', reason: short }, { row: 9, raw: '9.05E+11', reason: lost }];

test('counts the others with the same reason only when all are known', () => {
  expect(othersLike(lost, refusals, 3)).toBe(1);
  expect(othersLike(lost, refusals, 300)).toBeNull();
});

test('a reason without short words says its sentence', () => {
  expect(refusalWords(short)).toBe('A new reason.');
  expect(verdictWords({ kind: 'refused', reason: lost })).toBe('Digits are lost');
  expect(verdictWords({ kind: 'known', adds: ['city'] })).toBe('Known, city added');
});

test('what a row adds goes by the owner’s words', () => {
  fields.take({ fields: ['son_ödeme'], labels: {} });
  expect(verdictSentence({ kind: 'known', adds: ['name', 'refusal', 'son_ödeme'] })).toBe('Is in Ulak already; this row adds or changes: Name, says no to promotions and son ödeme.');
  expect(verdictSentence({ kind: 'known', adds: [] })).toMatch(/changes nothing/);
});
