// A campaign for those who are ticked in the list.
import { api, type Audience, type ContactQuery, type Segment } from '../../api/client';
import { navigate } from '../../lib/router.svelte';
import { editOf } from '../campaigns/draft';
import type { Picking } from './picking.svelte';

/** Makes the draft and opens it. Throws what it was refused with. */
export async function writeTo(picking: Picking, query: ContactQuery, segment: Segment | null): Promise<void> {
  const audience = groupOf(picking, query, segment) ?? { ...one, people: await api.chosenPeople(picking.chosen(query)) };
  const draft = await api.createDraft();
  await api.saveDraft(editOf({ ...draft, audience: { ...draft.audience, ...audience } }));
  navigate(`/campaigns/${draft.id}/audience`);
}

const one = { everyone: false, tags: [], segments: [], people: [] };

/** All that a tag or a segment has stay what they are called, so that whoever joins later is among them; nothing where it
    takes the people themselves. */
export function groupOf(picking: Pick<Picking, 'all' | 'ids'>, { search, standing, tag, filter }: ContactQuery, segment: Segment | null): Partial<Audience> | null {
  if (!picking.all) return { ...one, people: [...picking.ids] };
  if (search !== '' || standing !== null) return null;
  if (tag !== null) return filter === null ? { ...one, tags: [tag] } : null;
  if (filter === null) return { everyone: true };
  return segment ? { ...one, segments: [segment.id] } : null;
}
