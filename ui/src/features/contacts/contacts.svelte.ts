import { api, type ContactOrder, type ContactQuery, type ContactTotals, type ContactView, type Place, type Segment, type Standing } from '../../api/client';
import { readTotals } from '../../lib/fields.svelte';
import { keepFresh } from '../../lib/fresh';
import { Paged } from '../../lib/paged.svelte';
import { startsDescending } from './listed';

export type StandingFilter = Standing | 'all';

export class Contacts {
  search = $state('');
  standing = $state<StandingFilter>('all');
  tag = $state('');
  segment = $state.raw<Segment | null>(null);
  order = $state<ContactOrder>('name');
  descending = $state(false);
  /** The question to which another order was asked for, but so many are found that they stand by name. */
  #byName = $state('');
  totals = $state.raw<ContactTotals | null>(null);
  error = $state.raw<unknown>(null);
  list = new Paged<ContactView>(async (place) => {
    const asked = this.#question();
    const page = await api.contacts(this.query(place));
    if (page.byName) this.#byName = asked;
    else if (this.#byName === asked) this.#byName = '';
    return page;
  });

  /** What the list shows, from a place on. */
  query(place: Place): ContactQuery {
    return { search: this.search.trim(), standing: this.standing === 'all' ? null : this.standing, tag: this.tag || null, filter: this.segment?.filter ?? null, order: this.order, descending: this.descending, place };
  }

  get byName(): boolean {
    return this.#byName !== '' && this.#byName === this.#question();
  }

  #question(): string {
    return JSON.stringify(this.query({ after: null, skip: 0, limit: 0 }));
  }

  /** By a column's head: the other way round where the list stands by it already. */
  sort(order: ContactOrder): void {
    this.descending = this.order === order ? !this.descending : startsDescending(order);
    this.order = order;
  }

  /** How the rows stand by a column. */
  sorted(order: ContactOrder | null): 'ascending' | 'descending' | 'none' | undefined {
    if (order === null) return undefined;
    const stands = this.byName ? 'name' : this.order;
    if (order !== stands) return 'none';
    return this.descending && !this.byName ? 'descending' : 'ascending';
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
