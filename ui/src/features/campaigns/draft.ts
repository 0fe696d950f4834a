// What a draft is to the core, and whether there is anything in it.
import type { Draft, DraftEdit } from '../../api/client';
import { isBlank } from '../../lib/blank';
import { isEmpty, within, without } from './audience';

/** What a save takes: files have commands of their own. */
export function editOf({ id, name, text, choice, audience, splitLongCaption, dueAt, priority, sessionIds, keepHours, hours, localHours, category, consentBasis }: Draft): DraftEdit {
  return { id, name, text, choice, audience, splitLongCaption, dueAt, priority, sessionIds, keepHours, hours, localHours, category, consentBasis };
}

/** Nobody has written, added or chosen anything yet: such a draft leaves nothing behind. */
export function isUntouched({ name, text, choice, media, audience, dueAt, consentBasis }: Draft): boolean {
  return [name, text, consentBasis].every(isBlank) && choice === null && media.length === 0 && dueAt === null && audience.everyone && isEmpty(within(audience)) && isEmpty(without(audience));
}
