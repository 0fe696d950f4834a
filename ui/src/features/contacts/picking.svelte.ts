// Whom the owner has ticked in the list: some, one by one or by a range, or all that the list finds.
import type { Chosen, ContactQuery, ContactView } from '../../api/client';

export class Picking {
  ids = $state.raw<ReadonlySet<string>>(new Set());
  /** All that match, however many. */
  all = $state(false);
  #last = 0;

  get any(): boolean {
    return this.all || this.ids.size > 0;
  }

  has(id: string): boolean {
    return this.all || this.ids.has(id);
  }

  clear = (): void => {
    this.ids = new Set();
    this.all = false;
  };

  /** Ticks a row or takes its tick away; with `range` every row from the one before on becomes what it becomes. */
  toggle(index: number, row: ContactView, range: boolean, at: (index: number) => ContactView | undefined): void {
    const ticked = !this.has(row.id);
    const from = range ? Math.min(this.#last, index) : index;
    const to = range ? Math.max(this.#last, index) : index;
    const next = new Set(this.ids);
    for (let place = from; place <= to; place += 1) {
      const id = at(place)?.id;
      if (id === undefined) continue;
      if (ticked) next.add(id);
      else next.delete(id);
    }
    this.all = false;
    this.ids = next;
    this.#last = index;
  }

  chosen(query: ContactQuery): Chosen {
    return this.all ? { kind: 'matching', query } : { kind: 'these', ids: [...this.ids] };
  }
}
