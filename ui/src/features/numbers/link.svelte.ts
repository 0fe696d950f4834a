// One attempt to link a number, from the first code to the phone's answer. Leaving cancels what is still open, so
// that no half-linked number stays behind.
import { api, listen, type Api, type LinkView } from '../../api/client';
import { ulakNow } from '../../lib/now.svelte';

type LinkHow = Parameters<Api['startLink']>[0];

export class Linking {
  session = $state<string | null>(null);
  view = $state.raw<LinkView | null>(null);
  error = $state.raw<unknown>(null);
  busy = $state(false);
  /** When the code on screen came, so that the ring knows how much of its time is left. */
  shownAt = $state(0);

  #turn = 0;
  #over = false;
  #reading = false;
  #stale = false;

  /** `again`: the number that is linked once more, and keeps its history. */
  constructor(readonly again: string | null) {}

  follow = (): (() => void) => {
    const stop = listen('numbersChanged', () => void this.read());
    return () => {
      stop();
      this.#over = true;
      void this.#drop();
    };
  };

  /** Begins anew, another way or for another phone. */
  async ask(how: LinkHow): Promise<void> {
    const turn = (this.#turn += 1);
    this.busy = true;
    this.error = null;
    try {
      await this.#drop();
      const session = await api.startLink(how, this.again);
      if (this.#over || turn !== this.#turn) {
        await api.cancelLink(session);
        return;
      }
      this.session = session;
      await this.read();
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** New codes, after the old ones ran out or the connection broke. */
  refresh = (): Promise<void> => this.#go((session) => api.refreshLink(session));

  /** The system asks the owner; its window may stand for minutes. */
  usePasskey = (): Promise<void> => this.#go((session) => api.usePasskey(session));

  /** The phone shows the same code. */
  confirmPasskey = (): Promise<void> => this.#go((session) => api.confirmPasskey(session));

  /** Back to where no code was asked for. */
  async leave(): Promise<void> {
    this.#turn += 1;
    this.busy = false;
    this.error = null;
    await this.#drop();
  }

  /** What is told while it is read is read after it. */
  async read(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    while (this.#stale && this.session !== null) {
      this.#stale = false;
      await this.#look(this.session);
    }
    this.#reading = false;
  }

  async #look(session: string): Promise<void> {
    try {
      const view = await api.linkView(session);
      if (this.session !== session) return;
      if (view.stage !== this.view?.stage || codeOf(view) !== codeOf(this.view)) this.shownAt = ulakNow();
      this.view = view;
    } catch (error) {
      if (this.session === session) this.error = error;
    }
  }

  async #go(act: (session: string) => Promise<unknown>): Promise<void> {
    const session = this.session;
    if (session === null) return;
    this.busy = true;
    this.error = null;
    try {
      await act(session);
      await this.read();
    } catch (error) {
      // What WhatsApp ended meanwhile says why by itself.
      if (this.session === session) this.error = error;
    } finally {
      if (this.session === session) this.busy = false;
    }
  }

  async #drop(): Promise<void> {
    const { session, view } = this;
    this.session = null;
    this.view = null;
    if (session === null || view?.stage === 'linked') return;
    // What cannot be cancelled has ended by itself; the list of the numbers shows what is left of it.
    await api.cancelLink(session).catch(() => undefined);
  }
}

function codeOf(view: LinkView | null): string | null {
  return view?.qr?.path ?? view?.code ?? null;
}
