import { expect, test } from 'vitest';
import { parse } from './router.svelte';

test.each([
  ['', { page: 'home' }],
  ['#/home', { page: 'home' }],
  ['#/campaigns', { page: 'campaigns' }],
  ['#/campaigns/7f/schedule', { page: 'composer', id: '7f', step: 'schedule' }],
  ['#/campaigns/7f/review', { page: 'composer', id: '7f', step: 'review' }],
  ['#/campaigns/7f', { page: 'live', id: '7f', message: null, show: null }],
  ['#/campaigns/7f?message=a1', { page: 'live', id: '7f', message: 'a1', show: null }],
  ['#/campaigns/7f?show=failed', { page: 'live', id: '7f', message: null, show: 'failed' }],
  ['#/practice', { page: 'practice' }],
  ['#/contacts/import', { page: 'import', file: null, practice: false }],
  ['#/contacts/import?practice', { page: 'import', file: null, practice: true }],
  ['#/contacts/import?file=%2Fhome%2Fm%C3%BC%C5%9Fteri.csv', { page: 'import', file: '/home/müşteri.csv', practice: false }],
  ['#/contacts', { page: 'contacts' }],
  ['#/contacts/c1', { page: 'person', id: 'c1' }],
  ['#/numbers', { page: 'numbers', link: false }],
  ['#/numbers/link', { page: 'numbers', link: true }],
  ['#/settings?number=n1', { page: 'settings', number: 'n1' }],
  ['#/settings', { page: 'settings', number: null }],
  ['#/nowhere', { page: 'home' }],
])('%s', (hash, route) => {
  expect(parse(hash)).toEqual(route);
});
