// One contact's page: who they are and what happened with them.
import { api, type Cursor, type PersonView, type TimelineKind, type TimelineRow } from '../../api/client';
import { keepFresh } from '../../lib/fresh';

const PAGE = 50;

export class Person {
  view = $state.raw<PersonView | null>(null);
  error = $state.raw<unknown>(null);
  only = $state<TimelineKind | 'all'>('all');
  rows = $state.raw<TimelineRow[]>([]);
  next = $state.raw<Cursor | null>(null);
  ready = $state(false);

  constructor(readonly id: string) {}

  follow = (): (() => void) => keepFresh(['contactsChanged', 'campaignChanged', 'mailChanged'], this.load);

  load = async (): Promise<void> => {
    try {
      this.view = await api.person(this.id);
      await this.read();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  };

  /** As many rows as are on screen, anew. */
  read = async (): Promise<void> => {
    const only = this.only;
    const page = await this.#page(null, Math.max(PAGE, Math.min(this.rows.length, 500)));
    if (only !== this.only) return;
    this.rows = page.rows;
    this.next = page.next;
    this.ready = true;
  };

  show(only: TimelineKind | 'all'): Promise<void> {
    this.only = only;
    this.rows = [];
    this.ready = false;
    return this.read();
  }

  async more(): Promise<void> {
    if (this.next === null) return;
    const page = await this.#page(this.next, PAGE);
    this.rows = [...this.rows, ...page.rows];
    this.next = page.next;
  }

  #page(after: Cursor | null, limit: number) {
    return api.timeline({ contactId: this.id, only: this.only === 'all' ? null : this.only, place: { after, skip: 0, limit } });
  }
}
