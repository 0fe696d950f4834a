// The sentences of the ledger: what a line is for, and how long the credits last.
import type { LedgerRow } from '../../api/client';
import { num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

export function whatFor(row: LedgerRow): string {
  const note = spoken(row.note);
  switch (row.kind) {
    case 'grant': return joined([m.credits_line_topup(), row.price, note]);
    case 'adjust': return note;
    case 'hold': return joined([row.campaignName, m.credits_line_parts_held({ count: row.count, n: num(row.count) }), note]);
    case 'settle': case 'release': return joined([row.campaignName, row.contactName ?? (row.count > 1 ? m.credits_line_parts({ count: row.count, n: num(row.count) }) : null), note]);
  }
}

/** In the largest unit that still says something. */
export function lasts(days: number): { n: string; unit: string } {
  if (days < 14) return { n: num(days), unit: m.credits_days({ count: days }) };
  if (days < 70) return { n: num(Math.round(days / 7)), unit: m.credits_weeks({ count: Math.round(days / 7) }) };
  return { n: num(Math.round(days / 30)), unit: m.credits_months({ count: Math.round(days / 30) }) };
}

/** Some notes are reason codes of the core; those have their words elsewhere. */
function spoken(note: string): string {
  if (!/^[a-z]+(_[a-z]+)*$/.test(note)) return note;
  const words = m as unknown as Record<string, (() => string) | undefined>;
  return (words[`credits_note_${note}`] ?? words[`live_cause_${note}`] ?? words[`skip_${note}`] ?? words[`tick_${note}`])?.() ?? note.replaceAll('_', ' ');
}

function joined(parts: (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(', ');
}
