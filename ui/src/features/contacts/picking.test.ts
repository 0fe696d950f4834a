import { expect, test } from 'vitest';
import type { ContactQuery, ContactView } from '../../api/client';
import { Picking } from './picking.svelte';

const rows = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }) as ContactView);
const at = (index: number) => rows[index];
const query: ContactQuery = { search: 'x', standing: null, tag: null, filter: null, order: 'name', descending: false, place: { after: null, skip: 0, limit: 0 } };

function click(picking: Picking, index: number, range = false): void {
  const row = rows[index];
  if (row) picking.toggle(index, row, range, at);
}

test('a range goes from the last click, in either direction, and does what the click does', () => {
  const picking = new Picking();
  click(picking, 3);
  click(picking, 1, true);
  expect([...picking.ids].sort()).toEqual(['b', 'c', 'd']);
  click(picking, 2, true);
  expect([...picking.ids]).toEqual(['d']);
});

test('all that match are named by the query, and one click less makes it those alone', () => {
  const picking = new Picking();
  picking.all = true;
  expect(picking.has('z')).toBe(true);
  expect(picking.chosen(query)).toEqual({ kind: 'matching', query });
  picking.clear();
  expect(picking.any).toBe(false);
  click(picking, 0);
  click(picking, 1);
  expect(picking.chosen(query)).toEqual({ kind: 'these', ids: ['a', 'b'] });
});
