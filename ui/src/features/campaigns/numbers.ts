// Which numbers a campaign may go out over. Pure.
import type { NumberView } from '../../api/client';

/** The basis that a practice draft begins with: nobody is reached, so nobody's consent is in question. */
export const PRACTICE_BASIS = 'practice';

export type Choice = { sessionIds: string[]; consentBasis?: string };

/** Practice and real numbers never send together, so choosing one kind lets go of the other. A basis that was good
 *  enough for practising is none for real people, and goes with the practice number. */
export function chosenAfter(numbers: NumberView[], draft: { sessionIds: string[]; consentBasis: string }, id: string, on: boolean): Choice {
  const kind = numbers.find((number) => number.id === id)?.kind;
  if (!on) return { sessionIds: draft.sessionIds.filter((one) => one !== id) };
  const kept = draft.sessionIds.filter((one) => one !== id && numbers.find((number) => number.id === one)?.kind === kind);
  const byPlace = numbers.filter((number) => number.id === id || kept.includes(number.id)).map((number) => number.id);
  return kind === 'whatsapp' && draft.consentBasis === PRACTICE_BASIS ? { sessionIds: byPlace, consentBasis: '' } : { sessionIds: byPlace };
}
