import { expect, test } from 'vitest';
import type { Choice } from '../../api/client';
import { flawOf, hasPoll, wholeText, written } from './choice';

const choice = (style: Choice['style'], question: string, ...options: string[]): Choice => ({ style, question, options });

test('numbered answers stand at the end of the text, without the empty ones', () => {
  expect(wholeText('Hi\n', choice('numbered', ' Which? ', 'Yes', ' ', 'No '))).toBe('Hi\n\nWhich?\n1. Yes\n2. No');
  expect(wholeText('Hi', choice('numbered', '', 'Yes', 'No'))).toBe('Hi\n\n1. Yes\n2. No');
  expect(wholeText('', choice('numbered', 'Which?', 'Yes', 'No'))).toBe('Which?\n1. Yes\n2. No');
});

test('a poll leaves the text alone', () => {
  expect(wholeText('Hi', choice('poll', 'Which?', 'Yes', 'No'))).toBe('Hi');
  expect(hasPoll(choice('poll', 'Which?', '', ''))).toBe(true);
  expect(hasPoll(choice('numbered', 'Which?', 'a', 'b'))).toBe(false);
  expect(wholeText('Hi', null)).toBe('Hi');
});

test('what cannot be sent is named', () => {
  expect(flawOf(null)).toBeNull();
  expect(flawOf(choice('numbered', '', 'Yes', ' '))).toBe('few');
  expect(flawOf(choice('numbered', '', 'Yes', 'yes '))).toBe('twice');
  expect(flawOf(choice('poll', ' ', 'Yes', 'No'))).toBe('no_question');
  expect(flawOf(choice('poll', 'Which?', 'Yes', 'No'))).toBeNull();
  expect(written(null)).toEqual([]);
});
