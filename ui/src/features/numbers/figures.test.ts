import { beforeEach, expect, test } from 'vitest';
import { language } from '../../lib/i18n.svelte';
import { agoParts, answerTime, clockLeft, countdown, leftPercent, passed } from './figures';

beforeEach(() => { language.locale = 'en'; });

test.each([[0, '0', 's ago'], [59_999, '59', 's ago'], [300_000, '5', 'min ago'], [7_200_000, '2', 'h ago'], [86_400_000, '1', 'day ago'], [200_000_000, '2', 'days ago'], [-5, '0', 's ago']])('%i ms ago', (ms, figure, unit) => {
  expect(agoParts(ms)).toEqual({ figure, unit });
});

test.each([[101_858_000, '1 d 04:17:38'], [15_458_000, '4:17:38'], [62_001, '01:03'], [-1, '00:00']])('%i ms left', (ms, shown) => {
  expect(countdown(ms)).toBe(shown);
});

test('a long wait is counted in the language of the window', () => {
  language.locale = 'tr';
  expect(countdown(101_858_000)).toBe('1 gün 04:17:38');
});

test('a share of a wait needs its beginning', () => {
  expect(passed(0, 200, 50)).toBe(25);
  expect(passed(null, 200, 50)).toBeNull();
  expect(passed(0, 200, 900)).toBe(100);
});

test('the ring empties as the code ages', () => {
  expect(leftPercent(0, 20_000, 0)).toBe(100);
  expect(leftPercent(0, 20_000, 17_000)).toBe(15);
  expect(leftPercent(0, 20_000, 30_000)).toBe(0);
});

test('answers and codes', () => {
  expect(answerTime(412)).toBe('0.4 s');
  expect(answerTime(6210)).toBe('6.2 s');
  expect(answerTime(3)).toBe('0.1 s');
  expect(clockLeft(160_400)).toBe('2:41');
});
