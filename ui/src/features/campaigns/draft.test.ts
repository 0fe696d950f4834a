import { expect, test } from 'vitest';
import type { Draft } from '../../api/client';
import { copyName } from './again';
import { isUntouched } from './draft';

const blank = { name: '', text: ' \u200b', choice: null, media: [], audience: { everyone: true, tags: [] }, dueAt: null, consentBasis: '', category: 'promotion', sessionIds: ['practice'], keepHours: false } as unknown as Draft;

test('a draft in which nobody did anything is untouched, whatever it began with', () => {
  expect(isUntouched(blank)).toBe(true);
});

test.each<Partial<Draft>>([
  { name: 'Spring' }, { text: 'Hello' }, { consentBasis: 'Order form' }, { dueAt: 0 }, { audience: { everyone: false, tags: [] } }, { audience: { everyone: true, tags: ['vip'] } },
  { choice: { style: 'numbered', question: '', options: ['', ''] } }, { media: [{ id: 'a' }] as Draft['media'] },
])('with %j it is kept', (change) => {
  expect(isUntouched({ ...blank, ...change })).toBe(false);
});

test('the name of a copy says so and fits its field', () => {
  expect(copyName('Spring')).toBe('Spring (copy)');
  expect(copyName('x'.repeat(120))).toHaveLength(120);
  expect(copyName('x'.repeat(120))).toMatch(/ \(copy\)$/);
});
