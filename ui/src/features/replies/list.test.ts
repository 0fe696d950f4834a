import { expect, test } from 'vitest';
import type { ReplyRow } from '../../api/client';
import { initials, neighbour, step, withRead } from './list';

const row = (id: string, at: number) => ({ id, at, unread: true }) as ReplyRow;
const ids = (rows: ReplyRow[]) => rows.map((one) => one.id).join('');

test('what was read here keeps its place, once', () => {
  expect(ids(withRead([row('d', 4), row('b', 2)], [row('c', 3), row('b', 2)]))).toBe('dcb');
});

test('where the chosen one has left, the next one below it is chosen, else the one above', () => {
  const before = [row('a', 3), row('b', 2), row('c', 1)];
  expect(neighbour(before, [row('a', 3), row('c', 1)], 'b')).toBe('c');
  expect(neighbour(before, [row('a', 3), row('b', 2)], 'c')).toBe('b');
  expect(neighbour(before, [row('x', 9)], 'b')).toBe('x');
  expect(neighbour([], [row('x', 9)], null)).toBe('x');
  expect(neighbour(before, [], 'b')).toBeNull();
});

test('a step ends at the ends of the list', () => {
  const rows = [row('a', 3), row('b', 2)];
  expect([step(rows, 'a', -1)?.id, step(rows, 'a', 1)?.id, step(rows, 'b', 1)?.id, step(rows, null, 1)?.id]).toEqual(['a', 'b', 'b', 'a']);
  expect(step([], null, 1)).toBeUndefined();
});

test('initials are of the first and the last name, in letters only', () => {
  expect([initials('Hatice Güneş'), initials('Rina'), initials('Ahmet (servis)'), initials('')]).toEqual(['HG', 'R', 'A', '']);
});
