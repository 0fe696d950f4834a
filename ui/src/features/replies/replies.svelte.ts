// The list of replies, the one that is chosen, and the chat beside it.
import { api, type Chat, type Mark, type ReplyQuery, type ReplyRow, type Show } from '../../api/client';
import { keepFresh } from '../../lib/fresh';
import { neighbour, withRead } from './list';

const AT_ONCE = 100;
/** The core gives no more rows at a time. */
const MOST = 500;

/** What the filters say; empty for everything. */
export type Filter = { show: Show; campaign: string; number: string; option: string };

/** What was typed and not sent, by reply; stays when the page is left. */
export const typed = $state<Record<string, string>>({});

export class Replies {
  filter = $state<Filter>({ show: 'unread', campaign: '', number: '', option: '' });
  rows = $state.raw<ReplyRow[] | null>(null);
  next = $state.raw<string | null>(null);
  chosenId = $state<string | null>(null);
  chat = $state.raw<Chat | null>(null);
  error = $state.raw<unknown>(null);
  /** What was read here stays in the list until another one is asked for. */
  #read = new Set<string>();
  #round = 0;

  chosen = $derived(this.rows?.find((row) => row.id === this.chosenId) ?? null);

  constructor(filter: Partial<Filter>) {
    Object.assign(this.filter, filter);
  }

  follow = (): (() => void) => keepFresh(['repliesChanged', 'contactsChanged'], () => this.reload());
  /** Ticks of what was sent come as changes of its queue. */
  followChat = (): (() => void) => keepFresh(['repliesChanged', 'campaignChanged', 'contactsChanged'], () => this.readChat());

  /** Another list. */
  async ask(filter: Partial<Filter>): Promise<void> {
    if (filter.campaign !== undefined && filter.campaign !== this.filter.campaign) this.filter.option = '';
    Object.assign(this.filter, filter);
    this.#read.clear();
    this.chosenId = null;
    await this.reload(AT_ONCE);
  }

  async reload(limit = Math.min(MOST, Math.max(AT_ONCE, this.rows?.length ?? 0))): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    try {
      const [page, read] = await Promise.all([api.replies(this.query(null, limit)), this.#read.size > 0 ? api.repliesByIds([...this.#read]) : []]);
      if (round !== this.#round) return;
      const before = this.rows ?? [];
      this.rows = withRead(page.rows, read.filter((row) => !row.done));
      this.next = page.next;
      if (this.chosen === null) this.choose(neighbour(before, this.rows, this.chosenId));
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  async more(): Promise<void> {
    const { next, rows } = this;
    if (next === null || rows === null) return;
    const round = this.#round;
    try {
      const page = await api.replies(this.query(next, AT_ONCE));
      if (round !== this.#round) return;
      this.rows = [...rows, ...page.rows];
      this.next = page.next;
    } catch (error) {
      this.error = error;
    }
  }

  query(after: string | null, limit: number): ReplyQuery {
    const { show, campaign, number, option } = this.filter;
    return { show, campaignId: campaign || null, sessionId: number || null, option: option || null, place: { after, skip: 0, limit } };
  }

  /** Shows the chat of a reply. */
  choose(id: string | null): void {
    if (id === this.chosenId && this.chat !== null) return;
    this.chosenId = id;
    this.chat = null;
    void this.readChat();
  }

  /** The owner looked at it. */
  async open(id: string): Promise<void> {
    this.choose(id);
    const row = this.chosen;
    if (row?.unread) {
      if (this.filter.show === 'unread') this.#read.add(id);
      await this.mark([id], 'read');
    }
  }

  async mark(ids: string[], mark: Mark): Promise<void> {
    await this.act(() => api.markReplies(ids, mark));
  }

  /** Does something and reads the list anew; says whether it was done. */
  async act(run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
    } catch (error) {
      this.error = error;
      return false;
    }
    await this.reload();
    return true;
  }

  async readChat(): Promise<void> {
    const id = this.chosenId;
    if (id === null) return;
    try {
      const chat = await api.chat(id);
      if (id === this.chosenId) this.chat = chat;
    } catch (error) {
      if (id === this.chosenId) this.error = error;
    }
  }
}
