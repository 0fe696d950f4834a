import { expect, test } from 'vitest';
import { assign, fieldName, fieldNames, useKey, useOf } from './columns';

test('the phone moves from one column to the other', () => {
  expect(assign([{ use: 'name' }, { use: 'phone' }, { use: 'ignore' }], 2, { use: 'phone' })).toEqual([{ use: 'name' }, { use: 'ignore' }, { use: 'phone' }]);
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
