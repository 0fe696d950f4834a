// The list of campaigns, and the drafts that are being deleted: as long as the toast offers "Undo" a draft is only
// hidden, and it is gone when the toast is.
import { api, type CampaignRow } from '../../api/client';
import { keepFresh } from '../../lib/fresh';
import { toast, toasts } from '../../lib/toasts.svelte';

class Hidden {
  ids = $state.raw<ReadonlySet<string>>(new Set());
}
const hidden = new Hidden();

export class Campaigns {
  rows = $state.raw<CampaignRow[] | null>(null);
  error = $state.raw<unknown>(null);
  readonly shown = $derived(this.rows?.filter((row) => !hidden.ids.has(row.id)) ?? []);

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

/** Hides the draft at once and deletes it when it can no longer be brought back. */
export function deleteDraft(id: string, text: string, undo: string, onfail: (error: unknown) => void): void {
  hidden.ids = new Set([...hidden.ids, id]);
  const show = () => { hidden.ids = new Set([...hidden.ids].filter((one) => one !== id)); };
  let kept = false;
  toast(text, { action: { label: undo, run: () => { kept = true; show(); } } });
  const offered = toasts.shown.at(-1)?.id;
  const stop = $effect.root(() => {
    $effect(() => {
      if (toasts.shown.some((one) => one.id === offered)) return;
      stop();
      if (!kept) api.deleteDraft(id).catch((error: unknown) => { show(); onfail(error); });
    });
  });
}
