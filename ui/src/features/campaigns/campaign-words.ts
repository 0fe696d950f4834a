// Causes and groups in the owner's words.
import type { CampaignRow, RecipientRow, SkipReason } from '../../api/client';
import { fields } from '../../lib/fields.svelte';
import { m } from '../../lib/i18n.svelte';
import { skipWord, tickWord } from '../../lib/words';
import { inWords } from './field-text';

/** A cause is a word of the core's, and two of them end in a code of the server's. One without a sentence is shown as it is. */
export function causeWord(cause: string): string {
  if (cause.startsWith('refused_')) return m.live_cause_refused({ code: cause.slice('refused_'.length) });
  if (cause.startsWith('rejected_')) return m.live_cause_rejected({ code: cause.slice('rejected_'.length) });
  const words = (m as unknown as Record<string, (() => string) | undefined>)[`live_cause_${cause}`];
  return words ? words() : cause;
}

/** A reason of skipping, which a step carries as its code. */
export function reasonWord(reason: string): string {
  return skipWord(reason as SkipReason, null) ?? reason;
}

/** "Failed, no WhatsApp under this number" */
export function recipientWord({ state, reason }: Pick<RecipientRow, 'state' | 'reason'>): string {
  if (reason === null || (state !== 'failed' && state !== 'skipped')) return tickWord(state);
  return m.live_state_reason({ state: tickWord(state), reason: state === 'skipped' ? reasonWord(reason) : causeWord(reason) });
}

/** The first words of the text, on one line, with its fields by the owner's words. */
export function firstWords(row: Pick<CampaignRow, 'firstText'>): string {
  return inWords(row.firstText.replace(/\s+/g, ' ').trim(), fields.words);
}
