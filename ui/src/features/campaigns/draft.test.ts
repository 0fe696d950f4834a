import { expect, test } from 'vitest';
import { copyName } from './again';

test('the name of a copy says so and fits its field', () => {
  expect(copyName('Spring')).toBe('Spring (copy)');
  expect(copyName('x'.repeat(120))).toHaveLength(120);
  expect(copyName('x'.repeat(120))).toMatch(/ \(copy\)$/);
});
