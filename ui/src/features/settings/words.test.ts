import { expect, test } from 'vitest';
import { wordsOf } from './words';

test('words are what stands between commas, without blanks and none twice', () => {
  expect(wordsOf(' STOP, dur ,İPTAL;mesaj istemiyorum,, STOP\nBERHENTI ')).toEqual(['STOP', 'dur', 'İPTAL', 'mesaj istemiyorum', 'BERHENTI']);
  expect(wordsOf(' , ')).toEqual([]);
});
