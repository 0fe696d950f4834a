import { api, type Book, type CreditsView, type EntryKind, type LedgerRow } from '../../api/client';
import { keepFresh } from '../../lib/fresh';
import { now } from '../../lib/now.svelte';
import { Paged } from '../../lib/paged.svelte';
import { spanOf, type Span } from './months';

export type KindFilter = EntryKind | 'all';

export class Credits {
  /** Null until the books are read: then the real one, or the practice one while nothing else was ever used. */
  book = $state<Book | null>(null);
  kind = $state<KindFilter>('all');
  search = $state('');
  when = $state<Span>('any');
  /** `YYYY-MM-DD`, where `when` is one day. */
  day = $state('');
  campaign = $state('');
  views = $state.raw<Record<Book, CreditsView> | null>(null);
  error = $state.raw<unknown>(null);
  list = new Paged<LedgerRow>((place) => api.ledger({ book: this.book ?? 'practice', kind: this.kind === 'all' ? null : this.kind, search: this.search.trim(), campaignId: this.campaign || null, ...spanOf(this.when, this.day, now.at), place }));

  view = $derived(this.views && this.book ? this.views[this.book] : null);

  follow = (): (() => void) => keepFresh(['ledgerChanged'], async () => {
    try {
      const [practice, real] = await Promise.all([api.credits('practice'), api.credits('real')]);
      this.views = { practice, real };
      this.book ??= real.firstAt === null ? 'practice' : 'real';
      this.error = null;
      await this.list.reload();
    } catch (error) {
      this.error = error;
    }
  });
}
