import { expect, test } from 'vitest';
import { shellKey } from './keys';

const press = (key: string, more: object = {}) => shellKey({ key, ctrlKey: false, metaKey: false, altKey: false, target: document.body, ...more });

test('Ctrl K and its like open the palette, wherever the caret stands', () => {
  const field = document.createElement('textarea');
  expect(press('k', { ctrlKey: true, target: field })).toBe('palette');
  expect(press('K', { metaKey: true })).toBe('palette');
  expect(press('k')).toBeNull();
  expect(press('k', { ctrlKey: true, altKey: true })).toBeNull();
});

test('a question mark asks for the keys, and is typed where one types', () => {
  expect(press('?')).toBe('keys');
  expect(press('?', { target: document.createElement('input') })).toBeNull();
});
