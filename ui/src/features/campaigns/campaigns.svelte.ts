// The list of campaigns, and the drafts that are being deleted.
import { api, type CampaignRow } from '../../api/client';
import { Deleting } from '../../lib/deleting.svelte';
import { keepFresh } from '../../lib/fresh';

const deleting = new Deleting();

export class Campaigns {
  rows = $state.raw<CampaignRow[] | null>(null);
  error = $state.raw<unknown>(null);
  readonly shown = $derived(this.rows?.filter((row) => !deleting.has(row.id)) ?? []);

  follow = (): (() => void) => keepFresh(['campaignChanged', 'contactsChanged'], () => this.load());

  async load(): Promise<void> {
    try {
      this.rows = await api.campaigns();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }
}

export function deleteDraft(id: string, text: string, undo: string, onfail: (error: unknown) => void): void {
  deleting.later(id, { text, undo }, () => api.deleteDraft(id), onfail);
}
