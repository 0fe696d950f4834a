import type { ActReport, Api, Chosen, ContactOrder, ContactView, Deed, Happening, TimelineKind, TimelineRow } from '../client';
import { fits } from './segments';
import { refuse, type World } from './world';

export function contactCommands(world: World): Pick<Api, 'contacts' | 'contactTotals' | 'contact' | 'person' | 'timeline' | 'writeToContact' | 'erasePerson' | 'exportPerson' | 'countChosen' | 'actOnContacts' | 'undoAct' | 'acts' | 'chosenPeople' | 'mergeContacts' | 'saveContact' | 'setStanding' | 'takeContactBack' | 'exportContacts' | 'phoneBook' | 'takePhoneNames' | 'declinePhoneNames'> {
  const find = (id: string): ContactView => world.contacts.find((one) => one.id === id) ?? refuse('contact.unknown', 'There is no such contact.');
  const picked = (chosen: Chosen) => world.contacts.filter((one) => chosen.kind === 'matching' ? fold(one.name).includes(fold(chosen.query.search)) : chosen.ids.includes(one.id));
  let undo = (): void => undefined;
  const acts: ActReport[] = [];
  const did = (deed: Deed, changed: number): ActReport => {
    const act = { id: world.id('act'), deed, changed, kept: 0, restored: 0, leftOut: 0, begunAt: world.now(), state: 'done' as const };
    acts.unshift(act);
    return act;
  };
  let unknown = world.scene === 'shop' ? [{ phone: '+905385550190', phoneShown: '+90 538 555 01 90', name: 'Nazlı Tuna' }, { phone: '+628125550191', phoneShown: '+62 812 5550 191', name: 'Sari Dewi' }] : [];
  const known = (phones: string[]) => { unknown = unknown.filter((one) => !phones.includes(one.phone)); world.emit('contactsChanged', null); };
  return {
    phoneBook: async () => ({ people: unknown, names: [] }),
    takePhoneNames: async (phones) => { known(phones); return phones.length; },
    declinePhoneNames: async (phones) => { known(phones); return null; },
    contacts: async ({ search, standing, tag, filter, order, descending, place }) => {
      const wanted = fold(search);
      const digits = search.replace(/\D/g, '');
      const rows = world.contacts.filter((one) => (standing === null || one.standing === standing) && (tag === null || one.tags.includes(tag)) && fits(filter, one, world.now())
        && (wanted === '' || fold(one.name).includes(wanted) || (digits.length > 2 && one.phone.includes(digits)) || fold(one.email).includes(wanted) || [...one.tags, ...Object.values(one.fields)].some((text) => fold(text ?? '').startsWith(wanted))));
      rows.sort((one, other) => (descending ? -1 : 1) * compared(order, one, other));
      const from = (place.after === null ? 0 : rows.findIndex((row) => row.id === place.after) + 1) + place.skip;
      const found = rows.slice(from, from + place.limit);
      return { total: rows.length, byName: false, next: from + place.limit < rows.length ? found.at(-1)?.id ?? null : null, rows: found };
    },
    contactTotals: async () => {
      const tags = new Map<string, number>();
      const fields = new Set<string>();
      const totals = { all: world.contacts.length, normal: 0, gray: 0, black: 0 };
      for (const one of world.contacts) {
        totals[one.standing] += 1;
        for (const tag of one.tags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
        for (const field of Object.keys(one.fields)) fields.add(field);
      }
      return { ...totals, tags: [...tags].map(([tag, contacts]) => ({ tag, contacts })), fields: [...fields], labels: { city: 'Şehir' } };
    },
    contact: async (id) => find(id),
    person: async (id) => ({ contact: find(id), promotionFrom: null, lastReplyAt: null }),
    timeline: async ({ contactId, only }) => {
      const one = find(contactId);
      const rows: TimelineRow[] = [{ at: one.createdAt, key: 'added', what: { kind: 'imported', fileName: 'musteriler.xlsx', made: true } }];
      if (one.consent) rows.push({ at: one.consent.at, key: 'consent', what: { kind: 'consent', source: one.consent.source, note: one.consent.note } });
      const kinds = { imported: 'imports', consent: 'consent' } as Partial<Record<Happening['kind'], TimelineKind>>;
      return { next: null, rows: rows.filter(({ what }) => only === null || kinds[what.kind] === only).sort((a, b) => b.at - a.at) };
    },
    countChosen: async (chosen) => picked(chosen).length,
    actOnContacts: async (deed, chosen) => {
      const people = picked(chosen);
      const before = world.contacts;
      if (deed.kind === 'delete') world.contacts = before.filter((one) => !people.includes(one));
      else world.contacts = before.map((one) => (people.includes(one) ? changed(one, deed) : one));
      undo = () => { world.contacts = before; };
      world.emit('contactsChanged', null);
      return did(deed, people.length);
    },
    undoAct: async (id) => {
      undo();
      world.emit('contactsChanged', null);
      const act = acts.find((one) => one.id === id) ?? refuse('contact.no_act', 'This can no longer be taken back.');
      return Object.assign(act, { restored: act.changed, state: 'undone' as const });
    },
    acts: async () => ({ next: null, rows: acts }),
    chosenPeople: async (chosen) => picked(chosen).map((one) => one.id),
    mergeContacts: async (edit) => {
      const [keep, gone] = [find(edit.keep), find(edit.gone)];
      const before = world.contacts;
      const merged: ContactView = { ...keep, name: edit.name, email: edit.email, fields: edit.fields, tags: [...new Set([...keep.tags, ...gone.tags])] };
      world.contacts = before.filter((one) => one.id !== gone.id).map((one) => (one.id === keep.id ? merged : one));
      undo = () => { world.contacts = before; };
      world.emit('contactsChanged', null);
      return did({ kind: 'merge', keep: keep.id, gone: gone.id }, 2);
    },
    exportPerson: async () => '/home/shop/ulak-person.html',
    erasePerson: async (id) => {
      world.contacts = world.contacts.filter((one) => one.id !== id);
      world.emit('contactsChanged', null);
      return null;
    },
    writeToContact: async () => world.id('message'),
    exportContacts: async () => '/home/shop/ulak-contacts.xlsx',
    saveContact: async (edit) => {
      const digits = edit.phone.replace(/[^\d+]/g, '');
      if (digits.length < 10) refuse('phone.too_short', 'The number is too short.', { digits: String(digits.length), country: 'TR' });
      const phone = digits.startsWith('+') ? digits : `+90${digits.replace(/^0/, '')}`;
      if (world.contacts.some((one) => one.phone === phone && one.id !== edit.id)) refuse('contact.phone_taken', 'Another contact has this number.', { phone, holder: world.contacts.find((one) => one.phone === phone)?.name ?? '', contact_id: '' });
      const known = edit.id === null ? null : find(edit.id);
      const saved: ContactView = { standing: 'normal', withdrawnAt: null, createdAt: world.now(), lastMessageAt: null, lastReplyAt: null, ...known, ...edit, id: edit.id ?? world.id('contact'), phone, phoneShown: phone.replace(/^(\+90)(\d{3})(\d{3})(\d{2})(\d{2})$/, '$1 $2 $3 $4 $5') };
      world.contacts = known ? world.contacts.map((one) => (one.id === saved.id ? saved : one)) : [saved, ...world.contacts];
      world.emit('contactsChanged', null);
      return saved;
    },
    setStanding: async (id, standing) => {
      const one = find(id);
      if (one.standing === 'black' && standing !== 'black') refuse('contact.listed', 'This person is on the black list.');
      one.standing = standing;
      world.emit('contactsChanged', null);
      return one;
    },
    takeContactBack: async (id, { reason, consent }) => {
      if (reason.trim() === '') refuse('contact.reason_missing', 'Say why.');
      const one = find(id);
      if (one.standing === 'black') one.standing = 'normal';
      if (consent) Object.assign(one, { consent, withdrawnAt: null });
      world.emit('contactsChanged', null);
      return one;
    },
  };
}

function compared(order: ContactOrder, one: ContactView, other: ContactView): number {
  if (order === 'name') return (one.name || '\uffff').localeCompare(other.name || '\uffff', 'tr');
  if (order === 'phone') return one.phone < other.phone ? -1 : 1;
  const time = (contact: ContactView) => ({ created: contact.createdAt, contacted: contact.lastMessageAt, answered: contact.lastReplyAt })[order] ?? 0;
  return time(one) - time(other);
}

function changed(one: ContactView, deed: Deed): ContactView {
  if (deed.kind === 'tag') return { ...one, tags: [...new Set([...one.tags, deed.tag])] };
  if (deed.kind === 'untag') return { ...one, tags: one.tags.filter((tag) => tag !== deed.tag) };
  return deed.kind === 'list' ? { ...one, standing: deed.standing } : one;
}

function fold(text: string): string {
  return text.toLocaleLowerCase('tr').normalize('NFD').replace(/[\u0300-\u036f]/g, '').replaceAll('ı', 'i');
}
