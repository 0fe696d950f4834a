// The fields of the contacts by the owner's words, for every screen that names one.
import { api, type ContactTotals } from '../api/client';
import { fieldWords } from './field-words';
import { keepFresh } from './fresh';
import { m } from './i18n.svelte';

class Fields {
  names = $state.raw<string[]>([]);
  labels = $state.raw<Partial<Record<string, string>>>({});
  readonly words = $derived(fieldWords(this.names, this.labels, { name: m.contacts_name(), phone: m.contacts_phone(), email: m.contacts_email() }));

  take({ fields, labels }: Pick<ContactTotals, 'fields' | 'labels'>): void {
    this.names = fields;
    this.labels = labels;
  }
}
export const fields = new Fields();

/** The totals, whose fields every screen then knows. */
export async function readTotals(): Promise<ContactTotals> {
  const totals = await api.contactTotals();
  fields.take(totals);
  return totals;
}

export const followFields = (): (() => void) => keepFresh(['contactsChanged'], async () => {
  // Without them fields go by their keys; the screen that needs the totals says what is wrong.
  await readTotals().catch(() => undefined);
});

export function fieldWord(key: string): string {
  return fields.words.wordOf(key);
}
