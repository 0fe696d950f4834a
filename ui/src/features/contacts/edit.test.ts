import { expect, test } from 'vitest';
import type { ContactView } from '../../api/client';
import { editOf, formOf, tagsOf } from './edit';

const gul: ContactView = { id: 'gul', phone: '+905425550733', phoneShown: '+90 542 555 07 33', name: 'Gül Çetin', email: '', fields: { city: 'Aydın' }, tags: ['lens', 'vip'], standing: 'normal',
  consent: { source: 'Shop form', at: 1, note: '' }, withdrawnAt: null, createdAt: 0, lastMessageAt: null, lastReplyAt: null };

test('a form that was only opened changes nothing', () => {
  const edit = editOf(formOf(gul, ['city', 'branch'], 9), gul);
  expect(edit).toEqual({ id: 'gul', phone: '+90 542 555 07 33', name: 'Gül Çetin', email: '', fields: { city: 'Aydın' }, tags: ['lens', 'vip'], consent: { source: 'Shop form', at: 1, note: '' }, takeErased: false });
});

test('a consent that was withdrawn goes back as it came, whatever the form says', () => {
  const withdrawn = { ...gul, withdrawnAt: 5 };
  const form = formOf(withdrawn, [], 9);
  for (const consented of [true, false]) expect(editOf({ ...form, consented, source: 'Again' }, withdrawn).consent).toEqual(gul.consent);
});

test('an emptied field is removed', () => {
  const form = formOf(gul, [], 9);
  expect(editOf({ ...form, fields: [{ name: 'city', value: ' ' }] }, gul).fields).toEqual({});
});

test('tags are told apart by commas, once each', () => {
  expect(tagsOf(' lens, vip ;lens,, ')).toEqual(['lens', 'vip']);
});
