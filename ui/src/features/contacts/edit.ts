// Between a contact and the form that edits it. Pure, so that what the form may do to a contact is tested.
import type { Consent, ContactEdit, ContactView } from '../../api/client';

export type Form = { id: string | null; name: string; phone: string; email: string; tags: string; fields: { name: string; value: string }[]; consented: boolean; source: string; at: number; note: string };

export function formOf(contact: ContactView | null, known: string[], now: number): Form {
  const names = [...new Set([...known, ...Object.keys(contact?.fields ?? {})])].sort();
  const consent = contact?.consent ?? null;
  return {
    id: contact?.id ?? null, name: contact?.name ?? '', phone: contact?.phoneShown ?? '', email: contact?.email ?? '', tags: (contact?.tags ?? []).join(', '),
    fields: names.map((name) => ({ name, value: contact?.fields[name] ?? '' })),
    consented: consent !== null, source: consent?.source ?? '', at: consent?.at ?? now, note: consent?.note ?? '',
  };
}

/** An emptied field is removed. A consent that was withdrawn is no field of the form: it goes back as it came. */
export function editOf(form: Form, before: ContactView | null): ContactEdit {
  const fields = Object.fromEntries(form.fields.map(({ name, value }) => [name.trim(), value.trim()]).filter(([name, value]) => name !== '' && value !== ''));
  const typed: Consent | null = form.consented ? { source: form.source.trim(), at: form.at, note: form.note.trim() } : null;
  const consent = before && before.withdrawnAt !== null ? before.consent : typed;
  return { id: form.id, name: form.name.trim(), phone: form.phone.trim(), email: form.email.trim(), tags: tagsOf(form.tags), fields, consent, takeErased: false };
}

export function tagsOf(text: string): string[] {
  return [...new Set(text.split(/[,;]/).map((tag) => tag.trim()).filter((tag) => tag !== ''))];
}
