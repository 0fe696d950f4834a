// A campaign that was scheduled, as it goes out. The core says that something changed; what is on screen is then
// asked for again: the figures, the rows in sight, and the recipient that is open. Nothing scrolls or flickers.
import { api, type CampaignChanged, type LiveView, type NumberView, type PartState, type RecipientRow, type RecipientView, type Retryable } from '../../api/client';
import { keepFresh } from '../../lib/fresh';
import { Paged } from '../../lib/paged.svelte';

const filters = ['all', 'pending', 'sending', 'sent', 'delivered', 'read', 'played', 'failed', 'skipped', 'cancelled', 'unknown'] as const satisfies readonly (PartState | 'all')[];
export type Filter = PartState | 'all';

export function isFilter(word: string | null): word is Filter {
  return (filters as readonly (string | null)[]).includes(word);
}

export class Live {
  view = $state.raw<LiveView | null>(null);
  error = $state.raw<unknown>(null);
  numbers = $state.raw<NumberView[]>([]);
  filter = $state<Filter>('all');
  search = $state('');
  chosen = $state<string | null>(null);
  recipient = $state.raw<RecipientView | null>(null);
  /** Whom the two ways to try again would reach. */
  retryable = $state.raw<Retryable>({ certain: 0, doubtful: 0 });
  readonly rows: Paged<RecipientRow>;

  constructor(readonly id: string) {
    this.rows = new Paged((place) => api.recipients({ campaignId: id, state: this.filter === 'all' ? null : this.filter, search: this.search.trim(), place }));
  }

  follow = (): (() => void) => {
    void api.numbers().then((numbers) => { this.numbers = numbers; }, () => {});
    // "Now" changes why it waits, and no message: the rows are asked for only when they are told to have changed.
    let rows = true;
    return keepFresh(['campaignChanged', 'nowChanged'], async () => {
      const all = rows;
      rows = false;
      await (all ? this.load() : this.#loadView());
    }, (payload) => {
      const changed = payload as CampaignChanged | null;
      if (changed?.campaignId === this.id) rows = true;
      return changed === null || rows;
    });
  };

  async load(): Promise<void> {
    await Promise.all([this.#loadView(), this.rows.reload(), this.#loadRecipient()]);
  }

  async #loadView(): Promise<void> {
    try {
      const failed = this.view?.counts.failed ?? 0;
      this.view = await api.live(this.id);
      if (this.view.counts.failed !== failed) this.retryable = await api.retryable(this.id);
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  async ask(filter: Filter, search: string): Promise<void> {
    this.filter = filter;
    this.search = search;
    await this.rows.restart();
  }

  async choose(messageId: string | null): Promise<void> {
    this.chosen = messageId;
    if (messageId === null) this.recipient = null;
    await this.#loadRecipient();
  }

  async #loadRecipient(): Promise<void> {
    const wanted = this.chosen;
    if (wanted === null) return;
    try {
      const recipient = await api.recipient(wanted);
      if (this.chosen === wanted) this.recipient = recipient;
    } catch {
      if (this.chosen === wanted) { this.chosen = null; this.recipient = null; }
    }
  }
}
