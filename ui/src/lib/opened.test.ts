import { expect, test } from 'vitest';
import { connectTo, type Api } from '../api/client';
import { backupOf, listOf, openFiles, pasteToImport, takeBackup, takeHanded, takePasted, toRestore } from './opened';
import { parse } from './router.svelte';

const goes = async (paths: string[]) => {
  connectTo({ api: { createDraft: async () => ({ id: 'new' }) } as unknown as Api, listen: () => () => undefined });
  await openFiles(paths);
  return location.hash;
};

test('a list among the files leads to the import, whatever else was given', async () => {
  expect(listOf(['/a/foto.JPG', '/a/Müşteriler 2.XLSX'])).toBe('/a/Müşteriler 2.XLSX');
  expect(await goes(['/a/foto.jpg', '/a/Müşteriler & co.csv'])).toBe('#/contacts/import?file=%2Fa%2FM%C3%BC%C5%9Fteriler%20%26%20co.csv');
  expect(takeHanded()).toEqual([]);
});

test('a backup is no message', async () => {
  expect(await goes(['/a/ulak 2026-11-29.ulak-backup'])).toBe('#/settings/safety');
  expect(takeHanded()).toEqual([]);
  expect(takeBackup()).toBe('/a/ulak 2026-11-29.ulak-backup');
  expect(takeBackup()).toBeNull();
});

test('anything else begins a campaign, which takes the files once', async () => {
  expect(await goes(['/a/foto.jpg', '/a/fiyat.pdf'])).toBe('#/campaigns/new/content');
  expect(takeHanded()).toEqual(['/a/foto.jpg', '/a/fiyat.pdf']);
  expect(takeHanded()).toEqual([]);
  expect(await goes([])).toBe('#/campaigns/new/audience');
});

function paste(text: string, into: EventTarget = document.body): boolean {
  const event = new Event('paste', { bubbles: true, cancelable: true }) as ClipboardEvent;
  Object.defineProperty(event, 'clipboardData', { value: { getData: () => text } });
  into.addEventListener('paste', (one) => pasteToImport(one as ClipboardEvent), { once: true });
  return !into.dispatchEvent(event);
}

test('what is pasted beside the fields leads to the import, which takes it once', () => {
  location.hash = '#/contacts';
  expect(paste('Ayşe\t0538 555 01 42\n')).toBe(true);
  expect(location.hash).toBe('#/contacts/import');
  expect([takePasted(), takePasted()]).toEqual(['Ayşe\t0538 555 01 42\n', null]);
});

test('a field keeps its paste, and a text without a digit has nobody to import', () => {
  expect([paste('0538 555 01 42', document.createElement('input')), paste('merhaba')]).toEqual([false, false]);
  expect(takePasted()).toBeNull();
});

test('a backup that is dropped is looked into, wherever it is dropped', () => {
  expect(backupOf(['/a/foto.jpg', '/a/ulak 1.ULAK-BACKUP'])).toBe('/a/ulak 1.ULAK-BACKUP');
  expect(backupOf(['/a/liste.csv'])).toBeNull();
  toRestore('/a/ulak 1.ulak-backup');
  expect(parse(location.hash)).toEqual({ page: 'open', files: ['/a/ulak 1.ulak-backup'] });
});
