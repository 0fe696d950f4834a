import { beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api, type ImportOptions, type ImportPreview, type ImportProgress, type Listen, type Origin, type Refusal } from '../../api/client';
import { Import } from './import.svelte';

const totals = { rows: 3, new: 1, known: 1, unchanged: 0, twice: 0, doubtful: 0, refused: 1 };
const preview = (options: ImportOptions): ImportPreview => ({
  fileName: 'list.csv', bytes: 90, encoding: options.encoding ?? 'utf-8', separator: 'comma', sheets: options.sheet === null ? [] : [options.sheet], sheet: options.sheet, header: true, country: 'TR',
  columns: [{ header: 'Ad', use: { use: 'name' } }, { header: 'Tel', use: options.columns?.[1] ?? { use: 'phone' } }], found: null, rows: [], notices: [],
});

let tell: (progress: ImportProgress) => void;
let calls: { name: string; options?: ImportOptions }[];

function connectFake(more: Partial<Api> = {}): void {
  calls = [];
  let ids = 0;
  const begin = (name: string) => async (_origin: Origin, options: ImportOptions) => { calls.push({ name, options }); ids += 1; return `${name}-${ids}`; };
  const api = {
    previewImport: async (_origin: Origin, options: ImportOptions) => { calls.push({ name: 'preview', options }); return preview(options); },
    scanImport: begin('scan'), startImport: begin('import'), cancelImport: async () => null, refusals: async () => [], refusalReasons: async () => [], ...more,
  } as unknown as Api;
  const listen: Listen = (name, cb) => { if (name === 'importProgress') tell = cb as never; return () => undefined; };
  connectTo({ api, listen });
}

const progress = (importId: string, state: ImportProgress['state'], step: ImportProgress['step'] = 'scan'): ImportProgress => ({ importId, step, state, percent: state === 'done' ? 100 : 40, totals, consent: { yes: 0, no: 0, nothing: 2, unclear: 0 }, lostCells: 0, repaired: 0, error: null });

beforeEach(() => connectFake());

test('a file is previewed and counted, and the import does exactly what was shown', async () => {
  const job = new Import();
  job.follow();
  await job.open('/list.csv');
  expect(job.importable).toBeNull();
  tell(progress('scan-1', 'done'));
  expect(job.importable).toBe(2);
  await job.start();
  expect(calls.at(-1)).toMatchObject({ name: 'import', options: { columns: [{ use: 'name' }, { use: 'phone' }] } });
  tell(progress('import-2', 'running', 'import'));
  expect(job.running).toBe(true);
});

test('who is there already and whose row adds nothing is not counted as taken in', async () => {
  const job = new Import();
  job.follow();
  await job.open('/list.csv');
  const same = { ...totals, rows: 5, known: 3, unchanged: 2 };
  tell({ ...progress('scan-1', 'done'), totals: same });
  expect(job.importable).toBe(2);
  expect(job.idle).toBe(false);
  tell({ ...progress('scan-1', 'done'), totals: { ...same, new: 0, unchanged: 3 } });
  expect([job.importable, job.idle]).toEqual([0, true]);
  tell({ ...progress('scan-1', 'done'), totals: { ...same, new: 0, unchanged: 3, twice: 1 } });
  expect([job.importable, job.idle], 'a second row of one person may complete the first').toEqual([0, false]);
});

test('an answer to an older question is dropped', async () => {
  const job = new Import();
  job.follow();
  await job.open('/list.csv');
  await job.change({ encoding: 'windows-1254' });
  tell(progress('scan-1', 'done'));
  expect(job.scan).toBeNull();
  tell(progress('scan-2', 'done'));
  expect(job.importable).toBe(2);
});

test('what was chosen for a list and not imported yet is known, so that nobody leaves it without a word', async () => {
  const job = new Import();
  job.follow();
  await job.open('/list.csv');
  expect(job.decided).toBe(false);
  job.tickRow(3);
  expect(job.decided).toBe(true);
  job.tickRow(3);
  await job.change({ consent: { source: 'Form', at: 1, note: '' } });
  expect(job.decided).toBe(true);
  await job.change({ consent: null });
  expect(job.decided).toBe(false);
  await job.use(0, { use: 'tags' });
  expect(job.decided).toBe(true);
  tell(progress('scan-4', 'done'));
  await job.start();
  tell(progress('import-5', 'running', 'import'));
  expect(job.decided).toBe(false);
});

test('progress that comes before the id is not lost', async () => {
  connectFake({ scanImport: async () => { tell(progress('scan-early', 'done')); return 'scan-early'; } });
  const job = new Import();
  job.follow();
  await job.open('/list.csv');
  expect(job.importable).toBe(2);
});

test('without a column of phones the owner still sees the rows and can point at one', async () => {
  const refusal = { code: 'import.no_phone_column', message: 'No column holds phone numbers.', params: { headers: 'Ad, Tel' } };
  connectFake({ previewImport: vi.fn(async (_origin: Origin, options: ImportOptions) => { if (options.columns === null) throw refusal; return preview(options); }) });
  const job = new Import();
  job.follow();
  await job.open('/list.csv');
  expect(job.error).toEqual(refusal);
  expect(job.preview?.fileName).toBe('list.csv');
  await job.use(1, { use: 'phone' });
  expect(job.error).toBeNull();
});

test('what is pasted is read like a file, and another sheet makes other columns', async () => {
  const origins: Origin[] = [];
  connectFake({ previewImport: async (origin: Origin, options: ImportOptions) => { origins.push(origin); calls.push({ name: 'preview', options }); return preview(options); } });
  const job = new Import();
  job.follow();
  await job.paste('  \n');
  expect(origins).toEqual([]);
  await job.paste('Ayşe 0538 555 01 42');
  expect(origins[0]).toMatchObject({ from: 'pasted', text: 'Ayşe 0538 555 01 42' });
  await job.use(0, { use: 'ignore' });
  await job.change({ sheet: '2026' });
  expect(calls.filter((call) => call.name === 'preview').at(-1)?.options).toMatchObject({ sheet: '2026', columns: null });
});

test('doubtful rows come in alone or with all of their reason, and each counts once', async () => {
  const doubt = (row: number, code: string): Refusal => ({ row, raw: '', phone: '+628135550147', reason: { code, message: '', params: {} } });
  const doubtful = [doubt(2, 'phone.no_plus'), doubt(3, 'phone.no_plus'), doubt(4, 'phone.beside')];
  connectFake({
    refusals: async (_id, which) => (which === 'doubtful' ? doubtful : []),
    refusalReasons: async () => [{ code: 'phone.no_plus', doubtful: true, rows: 2000 }, { code: 'phone.beside', doubtful: true, rows: 1 }, { code: 'phone.missing', doubtful: false, rows: 9 }],
  });
  const job = new Import();
  job.follow();
  await job.open('/list.csv');
  tell(progress('scan-1', 'done'));
  await vi.waitFor(() => expect(job.doubts).toHaveLength(2));
  job.tickRow(3);
  job.tickRow(4);
  expect(job.importable).toBe(4);
  job.tickReason('phone.no_plus');
  expect(job.importable).toBe(2 + 2000 + 1);
  await job.start();
  expect(calls.at(-1)?.options?.ticked).toEqual({ reasons: ['phone.no_plus'], rows: [3, 4] });
  await job.change({ country: 'ID' });
  expect(job.ticked).toEqual({ reasons: [], rows: [] });
});
