// The list of campaigns, and the drafts that are being deleted.
import { untrack } from 'svelte';
import { api, type CampaignGroup, type CampaignOrder, type CampaignRow, type CampaignTotals } from '../../api/client';
import { Deleting } from '../../lib/deleting.svelte';
import { keepFresh } from '../../lib/fresh';
import { Paged } from '../../lib/paged.svelte';

const deleting = new Deleting();

export class Campaigns {
  group = $state<CampaignGroup>('all');
  search = $state('');
  order = $state<CampaignOrder>('state');
  totals = $state.raw<CampaignTotals | null>(null);
  list = new Paged<CampaignRow>(async (place) => {
    const page = await api.campaigns({ group: this.group, search: this.search.trim(), order: this.order, without: deleting.ids, place });
    this.totals = page.totals;
    return page;
  });

  /** To be followed in an effect, which begins again with every draft that is thrown away or taken back. */
  follow = (): (() => void) => {
    void deleting.ids;
    return untrack(() => keepFresh(['campaignChanged', 'contactsChanged'], () => this.list.reload()));
  };
}

export function deleteDraft(id: string, text: string, undo: string, onfail: (error: unknown) => void): void {
  deleting.later(id, { text, undo }, () => api.deleteDraft(id), onfail);
}
