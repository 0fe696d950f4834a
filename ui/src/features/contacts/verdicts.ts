// A row's verdict in a few words, for the table; the panel beside it has the sentences.
import type { AppError, PreviewRow, ReasonTotal, Repair, Undone, Verdict } from '../../api/client';
import { fieldWord } from '../../lib/fields.svelte';
import { listed, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';
import { sentence } from '../../lib/errors';

/** The verdict as a chip has room for it. */
export function rowShort({ verdict, repair }: Pick<PreviewRow, 'verdict' | 'repair'>): string {
  const words = verdict.kind === 'known' ? m.import_known() : verdictWords(verdict);
  return repair ? m.import_repair_short({ verdict: words }) : words;
}

export function rowSentence({ verdict, repair }: Pick<PreviewRow, 'verdict' | 'repair'>): string {
  return repair ? `${verdictSentence(verdict)} ${repairSentence(repair)}` : verdictSentence(verdict);
}

function repairSentence(repair: Repair): string {
  return { notation: m.import_repair_notation, decimals: m.import_repair_decimals, oldForm: m.import_repair_old_form }[repair]();
}

export function verdictSentence(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'new': return m.import_new_why();
    case 'known': return verdict.adds.length > 0 ? m.import_known_why({ fields: listed(verdict.adds.map(addedWord)) }) : m.import_known_nothing();
    case 'twice': return m.import_twice_why({ row: num(verdict.row) });
    case 'doubtful': return `${sentence(verdict.reason)} ${m.import_doubt_why()}`;
    case 'refused': return sentence(verdict.reason);
  }
}

/** What a row adds, by the owner's word for it. */
function addedWord(part: string): string {
  switch (part) {
    case 'name': return m.contacts_name();
    case 'email': return m.contacts_email();
    case 'tags': return m.contacts_tags();
    case 'standing': return m.contacts_standing();
    case 'consent': return m.contacts_consent();
    case 'refusal': return m.import_says_no();
    default: return fieldWord(part);
  }
}

export function verdictWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'new': return m.import_new();
    case 'known': return verdict.adds.length > 0 ? m.import_known_adds({ fields: listed(verdict.adds.map(addedWord)) }) : m.import_known();
    case 'twice': return m.import_twice({ row: num(verdict.row) });
    case 'doubtful': case 'refused': return refusalWords(verdict.reason);
  }
}

export function refusalWords(reason: AppError): string {
  const short = (m as unknown as Record<string, ((inputs: Record<string, unknown>) => string) | undefined>)[`short_${reason.code.replaceAll('.', '_')}`];
  const words = short?.(reason.params);
  return words && !words.includes('undefined') ? words : sentence(reason);
}

/** What all rows of one reason have in common. */
export function reasonWords(code: string): string {
  return refusalWords({ code, message: code, params: {} });
}

/** How many other rows were refused for the same reason; null while nobody has counted them. */
export function othersLike(reason: AppError, totals: ReasonTotal[]): number | null {
  const total = totals.find((one) => one.code === reason.code && !one.doubtful);
  return total ? total.rows - 1 : null;
}

/** What became of the contacts of an import that was taken back. */
export function undoneWords({ removed, restored, kept }: Undone): string {
  const gone = m.import_undone({ removed: num(removed), restored: num(restored) });
  return kept > 0 ? `${gone} ${m.import_undone_kept({ count: kept, n: num(kept) })}` : gone;
}
