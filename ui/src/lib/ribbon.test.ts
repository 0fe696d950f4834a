import { expect, test } from 'vitest';
import { closedSpans, hourMarks, isOpen } from './ribbon';

test('the usual hours are closed at both ends of the day', () => {
  expect(closedSpans(540, 1320)).toEqual([{ from: 0, to: 540 }, { from: 1320, to: 1440 }]);
});

test('hours over midnight are closed in the middle', () => {
  expect(closedSpans(1200, 120)).toEqual([{ from: 120, to: 1200 }]);
  expect(isOpen(60, 1200, 120)).toBe(true);
  expect(isOpen(600, 1200, 120)).toBe(false);
});

test('equal hours are always open', () => {
  expect(closedSpans(540, 540)).toEqual([]);
});

test('an edge pushes out the mark it would touch', () => {
  expect(hourMarks(540, 1320).map((mark) => mark.at)).toEqual([0, 360, 540, 720, 900, 1080, 1320, 1440]);
  expect(hourMarks(480, 1320).filter((mark) => mark.edge).map((mark) => mark.at)).toEqual([480, 1320]);
  expect(hourMarks(690, 1320).some((mark) => mark.at === 720)).toBe(false);
});
