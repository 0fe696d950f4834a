import { expect, test } from 'vitest';
import type { MediaItem } from '../../api/client';
import { bubblesOf } from './bubbles';
import { shapeOf } from './shape';

const file = (id: string, kind: MediaItem['kind']): MediaItem => ({ id, kind, name: id, verdict: { kind: 'fine' }, width: null, height: null, durationMs: null, pages: null, waveform: null, bytes: 1, sourceBytes: 1, place: false, thumbnail: 'small' });
const shown = (files: MediaItem[], text: string, options?: string[]) =>
  bubblesOf(shapeOf(files.map((one) => one.kind), text.length, false, options !== undefined), files, text, options ? { question: 'Which?', options } : null, null, (one) => `large ${one.id}`);

test('the caption stands with the photo wherever the photo stands', () => {
  expect(shown([file('v', 'voice'), file('p', 'image')], 'Hi').map(({ key, text, picture }) => [key, text, picture])).toEqual([['v', null, null], ['p', 'Hi', 'large p']]);
});

test('two photos, then the text, then the poll', () => {
  const bubbles = shown([file('a', 'image'), file('b', 'image')], 'Hi', ['Yes', 'No']);
  expect(bubbles.map(({ key, text }) => [key, text])).toEqual([['a', null], ['b', null], ['text', 'Hi'], ['poll', 'Which?']]);
  expect(bubbles.at(-1)?.options).toEqual(['Yes', 'No']);
});
