// The saved segments with how many people each finds, for every screen that names one.
import { api, type Segment } from '../api/client';
import { keepFresh } from './fresh';

export class SegmentList {
  all = $state.raw<Segment[]>([]);
  /** None where it has not been counted yet, or cannot be. */
  people = $state.raw<Partial<Record<string, number>>>({});
  ready = $state(false);

  follow = (): (() => void) => keepFresh(['contactsChanged'], () => this.#read());

  byId(id: string): Segment | null {
    return this.all.find((one) => one.id === id) ?? null;
  }

  async #read(): Promise<void> {
    this.all = await api.segments().catch(() => this.all);
    this.ready = true;
    const people: Partial<Record<string, number>> = {};
    for (const { id, filter } of this.all) {
      if (filter) people[id] = await api.countFiltered(filter).catch(() => undefined);
      this.people = { ...this.people, ...people };
    }
    this.people = people;
  }
}
