import { expect, test } from 'vitest';
import type { MediaItem } from '../../api/client';
import { allFacts, playTime, wave } from './media';

const file = (change: Partial<MediaItem>): MediaItem => ({ id: 'f', name: 'f', kind: 'image', verdict: { kind: 'fine' }, width: null, height: null, durationMs: null, pages: null, waveform: null, bytes: 200_000, sourceBytes: 1_900_000, place: false, thumbnail: null, ...change });

test('what is said of a file fits its kind', () => {
  expect(allFacts(file({ kind: 'voice', durationMs: 42_000, verdict: { kind: 'convert' } }))).toBe('Voice note, 0:42, 1.9 MB → 200 kB');
  expect(allFacts(file({ kind: 'document', pages: 1, width: 595, height: 842 }))).toBe('Document, 1 page, 200 kB');
  expect(allFacts(file({ width: 1600, height: 1200 }))).toBe('Photo, 200 kB, 1,600 × 1,200');
});

test.each([[400, '0:01'], [42_000, '0:42'], [61_400, '1:01'], [3_600_000, '60:00']])('%i ms plays %s', (ms, shown) => {
  expect(playTime(ms)).toBe(shown);
});

test('a waveform becomes bars of few heights, and its absence a quiet line', () => {
  expect(wave(Array.from({ length: 64 }, (_, at) => (at === 63 ? 0 : 100))).slice(0, 2)).toEqual([22, 22]);
  expect(new Set(wave(null))).toEqual(new Set([3]));
});
