import { expect, test } from 'vitest';
import { elsewhere, firstOf, peopleOf } from './elsewhere';

const line = (country: string | null, people: number, ahead: number | null) => ({ country, people, ahead });

test('those on the same clock are not told, and those of whom nobody can tell are', () => {
  const lines = elsewhere([line('TR', 900, 0), line('DE', 30, -120), line('US', 12, null), line(null, 2, null), line('JP', 7, 360)], 'TR');
  expect(lines.map((one) => one.country)).toEqual(['DE', 'US', null, 'JP']);
  expect(peopleOf(lines.filter((one) => one.ahead !== null))).toBe(37);
});

test('in a country of several times nobody is told of the people at home', () => {
  expect(elsewhere([line('ID', 900, null), line('TR', 3, -240)], 'ID').map((one) => one.country)).toEqual(['TR']);
});

test('of many countries the first are told and the others counted', () => {
  const { lines, more } = firstOf(['DE', 'JP', 'GB', 'FR', 'AE', 'EG'].map((country, index) => line(country, 10 - index, 60)));
  expect([lines.length, more]).toEqual([4, 2]);
});
