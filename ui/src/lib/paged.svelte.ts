// A long list that is loaded a page at a time as it comes into view. What is on screen stays there until newer
// rows arrive, so a reload never flickers; answers to an older question are dropped.
/** `about`: nobody has counted the rows, there are at least `total`. */
export type Page<T> = { total: number; about?: boolean; rows: T[] };

export class Paged<T> {
  total = $state(0);
  ready = $state(false);
  error = $state<unknown>(null);
  #pages = $state.raw(new Map<number, T[]>());
  #asked = new Set<number>();
  #shown = { first: 0, last: 0 };
  #round = 0;
  #least = 0;

  constructor(private fetch: (offset: number, limit: number) => Promise<Page<T>>, private size = 100) {}

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

  async #load(page: number, fresh = false): Promise<void> {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const round = this.#round;
    try {
      const answer = await this.fetch(page * this.size, this.size);
      if (round !== this.#round) return;
      const visible = new Set(this.#onScreen());
      const kept = fresh ? [...this.#pages].filter(([known]) => visible.has(known)) : [...this.#pages];
      this.#pages = new Map([...kept, [page, answer.rows]]);
      // A page further down may have found more than this one knows of.
      this.#least = answer.about ? Math.max(this.#least, answer.total) : answer.total;
      this.total = this.#least;
      this.ready = true;
      this.error = null;
    } catch (error) {
      if (round === this.#round) this.error = error;
    } finally {
      if (round === this.#round) this.#asked.delete(page);
    }
  }
}
