// What tokens may and what became of events, in the owner's words.
import type { Rights, TriggerComparison, TriggerEventRow } from '../../api/client';
import { sentence } from '../../lib/errors';
import { listed, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

export const rightNames = ['send', 'read', 'contacts', 'admin', 'urgent'] as const satisfies (keyof Rights)[];

const words: Record<keyof Rights, () => string> = { send: m.connect_right_send, read: m.connect_right_read, contacts: m.connect_right_contacts, admin: m.connect_right_admin, urgent: m.connect_right_urgent };
const helps: Record<keyof Rights, () => string> = { send: m.connect_right_send_help, read: m.connect_right_read_help, contacts: m.connect_right_contacts_help, admin: m.connect_right_admin_help, urgent: m.connect_right_urgent_help };

export const rightWord = (right: keyof Rights): string => words[right]();
export const rightHelp = (right: keyof Rights): string => helps[right]();
export const rightsShown = (rights: Rights): string => listed(rightNames.filter((right) => rights[right]).map(rightWord));

export const comparisons: TriggerComparison[] = ['is', 'is_not', 'above', 'below'];
const comparing: Record<TriggerComparison, () => string> = { is: m.triggers_is, is_not: m.triggers_is_not, above: m.triggers_above, below: m.triggers_below };
export const comparisonWord = (is: TriggerComparison): string => comparing[is]();

/** What a trigger did with an event, or why it did nothing. */
export function eventShown(row: Pick<TriggerEventRow, 'outcome' | 'code' | 'params' | 'accepted' | 'refused' | 'person'>): string {
  const why = row.code === null ? '' : sentence({ code: row.code, message: '', params: row.params });
  switch (row.outcome) {
    case 'accepted':
      if (row.accepted > 1) return row.refused > 0 ? m.triggers_did_many_some({ n: num(row.accepted), refused: num(row.refused) }) : m.triggers_did_many({ count: row.accepted, n: num(row.accepted) });
      return row.refused > 0 ? m.triggers_did_some({ person: row.person ?? '', refused: num(row.refused) }) : row.person ?? m.triggers_did_many({ count: 1, n: num(1) });
    case 'duplicate': return m.triggers_did_duplicate();
    case 'unmet': return m.triggers_did_unmet();
    case 'off': return m.triggers_did_off();
    case 'refused': return m.triggers_did_refused({ why });
  }
}
