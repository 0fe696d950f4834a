import { expect, test } from 'vitest';
import { moodOf, shapeOf } from './shape';

test('one photo takes the text as its caption, two do not', () => {
  expect(shapeOf(['image'], 300, false)).toEqual({ kinds: ['image'], captioned: 0, limit: 1024 });
  expect(shapeOf(['image', 'image'], 300, false)).toEqual({ kinds: ['image', 'image', 'text'], captioned: null, limit: 4096 });
  expect(shapeOf([], 300, false)).toEqual({ kinds: ['text'], captioned: null, limit: 4096 });
  expect(shapeOf(['image'], 0, false).kinds).toEqual(['image']);
  expect(shapeOf([], 0, false).kinds).toEqual([]);
});

test('sound carries no caption, and does not take it from what does', () => {
  expect(shapeOf(['voice'], 5, false)).toEqual({ kinds: ['voice', 'text'], captioned: null, limit: 4096 });
  expect(shapeOf(['voice', 'document'], 5, false)).toMatchObject({ kinds: ['voice', 'document'], captioned: 1 });
  expect(shapeOf(['image', 'video', 'audio'], 5, false).kinds).toEqual(['image', 'video', 'audio', 'text']);
});

test('a poll follows everything', () => {
  expect(shapeOf(['image'], 5, false, true)).toMatchObject({ kinds: ['image', 'poll'], captioned: 0 });
  expect(shapeOf([], 0, false, true).kinds).toEqual(['poll']);
});

test('a caption that is too long is its own part only when the owner allowed it', () => {
  expect(shapeOf(['image'], 1024, true).kinds).toEqual(['image']);
  expect(shapeOf(['image'], 1025, true).kinds).toEqual(['image', 'text']);
  expect(shapeOf(['image'], 1025, false)).toMatchObject({ kinds: ['image'], limit: 1024 });
});

test('the counter is near from nine tenths and over from the first sign too many', () => {
  expect([921, 922, 1024, 1025].map((length) => moodOf(length, 1024))).toEqual(['calm', 'near', 'near', 'over']);
});
