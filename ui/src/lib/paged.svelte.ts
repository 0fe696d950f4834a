// A long list that is loaded a page at a time as it comes into view. What is on screen stays there until newer
// rows arrive, so a reload never flickers; answers to an older question are dropped.
import type { Place } from '../api/client';

/** Without `total` nobody has counted the rows. `next` is where the page behind it begins. */
export type Page<T> = { total: number | null; next: string | null; rows: T[] };

export class Paged<T> {
  total = $state(0);
  /** The total, where somebody has counted it. */
  counted = $state<number | null>(null);
  ready = $state(false);
  error = $state<unknown>(null);
  #pages = $state.raw(new Map<number, T[]>());
  #asked = new Set<number>();
  #shown = { first: 0, last: 0 };
  #round = 0;
  #least = 0;
  /** Where the pages begin whose predecessor was read. */
  #starts = new Map<number, string>();

  constructor(private fetch: (place: Place) => Promise<Page<T>>, private size = 100) {}

  row(index: number): T | undefined {
    return this.#pages.get(Math.floor(index / this.size))?.[index % this.size];
  }

  /** The rows on screen; loads what is missing of them. */
  show(first: number, last: number): void {
    this.#shown = { first, last };
    for (const page of this.#onScreen()) if (!this.#pages.has(page)) void this.#load(page);
  }

  /** Asks the same question again: what is on screen is fetched, the rest when it is scrolled to. */
  async reload(): Promise<void> {
    this.#round += 1;
    this.#asked.clear();
    this.#starts.clear();
    await Promise.all(this.#onScreen().map((page) => this.#load(page, true)));
  }

  /** Another question: starts at the top. */
  async restart(): Promise<void> {
    this.#shown = { first: 0, last: 0 };
    this.#least = 0;
    await this.reload();
  }

  #onScreen(): number[] {
    const first = Math.floor(this.#shown.first / this.size);
    const last = Math.floor(Math.max(this.#shown.first, this.#shown.last) / this.size);
    return Array.from({ length: last - first + 1 }, (_, step) => first + step);
  }

  /** Behind the nearest row above that is known, so that what comes in meanwhile neither doubles a row nor hides one. */
  #place(page: number): Place {
    for (let known = page; known > 0; known -= 1) {
      const after = this.#starts.get(known);
      if (after !== undefined) return { after, skip: (page - known) * this.size, limit: this.size };
    }
    return { after: null, skip: page * this.size, limit: this.size };
  }

  async #load(page: number, fresh = false): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const round = this.#round;
    try {
      const answer = await this.fetch(this.#place(page));
      if (round !== this.#round) return;
      const rows = kept(answer.rows, this.#pages.get(page));
      const visible = new Set(this.#onScreen());
      const others = fresh ? [...this.#pages].filter(([known]) => visible.has(known)) : [...this.#pages];
      this.#pages = new Map([...others, [page, rows]]);
      // A page further down may have found more than this one knows of.
      const seen = page * this.size + answer.rows.length + (answer.next ? 1 : 0);
      const counted = answer.total ?? seen;
      this.counted = answer.total;
      this.#least = answer.total === null && answer.next ? Math.max(this.#least, counted) : counted;
      this.total = this.#least;
      if (answer.next) this.#starts.set(page + 1, answer.next);
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (round === this.#round) this.error = error;
    } finally {
      if (round === this.#round) this.#asked.delete(page);
    }
  }
}

/** A row that says what it said stays the same object, so that nothing of it is drawn again. */
function kept<T>(rows: T[], before: T[] = []): T[] {
  const known = new Map(before.map((row) => [JSON.stringify(row), row]));
  return rows.map((row) => known.get(JSON.stringify(row)) ?? row);
}
