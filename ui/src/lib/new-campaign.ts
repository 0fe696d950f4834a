// The one way into the composer, from Home, Contacts, Campaigns and Practice alike.
import { api, type Draft } from '../api/client';
import { sentence } from './errors';
import { navigate } from './router.svelte';
import { toast } from './toasts.svelte';

export const newCampaign = (): Promise<void> => begin(() => api.createDraft());

/** Over the practice number, whatever numbers are linked. */
export const newPractice = (): Promise<void> => begin(() => api.createPracticeDraft());

async function begin(create: () => Promise<Draft>): Promise<void> {
  try {
    const draft = await create();
    navigate(`/campaigns/${draft.id}/audience`);
  } catch (error) {
    toast(sentence(error), { kind: 'warn' });
  }
}
