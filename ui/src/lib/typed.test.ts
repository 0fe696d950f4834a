import { expect, test } from 'vitest';
import { partsOfSpan, spanOf, wholeNumber } from './typed';

test.each([
  ['1500', 1500], ['1.500', 1500], ['1,500', 1500], ['1 500', 1500], ['1\u00a0500', 1500], ['1.250.000', 1_250_000], [' 7 ', 7], ['0', 0],
])('%s is a whole number in every language', (text, value) => {
  expect(wholeNumber(text, ',')).toBe(value);
  expect(wholeNumber(text, '.')).toBe(value);
});

test.each(['', '1.5', '1,5', '1.50', '15.00.0', '1.500,5', '1,50.000', '12a', '-3', '1e3', '1.5000', '99999999999999999'])('"%s" is none', (text) => {
  expect(wholeNumber(text, ',')).toBeNull();
  expect(wholeNumber(text, '.')).toBeNull();
});

test('empty cents are read by the decimal sign of the language', () => {
  expect(wholeNumber('1.500,00', ',')).toBe(1500);
  expect(wholeNumber('1,500.00', '.')).toBe(1500);
  expect(wholeNumber('1,500.00', ',')).toBeNull();
});

test.each([
  ['20', 's', 20_000], ['20', 'min', 1_200_000], ['20 s', 'min', 20_000], ['90sn', 'min', 90_000], ['1,5 dk', 's', 90_000], ['1.5 menit', 's', 90_000],
  ['1 min 30 s', 's', 90_000], ['1 sa 30 dk', 's', 5_400_000], ['2 jam', 's', 7_200_000], ['0,5', 's', 500], ['1.500 sn', 's', 1_500_000], ['3 Dakika', 's', 180_000],
  ['2 d', 'min', 172_800_000], ['1 gün 2 sa', 'min', 93_600_000], ['30 hari', 'min', 2_592_000_000],
] as const)('%s with the unit %s is %i ms', (text, unit, ms) => {
  expect(spanOf(text, unit, ',')).toBe(ms);
});

test.each(['', 'soon', '3 weeks', '1 min x', '5 5', '-1 s'])('"%s" is no span', (text) => {
  expect(spanOf(text, 's', ',')).toBeNull();
});

test.each([[20_000, { d: 0, h: 0, min: 0, s: 20 }], [5_430_000, { d: 0, h: 1, min: 30, s: 30 }], [500, { d: 0, h: 0, min: 0, s: 0.5 }], [93_600_000, { d: 1, h: 2, min: 0, s: 0 }]])('%i ms comes apart', (ms, parts) => {
  expect(partsOfSpan(ms)).toEqual(parts);
});
