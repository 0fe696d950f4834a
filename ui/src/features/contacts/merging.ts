// What becomes of two contacts that are one person. Pure; the core holds the same rule for what protects the person.
import type { Consent, ContactView, MergeEdit, Standing } from '../../api/client';

/** Of the two contacts, as they stand in the dialog. */
export type Side = 'first' | 'second';
export type Difference = { key: string; first: string; second: string };

/** Where both say something, and not the same. `name`, `email`, or `field:` and the key of a field. */
export function differences(first: ContactView, second: ContactView): Difference[] {
  const keys = ['name', 'email', ...[...new Set([...Object.keys(first.fields), ...Object.keys(second.fields)])].sort().map((field) => `field:${field}`)];
  const both = keys.map((key) => ({ key, first: valueOf(first, key), second: valueOf(second, key) }));
  return both.filter(({ first: one, second: other }) => one !== '' && other !== '' && one !== other);
}

export function editOf(first: ContactView, second: ContactView, phone: Side, chosen: Partial<Record<string, Side>>): MergeEdit {
  const [keep, gone] = phone === 'first' ? [first, second] : [second, first];
  const value = (key: string) => {
    const one = valueOf(first, key);
    const other = valueOf(second, key);
    return one === '' || other === '' ? one || other : (chosen[key] ?? phone) === 'first' ? one : other;
  };
  const fields = [...new Set([...Object.keys(first.fields), ...Object.keys(second.fields)])].map((field) => [field, value(`field:${field}`)] as const);
  return { keep: keep.id, gone: gone.id, name: value('name'), email: value('email'), fields: Object.fromEntries(fields.filter(([, text]) => text !== '')) };
}

export function strictest(first: Standing, second: Standing): Standing {
  const order: Standing[] = ['normal', 'gray', 'black'];
  return order[Math.max(order.indexOf(first), order.indexOf(second))] ?? 'black';
}

export function newerConsent(first: ContactView, second: ContactView): Consent | null {
  const consents = [first.consent, second.consent].filter((one) => one !== null);
  return consents.sort((one, other) => other.at - one.at)[0] ?? null;
}

function valueOf(contact: ContactView, key: string): string {
  if (key === 'name') return contact.name;
  if (key === 'email') return contact.email;
  return contact.fields[key.slice('field:'.length)] ?? '';
}
