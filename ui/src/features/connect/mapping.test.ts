import { expect, test } from 'vitest';
import type { Language, TemplateRow } from '../../api/client';
import { variablesOf } from './mapping';

const row = (id: string, language: Language, variables: string[], samples: Record<string, string> = {}): TemplateRow => ({ id, name: id, category: 'notification', language, active: true, kind: 'text', variables, samples, files: 0, firstText: '', updatedAt: 0 });
const templates = [row('usual', 'en', ['name', 'invoice', 'amount'], { invoice: 'F-1' }), row('turkish', 'tr', ['name', 'invoice', 'tutar']), row('other', 'id', ['jumlah'])];

test('the variables of the usual template and of those by language are filled, each once and with its sample', () => {
  expect(variablesOf({ template: 'usual', byLanguage: [{ language: 'tr', template: 'turkish' }] }, templates)).toEqual([
    { name: 'invoice', sample: 'F-1' }, { name: 'amount', sample: '1,250.00' }, { name: 'tutar', sample: '1.250,00 TL' },
  ]);
});

test('templates by language alone are filled too', () => {
  expect(variablesOf({ template: null, byLanguage: [{ language: 'tr', template: 'turkish' }] }, templates).map((one) => one.name)).toEqual(['invoice', 'tutar']);
  expect(variablesOf({ template: null, byLanguage: [] }, templates)).toEqual([]);
});
