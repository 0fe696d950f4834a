// Files that come from outside the window: dropped on it, dropped on Ulak's icon, or opened with Ulak.
import { api } from '../api/client';
import { m } from './i18n.svelte';
import { goOn, navigate } from './router.svelte';
import { toast } from './toasts.svelte';

/** The first of them that is a list of contacts. */
export function listOf(paths: string[]): string | null {
  return paths.find((path) => /\.(csv|tsv|txt|xlsx|xlsm|xlsb|xls|ods|vcf|vcard)$/i.test(path)) ?? null;
}

/** The first of them that is a backup. */
export function backupOf(paths: string[]): string | null {
  return paths.find((path) => /\.ulak-backup$/i.test(path)) ?? null;
}

const importOf = (path: string) => `/contacts/import?file=${encodeURIComponent(path)}`;

/** `practice`: what is written to those who come in goes over the practice number. */
export function toImport(path: string, practice: boolean): void {
  navigate(`${importOf(path)}${practice ? '&practice' : ''}`);
}

/** What the import begins with, as if it was pasted there. */
let pasted: string | null = null;

/** A paste that no field takes: cells, a column of numbers, or a text with phones in it. */
export function pasteToImport(event: ClipboardEvent): void {
  const text = event.clipboardData?.getData('text/plain') ?? '';
  const isField = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (event.defaultPrevented || isField || !/\d/.test(text) || document.querySelector('dialog[open]') !== null) return;
  event.preventDefault();
  pasted = text;
  navigate('/contacts/import');
}

export function takePasted(): string | null {
  const taken = pasted;
  pasted = null;
  return taken;
}

/** By way of the page that takes what Ulak is opened with, so that it is looked into also where that page is shown already. */
export function toRestore(path: string): void {
  navigate(`/open?file=${encodeURIComponent(path)}`);
}

/** What the next content step begins with, as if it was dropped there. */
const handed: string[] = [];

export function takeHanded(): string[] {
  return handed.splice(0);
}

/** A backup that is to be looked into. */
let backup: string | null = null;

export function takeBackup(): string | null {
  const taken = backup;
  backup = null;
  return taken;
}

/** A list leads to the import, anything else into a new campaign; with nothing at all a new campaign begins. */
export async function openFiles(paths: string[]): Promise<void> {
  const copy = backupOf(paths);
  if (copy !== null) {
    backup = copy;
    goOn('/settings/safety');
    return;
  }
  const list = listOf(paths);
  if (list !== null) {
    goOn(importOf(list));
    if (paths.length > 1) toast(m.open_list_alone({ name: list.split(/[\\/]/).at(-1) ?? list }), { kind: 'warn' });
    return;
  }
  const draft = await api.createDraft();
  handed.push(...paths);
  goOn(`/campaigns/${draft.id}/${paths.length > 0 ? 'content' : 'audience'}`);
}
