import { expect, test } from 'vitest';
import { keptChoices } from './kept';

test('what is kept longest comes last, and what was chosen is offered', () => {
  expect(keptChoices(15, 15)).toEqual([15, 30, 90, 180, 365, 0]);
  expect(keptChoices(90, 0)).toEqual([90, 180, 365, 0]);
  expect(keptChoices(30, 45)).toEqual([30, 45, 90, 180, 365, 0]);
});
