import { expect, test } from 'vitest';
import { direction } from './i18n.svelte';

test.each([['en', 'ltr'], ['tr', 'ltr'], ['id', 'ltr'], ['ar', 'rtl']] as const)('%s is written %s', (tag, way) => {
  expect(direction(tag)).toBe(way);
});
