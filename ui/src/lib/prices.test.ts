import { expect, test } from 'vitest';
import { messageWord, priceOf } from './prices';

const prices = { text: 1, image: 3, video: 5, document: 2, voice: 0, audio: 1, poll: 4 };

test('a message costs what its parts cost', () => {
  expect(priceOf([], prices)).toBe(0);
  expect(priceOf(['image', 'image', 'text'], prices)).toBe(7);
  expect(priceOf(['voice', 'poll'], prices)).toBe(4);
});

test('a line of the review names the credits where parts do not cost one each', () => {
  expect(messageWord({ parts: 3, credits: 3 })).toBe('3 parts');
  expect(messageWord({ parts: 3, credits: 7 })).toBe('7 credits (3 parts)');
  expect(messageWord({ parts: 1, credits: 0 })).toBe('0 credits (1 part)');
});
