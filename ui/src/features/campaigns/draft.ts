// What a draft is to the core.
import type { Draft, DraftEdit } from '../../api/client';

/** What a save takes: files have commands of their own. */
export function editOf({ id, name, text, choice, audience, splitLongCaption, dueAt, priority, sessionIds, keepHours, hours, localHours, category, consentBasis }: Draft): DraftEdit {
  return { id, name, text, choice, audience, splitLongCaption, dueAt, priority, sessionIds, keepHours, hours, localHours, category, consentBasis };
}
