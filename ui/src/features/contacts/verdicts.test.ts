import { expect, test } from 'vitest';
import type { AppError } from '../../api/client';
import { fields } from '../../lib/fields.svelte';
import { othersLike, refusalWords, rowSentence, rowShort, undoneWords, verdictSentence, verdictWords } from './verdicts';

const lost: AppError = { code: 'phone.excel_shortened', message: 'Excel has shortened this number.', params: {} };
const short: AppError = { code: 'phone.something_new', message: 'A new reason.', params: {} };

test('the others with the same reason are as many as were counted', () => {
  expect(othersLike(lost, [{ code: lost.code, doubtful: false, rows: 2 }, { code: short.code, doubtful: false, rows: 7 }])).toBe(1);
  expect(othersLike(lost, [{ code: lost.code, doubtful: true, rows: 2 }])).toBeNull();
});

test('a doubtful row says why, and that it waits for a tick', () => {
  const verdict = { kind: 'doubtful', phone: '+628135550147', reason: { code: 'phone.no_plus', message: '', params: { phone: '+62 813 555 0147', country: 'ID' } } } as const;
  expect(verdictWords(verdict)).toBe('Abroad, without +');
  expect(verdictSentence(verdict)).toMatch(/\+62 813 555 0147.*only if you tick it\.$/);
});

test('a row says how its phone was repaired', () => {
  const row = { verdict: { kind: 'new' }, repair: 'decimals' } as const;
  expect(rowShort(row)).toBe('New, repaired');
  expect(rowSentence(row)).toMatch(/decimals behind the number were left out\.$/);
  expect(rowShort({ ...row, repair: null })).toBe('New');
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

test('who stays after an import was taken back is told only where somebody does', () => {
  expect(undoneWords({ removed: 1104, restored: 3, kept: 0 })).toBe('Taken back: 1,104 contacts went, 3 became what they were.');
  expect(undoneWords({ removed: 0, restored: 0, kept: 2 })).toMatch(/2 stay/);
});
