import { expect, test, vi } from 'vitest';
import type { Place } from '../api/client';
import { Paged } from './paged.svelte';

const rows = (offset: number, limit: number, total = 250, mark = '') => ({ total, next: null, rows: Array.from({ length: Math.min(limit, total - offset) }, (_, step) => `${mark}${offset + step}`) });
const settled = () => new Promise((done) => setTimeout(done));

test('only the pages in sight are fetched, once each', async () => {
  const fetch = vi.fn(async ({ skip, limit }: Place) => rows(skip, limit));
  const list = new Paged(fetch);
  list.show(0, 40);
  list.show(10, 50);
  await settled();
  list.show(190, 230);
  await settled();
  expect(fetch.mock.calls.map(([place]) => place.skip)).toEqual([0, 100, 200]);
  expect(list.row(205)).toBe('205');
  expect(list.total).toBe(250);
});

test('what is on screen stays until newer rows are there', async () => {
  let mark = 'old ';
  const list = new Paged(async ({ skip, limit }) => { await settled(); return rows(skip, limit, 250, mark); });
  await list.reload();
  mark = 'new ';
  const reloading = list.reload();
  expect(list.row(0)).toBe('old 0');
  await reloading;
  expect(list.row(0)).toBe('new 0');
});

test('a row that did not change stays the same object, wherever it stands', async () => {
  let names = ['Ayşe', 'Budi', 'Elif'];
  const list = new Paged(async () => ({ total: names.length, next: null, rows: names.map((name) => ({ name })) }));
  await list.reload();
  const [ayse, budi, elif] = [list.row(0), list.row(1), list.row(2)];
  names = ['Dewi', 'Ayşe', 'Budi Santoso', 'Elif'];
  await list.reload();
  expect(list.row(1)).toBe(ayse);
  expect(list.row(3)).toBe(elif);
  expect(list.row(2)).toEqual({ name: 'Budi Santoso' });
  expect(list.row(2)).not.toBe(budi);
});

test('an answer to an older question is dropped', async () => {
  const answers: (() => void)[] = [];
  let mark = 'first ';
  const list = new Paged(({ skip, limit }) => { const said = mark; return new Promise<ReturnType<typeof rows>>((done) => answers.push(() => done(rows(skip, limit, 250, said)))); });
  void list.reload();
  mark = 'second ';
  void list.restart();
  answers[1]?.();
  await settled();
  answers[0]?.();
  await settled();
  expect(list.row(0)).toBe('second 0');
});

/** A list by key: the key of a row is its number, and rows may come in above. */
const keyed = (list: number[], counted: boolean) => vi.fn(async ({ after, skip, limit }: Place) => {
  const from = (after === null ? 0 : list.indexOf(Number(after)) + 1) + skip;
  const found = list.slice(from, from + limit);
  return { total: counted ? list.length : null, next: from + limit < list.length ? String(found.at(-1)) : null, rows: found };
});

test('what comes in above while a list is scrolled neither doubles a row nor hides one', async () => {
  const numbers = Array.from({ length: 250 }, (_, step) => step);
  const list = new Paged(keyed(numbers, true));
  list.show(0, 40);
  await settled();
  numbers.unshift(-1);
  list.show(60, 130);
  await settled();
  expect([list.row(99), list.row(100)]).toEqual([99, 100]);
});

test('a jump counts from the nearest row above that is known', async () => {
  const fetch = keyed(Array.from({ length: 1000 }, (_, step) => step), true);
  const list = new Paged(fetch);
  list.show(0, 140);
  await settled();
  list.show(520, 560);
  await settled();
  expect(fetch.mock.calls.at(-1)?.[0]).toEqual({ after: '199', skip: 300, limit: 100 });
  expect(list.row(520)).toBe(520);
});

test('a list by key that nobody has counted grows until its end', async () => {
  const list = new Paged(keyed(Array.from({ length: 150 }, (_, step) => step), false));
  list.show(0, 40);
  await settled();
  expect(list.total).toBe(101);
  list.show(90, 100);
  await settled();
  expect(list.total).toBe(150);
  list.show(0, 40);
  await list.reload();
  expect(list.total).toBe(150);
});
