import { expect, test } from 'vitest';
import { closedSpans, hourMarks, isOpen, openSpans, windowOf } from './ribbon';

test('the usual hours are closed at both ends of the day', () => {
  expect(closedSpans(openSpans(540, 1320))).toEqual([{ from: 0, to: 540 }, { from: 1320, to: 1440 }]);
});

test('hours over midnight are closed in the middle', () => {
  expect(closedSpans(openSpans(1200, 120))).toEqual([{ from: 120, to: 1200 }]);
  expect(isOpen(60, openSpans(1200, 120))).toBe(true);
  expect(isOpen(600, openSpans(1200, 120))).toBe(false);
});

test('equal hours are always open, and a closed day never', () => {
  expect(closedSpans(openSpans(540, 540))).toEqual([]);
  expect(closedSpans([])).toEqual([{ from: 0, to: 1440 }]);
});

test('the spans of a day are told as the window they belong to', () => {
  for (const [from, to] of [[540, 1320], [1200, 120], [0, 1440]] as const) expect(windowOf(openSpans(from, to))).toEqual({ from, to });
  expect(windowOf([])).toBeNull();
});

test('an edge pushes out the mark it would touch', () => {
  expect(hourMarks(openSpans(540, 1320)).map((mark) => mark.at)).toEqual([0, 360, 540, 720, 900, 1080, 1320, 1440]);
  expect(hourMarks(openSpans(480, 1320)).filter((mark) => mark.edge).map((mark) => mark.at)).toEqual([480, 1320]);
  expect(hourMarks(openSpans(690, 1320)).some((mark) => mark.at === 720)).toBe(false);
});
