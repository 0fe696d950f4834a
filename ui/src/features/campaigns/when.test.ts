import { expect, test } from 'vitest';
import type { Span } from '../../lib/ribbon';
import { aWeek, dayAfterKey, dueOf, momentOf, suggested, weeksOf } from './when';
import { parseClock } from '../../lib/typed';

const istanbul = 'Europe/Istanbul';
const at = (text: string) => Date.parse(text);

test('a day and a clock are a moment in the owner’s zone, and back', () => {
  expect(momentOf({ day: '2026-11-13', minute: 840 }, istanbul)).toBe(at('2026-11-13T11:00:00Z'));
  expect(dueOf(at('2026-11-13T22:30:00Z'), istanbul)).toEqual({ day: '2026-11-14', minute: 90 });
});

test('a clock that daylight saving skips becomes the next one', () => {
  expect(momentOf({ day: '2026-03-29', minute: 150 }, 'Europe/Berlin')).toBe(at('2026-03-29T01:30:00Z'));
});

test.each([['14:00', 840], ['14.30', 870], ['1400', 840], ['930', 570], ['9', 540], [' 9:05 ', 545], ['00:00', 0], ['24:00', null], ['12:60', null], ['noon', null], ['', null]])('%s is %s', (text, minutes) => {
  expect(parseClock(text)).toBe(minutes);
});

test('the suggestion leaves an hour and stays inside the sending hours', () => {
  const usual = (): Span => ({ from: 540, to: 1320 });
  expect(suggested(at('2026-11-12T11:22:00Z'), usual, istanbul)).toBe(at('2026-11-12T13:00:00Z'));
  expect(suggested(at('2026-11-12T18:30:00Z'), usual, istanbul)).toBe(at('2026-11-13T06:00:00Z'));
  expect(suggested(at('2026-11-12T02:00:00Z'), usual, istanbul)).toBe(at('2026-11-12T06:00:00Z'));
  const closed = (day: string) => (day === '2026-11-13' ? null : usual());
  expect(suggested(at('2026-11-12T18:30:00Z'), closed, istanbul)).toBe(at('2026-11-14T06:00:00Z'));
});

test('a month begins on the week day it begins on, where the week begins as the language has it', () => {
  const weeks = weeksOf('2026-11', 'en-GB');
  expect(weeks).toHaveLength(6);
  expect(weeks[0]).toEqual([null, null, null, null, null, null, '2026-11-01']);
  expect(weeksOf('2026-11', 'en-US')[0]?.[0]).toBe('2026-11-01');
  expect(aWeek('tr-TR')[0]).toBe('2026-11-09');
});

test('keys walk over the grid and over the edges of months', () => {
  expect(dayAfterKey('2026-11-30', 'ArrowRight', 'en-GB')).toBe('2026-12-01');
  expect(dayAfterKey('2026-11-13', 'ArrowUp', 'en-GB')).toBe('2026-11-06');
  expect(dayAfterKey('2026-11-13', 'Home', 'en-GB')).toBe('2026-11-09');
  expect(dayAfterKey('2026-01-31', 'PageDown', 'en-GB')).toBe('2026-02-28');
  expect(dayAfterKey('2026-11-13', 'x', 'en-GB')).toBeNull();
});
