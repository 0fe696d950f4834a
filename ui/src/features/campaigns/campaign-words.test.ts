import { expect, test } from 'vitest';
import { causeWord } from './campaign-words';

test.each([['too_fast', 'too many requests'], ['refused_503', 'WhatsApp refused it for now (code 503)'], ['rejected_410', 'WhatsApp did not take the message (code 410)'], ['of_a_later_version', 'of_a_later_version']])('%s is said in words', (cause, words) => {
  expect(causeWord(cause)).toBe(words);
});
