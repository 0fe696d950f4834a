import { expect, test } from 'vitest';
import { moodOf, shapeOf } from './shape';

test('one photo takes the text as its caption, two do not', () => {
  expect(shapeOf(1, 300, false)).toEqual({ kinds: ['image'], caption: true, limit: 1024 });
  expect(shapeOf(2, 300, false)).toEqual({ kinds: ['image', 'image', 'text'], caption: false, limit: 4096 });
  expect(shapeOf(0, 300, false)).toEqual({ kinds: ['text'], caption: false, limit: 4096 });
  expect(shapeOf(1, 0, false).kinds).toEqual(['image']);
  expect(shapeOf(0, 0, false).kinds).toEqual([]);
});

test('a caption that is too long is its own part only when the owner allowed it', () => {
  expect(shapeOf(1, 1024, true).kinds).toEqual(['image']);
  expect(shapeOf(1, 1025, true).kinds).toEqual(['image', 'text']);
  expect(shapeOf(1, 1025, false)).toMatchObject({ kinds: ['image'], limit: 1024 });
});

test('the counter is near from nine tenths and over from the first sign too many', () => {
  expect([921, 922, 1024, 1025].map((length) => moodOf(length, 1024))).toEqual(['calm', 'near', 'near', 'over']);
});
