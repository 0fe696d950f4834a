// Files that come from outside the window: dropped on it, dropped on Ulak's icon, or opened with Ulak.
import { api } from '../api/client';
import { navigate } from './router.svelte';

/** The first of them that is a list of contacts. */
export function listOf(paths: string[]): string | null {
  return paths.find((path) => /\.(csv|tsv|txt|xlsx|xlsm|xlsb|xls|ods|vcf|vcard)$/i.test(path)) ?? null;
}

export function toImport(path: string): void {
  navigate(`/contacts/import?file=${encodeURIComponent(path)}`);
}

/** What the next content step begins with, as if it was dropped there. */
let handed: string[] = [];

export function takeHanded(): string[] {
  return handed.splice(0);
}

/** A list leads to the import, anything else into a new campaign; with nothing at all a new campaign begins. */
export async function openFiles(paths: string[]): Promise<void> {
  const list = listOf(paths);
  if (list !== null) { toImport(list); return; }
  const draft = await api.createDraft();
  handed = paths;
  navigate(`/campaigns/${draft.id}/${paths.length > 0 ? 'content' : 'audience'}`);
}
