import { expect, test } from 'vitest';
import { passphraseProblem } from './passphrase';

test('a passphrase is long enough and typed twice alike', () => {
  expect(passphraseProblem('kısa', 'kısa')).toBe('short');
  expect(passphraseProblem('yedi gün', 'yedi gun')).toBe('different');
  expect(passphraseProblem('yedi gün', 'yedi gün')).toBeNull();
});
