// What the heads of the list's columns say.
import { fieldWord } from '../../lib/fields.svelte';
import { m } from '../../lib/i18n.svelte';
import { fieldOf, type ListColumn } from './listed';

export function columnWord(column: ListColumn): string {
  const field = fieldOf(column);
  if (field !== null) return fieldWord(field);
  const words: Partial<Record<string, () => string>> = {
    phone: m.contacts_phone, email: m.contacts_email, tags: m.contacts_tags, consent: m.contacts_consent,
    contacted: m.contacts_last_message, answered: m.contacts_last_reply, created: m.contacts_created,
  };
  return words[column]?.() ?? column;
}
