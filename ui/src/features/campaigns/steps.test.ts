import { expect, test } from 'vitest';
import { nextStep, rowOf, stepOf } from './steps';

test('each step goes on to the next, and the review is the last', () => {
  expect([nextStep('audience'), nextStep('content'), nextStep('schedule'), nextStep('review')]).toEqual(['content', 'schedule', 'review', null]);
});

test.each([
  ['campaign.empty', 'content'],
  ['campaign.nobody', 'audience'],
  ['campaign.no_number', 'schedule'],
  ['campaign.text_too_long', 'content'],
  ['campaign.caption_too_long', 'content'],
  ['choice.too_long', 'content'],
])('%s is mended in the step %s', (code, step) => {
  expect(stepOf(rowOf(code))).toBe(step);
});
