import { expect, test } from 'vitest';
import type { LedgerRow } from '../../api/client';
import { lasts, whatFor } from './words';

const row = (more: Partial<LedgerRow>): LedgerRow => ({ seq: 1, at: 0, kind: 'settle', credits: -1, held: -1, balanceAfter: 0, heldAfter: 0, count: 1, campaignId: 'c', campaignName: 'Autumn lens check', messageId: null, contactName: null, note: '', price: '', ...more });

test('every line says what it is for', () => {
  expect(whatFor(row({ contactName: 'Elif Çınar' }))).toBe('Autumn lens check, Elif Çınar');
  expect(whatFor(row({ kind: 'hold', count: 1154 }))).toBe('Autumn lens check, 1,154 parts held');
  expect(whatFor(row({ kind: 'grant', campaignName: null, price: '₺1.250,00', note: 'bank transfer' }))).toBe('Top-up, ₺1.250,00, bank transfer');
  expect(whatFor(row({ kind: 'adjust', campaignName: null, note: 'Top-up of July was entered twice' }))).toBe('Top-up of July was entered twice');
  expect(whatFor(row({ kind: 'release', contactName: 'Derya Acar', note: 'opted_out' }))).toBe('Autumn lens check, Derya Acar, opted out');
});

test('how long it lasts, in a unit that fits', () => {
  expect(lasts(1)).toEqual({ n: '1', unit: 'day' });
  expect(lasts(42)).toEqual({ n: '6', unit: 'weeks' });
  expect(lasts(300)).toEqual({ n: '10', unit: 'months' });
});
