// The one way into the composer, from Home, Contacts and Campaigns alike.
import { api } from '../api/client';
import { sentence } from './errors';
import { navigate } from './router.svelte';
import { toast } from './toasts.svelte';

export async function newCampaign(): Promise<void> {
  try {
    const draft = await api.createDraft();
    navigate(`/campaigns/${draft.id}/audience`);
  } catch (error) {
    toast(sentence(error), { kind: 'warn' });
  }
}
