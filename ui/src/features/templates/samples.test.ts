import { expect, test } from 'vitest';
import ready from '../../../../src-tauri/core/src/template/ready.json';
import type { ReadyTemplate } from '../../api/client';
import { allText, flawOf } from '../campaigns/choice';
import { fill, variablesOf } from '../campaigns/variables';
import { formatted } from '../campaigns/whatsapp';
import { languages } from './words';
import { sampleOf } from './samples';

const all = ready as unknown as ReadyTemplate[];

test('every template that comes with Ulak is there in the three languages', () => {
  for (const language of languages) expect(all.filter((one) => one.language === language).map((one) => one.key)).toEqual(['payment_reminder', 'payment_confirmation', 'expiry_warning', 'voucher_activated', 'new_invoice', 'appointment', 'order_ready', 'holiday_greeting']);
});

test.each(all.map((one) => [`${one.key} ${one.language}`, one] as const))('%s is whole', (_, one) => {
  const text = allText(one.text, one.choice);
  expect(fill(text, (name) => one.samples[name]).missing).toEqual([]);
  expect(Object.keys(one.samples).sort()).toEqual(variablesOf(text).sort());
  expect(flawOf(one.choice)).toBeNull();
  // Every mark that was opened is closed: none is left for the recipient to see.
  expect(formatted(fill(text, (name) => one.samples[name]).text).filter((piece) => !piece.mark).map((piece) => piece.text).join('')).not.toMatch(/[*_~]/);
});

test('a sample is found in the words of the language', () => {
  expect(sampleOf('TUTAR', 'tr')).toBe('1.250,00 TL');
  expect(sampleOf('name', 'id')).toBe('Siti Rahmawati');
  expect(sampleOf('frame', 'en')).toBeUndefined();
});
