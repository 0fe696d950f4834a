import { expect, test } from 'vitest';
import { hrefAfter, kindOf, nextStep, rowOf, stepOf } from './steps';

test('each step goes on to the next, and the review is the last', () => {
  expect([nextStep('audience'), nextStep('content'), nextStep('schedule'), nextStep('review')]).toEqual(['content', 'schedule', 'review', null]);
});

test('a revision has its content and the review, and what comes again leads to its rule', () => {
  expect([nextStep('content', 'revision'), nextStep('review', 'revision')]).toEqual(['review', null]);
  expect([hrefAfter('c1', 'audience', 'pattern'), hrefAfter('c1', 'content', 'pattern'), hrefAfter('c1', 'schedule', 'pattern'), hrefAfter('c1', 'review', 'campaign')]).toEqual(['/campaigns/c1/content', '/campaigns/c1/schedule', '/repeats', null]);
  expect([kindOf(null), kindOf({ revises: null, repeat: 'r1' }), kindOf({ revises: { campaign: 'c1', message: null }, repeat: null })]).toEqual(['campaign', 'pattern', 'revision']);
});

test.each([
  ['campaign.empty', 'content'],
  ['campaign.nobody', 'audience'],
  ['campaign.no_number', 'schedule'],
  ['campaign.never_open', 'schedule'],
  ['campaign.text_too_long', 'content'],
  ['campaign.caption_too_long', 'content'],
  ['choice.too_long', 'content'],
])('%s is mended in the step %s', (code, step) => {
  expect(stepOf(rowOf(code))).toBe(step);
});
