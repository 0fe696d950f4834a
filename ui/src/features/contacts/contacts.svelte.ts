import { api, type ContactQuery, type ContactTotals, type ContactView, type Place, type Segment, type Standing } from '../../api/client';
import { readTotals } from '../../lib/fields.svelte';
import { keepFresh } from '../../lib/fresh';
import { Paged } from '../../lib/paged.svelte';

export type StandingFilter = Standing | 'all';

export class Contacts {
  search = $state('');
  standing = $state<StandingFilter>('all');
  tag = $state('');
  segment = $state.raw<Segment | null>(null);
  totals = $state.raw<ContactTotals | null>(null);
  error = $state.raw<unknown>(null);
  list = new Paged<ContactView>((place) => api.contacts(this.query(place)));

  /** What the list shows, from a place on. */
  query(place: Place): ContactQuery {
    return { search: this.search.trim(), standing: this.standing === 'all' ? null : this.standing, tag: this.tag || null, filter: this.segment?.filter ?? null, place };
  }

  follow = (): (() => void) => keepFresh(['contactsChanged'], async () => {
    try {
      this.totals = await readTotals();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
    await this.list.reload();
  });
}
