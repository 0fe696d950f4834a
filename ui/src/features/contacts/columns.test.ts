import { expect, test } from 'vitest';
import type { ImportPreview } from '../../api/client';
import { fields } from '../../lib/fields.svelte';
import { assign, fieldLabel, fieldName, fieldNames, firstValues, useKey, useOf } from './columns';

test('several columns may be phones, and several names', () => {
  expect(assign([{ use: 'name' }, { use: 'phone' }, { use: 'ignore' }], 2, { use: 'phone' })).toEqual([{ use: 'name' }, { use: 'phone' }, { use: 'phone' }]);
  expect(assign([{ use: 'name' }, { use: 'phone' }, { use: 'ignore' }], 2, { use: 'name' })).toEqual([{ use: 'name' }, { use: 'phone' }, { use: 'name' }]);
});

test('the e-mail moves from one column to the other', () => {
  expect(assign([{ use: 'email' }, { use: 'phone' }, { use: 'ignore' }], 2, { use: 'email' })).toEqual([{ use: 'ignore' }, { use: 'phone' }, { use: 'email' }]);
});

test('two columns may both be tags, but not the same field', () => {
  expect(assign([{ use: 'tags' }, { use: 'ignore' }], 1, { use: 'tags' })).toEqual([{ use: 'tags' }, { use: 'tags' }]);
  expect(assign([{ use: 'field', name: 'city' }, { use: 'ignore' }], 1, { use: 'field', name: 'city' })).toEqual([{ use: 'ignore' }, { use: 'field', name: 'city' }]);
});

test('a use survives the way through a select', () => {
  for (const use of [{ use: 'phone' }, { use: 'field', name: 'şehir' }] as const) expect(useOf(useKey(use))).toEqual(use);
});

test('a heading becomes a field name', () => {
  expect(fieldName(' Şehir / İl ')).toBe('şehir_il');
  expect(fieldNames({ header: 'City', use: { use: 'field', name: 'town' } }, ['city', 'branch'])).toEqual(['town', 'city', 'branch']);
});

test('what is said about consent belongs to one column', () => {
  expect(assign([{ use: 'consent' }, { use: 'ignore' }], 1, { use: 'consent' })).toEqual([{ use: 'ignore' }, { use: 'consent' }]);
});

test('the first values of a column are those that say something, each once', () => {
  const rows = ['İzmir', '', 'İzmir', 'Manisa', 'Aydın'].map((city) => ({ cells: ['', city] }));
  const preview = { rows } as unknown as ImportPreview;
  expect([firstValues(preview, 1, 2), firstValues(preview, 0, 2)]).toEqual(['İzmir · Manisa', '–']);
});

test('a field goes by its word, and one that comes with the column by its header', () => {
  fields.take({ fields: ['son_ödeme'], labels: { 'son_ödeme': 'Son Ödeme' } });
  expect([fieldLabel('son_ödeme', 'SON ÖDEME'), fieldLabel('çerçeve', 'Çerçeve')]).toEqual(['Son Ödeme', 'Çerçeve']);
});
