import { expect, test } from 'vitest';
import type { ContactView } from '../../api/client';
import { differences, editOf, newerConsent, strictest } from './merging';

const contact = (id: string, more: Partial<ContactView>): ContactView => ({
  id, phone: '+905385550101', phoneShown: '', name: '', email: '', fields: {}, tags: [], standing: 'normal', consent: null, withdrawnAt: null, createdAt: 0, lastMessageAt: null, lastReplyAt: null, ...more,
});
const first = contact('1', { name: 'Ayşe', fields: { city: 'İzmir', no: '7' } });
const second = contact('2', { name: 'Ayşe Demir', email: 'a@example.com', fields: { city: 'Manisa', frame: 'Luna' } });

test('only what both say, and not alike, is to be chosen', () => {
  expect(differences(first, second)).toEqual([{ key: 'name', first: 'Ayşe', second: 'Ayşe Demir' }, { key: 'field:city', first: 'İzmir', second: 'Manisa' }]);
  expect(differences(first, first)).toEqual([]);
});

test('what was chosen holds, the rest goes with the phone, and nothing that one alone has is lost', () => {
  expect(editOf(first, second, 'second', { 'field:city': 'first' })).toEqual({
    keep: '2', gone: '1', name: 'Ayşe Demir', email: 'a@example.com', fields: { city: 'İzmir', no: '7', frame: 'Luna' },
  });
});

test('the stricter list and the newer consent hold', () => {
  expect([strictest('gray', 'normal'), strictest('gray', 'black')]).toEqual(['gray', 'black']);
  const consent = (at: number) => ({ source: 'shop', at, note: '' });
  expect(newerConsent(contact('1', { consent: consent(5) }), contact('2', { consent: consent(9) }))?.at).toBe(9);
  expect(newerConsent(first, second)).toBeNull();
});
