// The log as it is asked for: what narrows it, the rows in sight, and the message that is open.
import { api, type LogQuery, type LogReason, type LogRow, type MessageOrigin, type PartState, type RecipientView } from '../../api/client';
import { dayStart } from '../../lib/format.svelte';
import { keepFresh } from '../../lib/fresh';
import { now } from '../../lib/now.svelte';
import { Paged } from '../../lib/paged.svelte';
import { spanOfDays, type When } from './when';

export type Filter = { search: string; when: When; day: string; state: PartState | ''; cause: string; number: string; from: string };
export const everything: Filter = { search: '', when: 'any', day: '', state: '', cause: '', number: '', from: '' };

/** Where messages come from, as one list offers it: a campaign by its id, or an origin. */
export const origins: readonly string[] = ['campaign', 'direct', 'trigger', 'api'] satisfies MessageOrigin[];

/** Words that are being taken in are looked for again after so long. */
const AGAIN = 1_000;

export class Log {
  filter = $state.raw<Filter>(everything);
  all = $state<number | null>(null);
  total = $state<number | null>(null);
  /** Messages that are not found by their words yet. */
  waiting = $state(0);
  reasons = $state.raw<LogReason[]>([]);
  chosen = $state.raw<LogRow | null>(null);
  recipient = $state.raw<RecipientView | null>(null);
  readonly rows: Paged<LogRow>;

  constructor(filter: Partial<Filter>) {
    this.filter = { ...everything, ...filter };
    this.rows = new Paged(async (place) => {
      const { all, total, waiting, next, rows } = await api.messageLog({ ...this.query(), place });
      Object.assign(this, { all, total, waiting });
      // Nobody can jump to what was not read: the list grows as it is scrolled.
      return { total: null, next, rows };
    });
  }

  query(): LogQuery {
    const { search, when, day, state, cause, number, from } = this.filter;
    const span = spanOfDays(when, day, now.at);
    const origin = origins.includes(from) ? (from as MessageOrigin) : null;
    return {
      search: search.trim(), state: state || null, cause: cause || null, campaignId: origin === null && from !== '' ? from : null, sessionId: number || null, origin,
      from: span.first === null ? null : dayStart(span.first), until: span.after === null ? null : dayStart(span.after), place: { after: null, skip: 0, limit: 0 },
    };
  }

  get narrowed(): boolean {
    const { when, day } = this.filter;
    return JSON.stringify({ ...this.filter, day: when === 'day' ? day : '' }) !== JSON.stringify(everything);
  }

  follow = (): (() => void) => keepFresh(['campaignChanged'], async () => {
    await Promise.all([this.rows.reload(), this.#loadRecipient(), api.logReasons().then((reasons) => { this.reasons = reasons; }, () => undefined)]);
  });

  /** As long as a search cannot see everything, it is asked again. */
  followWords = (): (() => void) | undefined => {
    if (this.waiting === 0 || this.filter.search.trim() === '') return undefined;
    const timer = setTimeout(() => void this.rows.reload(), AGAIN);
    return () => clearTimeout(timer);
  };

  async choose(row: LogRow | null): Promise<void> {
    this.chosen = row;
    if (row === null) this.recipient = null;
    await this.#loadRecipient();
  }

  async #loadRecipient(): Promise<void> {
    const wanted = this.chosen;
    if (wanted === null) return;
    try {
      const recipient = await api.recipient(wanted.messageId);
      if (this.chosen?.messageId === wanted.messageId) this.recipient = recipient;
    } catch {
      if (this.chosen?.messageId === wanted.messageId) { this.chosen = null; this.recipient = null; }
    }
  }
}
