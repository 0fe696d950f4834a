import { expect, test } from 'vitest';
import type { ContactQuery, Segment } from '../../api/client';
import { groupOf } from './write-to';

const query: ContactQuery = { search: '', standing: null, tag: null, filter: null, order: 'name', descending: false, place: { after: null, skip: 0, limit: 0 } };
const filter = { matching: 'all' as const, conditions: [] };
const segment: Segment = { id: 's', name: 'Toptan', filter };
const some = { all: false, ids: new Set(['a', 'b']) };
const all = { all: true, ids: new Set<string>() };

test('those who are ticked are the audience, one by one', () => {
  expect(groupOf(some, { ...query, search: 'x' }, segment)).toEqual({ everyone: false, tags: [], segments: [], people: ['a', 'b'] });
});

test('all of a tag or a segment are what they are called, and all that a search finds are people', () => {
  expect(groupOf(all, { ...query, tag: 'vip' }, null)).toMatchObject({ everyone: false, tags: ['vip'] });
  expect(groupOf(all, { ...query, filter }, segment)).toMatchObject({ everyone: false, segments: ['s'] });
  expect(groupOf(all, query, null)).toEqual({ everyone: true });
  for (const other of [{ search: 'x' }, { standing: 'gray' as const }, { tag: 'vip', filter }]) expect(groupOf(all, { ...query, ...other }, segment)).toBeNull();
});
