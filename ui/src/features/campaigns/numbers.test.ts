import { expect, test } from 'vitest';
import { sample } from '../numbers/sample';
import { chosenAfter } from './numbers';

const numbers = [sample({ id: 'a' }), sample({ id: 'b' }), sample({ id: 'p', kind: 'practice' })];

test('real numbers are chosen together, by their place', () => {
  expect(chosenAfter(numbers, { sessionIds: ['b'], consentBasis: 'orders' }, 'a', true)).toEqual({ sessionIds: ['a', 'b'] });
  expect(chosenAfter(numbers, { sessionIds: ['a', 'b'], consentBasis: 'orders' }, 'a', false)).toEqual({ sessionIds: ['b'] });
});

test('practice and real numbers let go of each other', () => {
  expect(chosenAfter(numbers, { sessionIds: ['a', 'b'], consentBasis: 'orders' }, 'p', true)).toEqual({ sessionIds: ['p'] });
  expect(chosenAfter(numbers, { sessionIds: ['p'], consentBasis: 'orders' }, 'a', true)).toEqual({ sessionIds: ['a'] });
});

test('the basis of practising is none for real people', () => {
  expect(chosenAfter(numbers, { sessionIds: ['p'], consentBasis: 'practice' }, 'a', true)).toEqual({ sessionIds: ['a'], consentBasis: '' });
});
