// A campaign once more, as a new draft whose name says that it is one.
import { api, type Draft } from '../../api/client';
import { m } from '../../lib/i18n.svelte';
import { editOf } from './draft';

const LONGEST_NAME = 120;

export async function again(id: string): Promise<Draft> {
  return asCopy(await api.duplicateCampaign(id));
}

/** The same draft under a name that says that it is a copy. */
export async function asCopy(draft: Draft): Promise<Draft> {
  return draft.name === '' ? draft : api.saveDraft({ ...editOf(draft), name: copyName(draft.name) });
}

/** "Spring (copy)"; of a name that fills its field the end gives way. */
export function copyName(name: string): string {
  const around = m.campaigns_copy_of({ name: '' }).length;
  return m.campaigns_copy_of({ name: name.slice(0, LONGEST_NAME - around).trimEnd() });
}
