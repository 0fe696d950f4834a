import { expect, test, vi } from 'vitest';
import { Paged } from './paged.svelte';

const rows = (offset: number, limit: number, total = 250, mark = '') => ({ total, rows: Array.from({ length: Math.min(limit, total - offset) }, (_, step) => `${mark}${offset + step}`) });
const settled = () => new Promise((done) => setTimeout(done));

test('only the pages in sight are fetched, once each', async () => {
  const fetch = vi.fn(async (offset: number, limit: number) => rows(offset, limit));
  const list = new Paged(fetch);
  list.show(0, 40);
  list.show(10, 50);
  await settled();
  list.show(190, 230);
  await settled();
  expect(fetch.mock.calls.map(([offset]) => offset)).toEqual([0, 100, 200]);
  expect(list.row(205)).toBe('205');
  expect(list.total).toBe(250);
});

test('what is on screen stays until newer rows are there', async () => {
  let mark = 'old ';
  const list = new Paged(async (offset, limit) => { await settled(); return rows(offset, limit, 250, mark); });
  await list.reload();
  mark = 'new ';
  const reloading = list.reload();
  expect(list.row(0)).toBe('old 0');
  await reloading;
  expect(list.row(0)).toBe('new 0');
});

test('an answer to an older question is dropped', async () => {
  const answers: (() => void)[] = [];
  let mark = 'first ';
  const list = new Paged((offset, limit) => { const said = mark; return new Promise<{ total: number; rows: string[] }>((done) => answers.push(() => done(rows(offset, limit, 250, said)))); });
  void list.reload();
  mark = 'second ';
  void list.restart();
  answers[1]?.();
  await settled();
  answers[0]?.();
  await settled();
  expect(list.row(0)).toBe('second 0');
});

test('a list that nobody has counted grows as it is read, and does not shrink when its top is asked for again', async () => {
  const list = new Paged(async (offset, limit) => ({ ...rows(offset, limit), total: Math.min(250, offset + limit + 1), about: offset + limit < 250 }));
  list.show(0, 40);
  await settled();
  expect(list.total).toBe(101);
  list.show(90, 130);
  await settled();
  expect(list.total).toBe(201);
  list.show(190, 240);
  await settled();
  expect(list.total).toBe(250);
  list.show(0, 40);
  await list.reload();
  expect(list.total).toBe(250);
});
