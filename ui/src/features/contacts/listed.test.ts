import { expect, test } from 'vitest';
import { allColumns, leastWidth, moved, MOST, orderOf, shownColumns, startsDescending } from './listed';

test('only what contacts have is shown, each once, and never nothing', () => {
  expect(shownColumns(['tags', 'field:city', 'tags', 'field:gone', 'nonsense'], ['city'])).toEqual(['tags', 'field:city']);
  expect(shownColumns(['field:gone'], [])).toEqual(['phone']);
  const many = Array.from({ length: 20 }, (_, index) => `f${index}`);
  expect(shownColumns(allColumns(many), many)).toHaveLength(MOST);
});

test('a column moves one place and not out of the list', () => {
  const columns = shownColumns(['phone', 'tags', 'email'], []);
  expect(moved(columns, 'tags', -1)).toEqual(['tags', 'phone', 'email']);
  expect(moved(columns, 'tags', 1)).toEqual(['phone', 'email', 'tags']);
  expect(moved(columns, 'phone', -1)).toEqual(columns);
  expect(moved(columns, 'email', 1)).toEqual(columns);
  expect(moved(columns, 'created', 1)).toEqual(columns);
});

test('times begin with the newest, and tags have no order', () => {
  expect([orderOf('name'), orderOf('contacted'), orderOf('tags'), orderOf('field:city')]).toEqual(['name', 'contacted', null, null]);
  expect([startsDescending('name'), startsDescending('created')]).toEqual([false, true]);
});

test('the four columns of the beginning fit a small window', () => {
  expect(leastWidth(['phone', 'tags', 'consent', 'contacted'])).toBeLessThan(800);
});
