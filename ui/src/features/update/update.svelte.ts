// What there is of a newer version, for the card in the settings and the notice on Home. What it waits for changes with
// what is sent, imported and backed up.
import { api, type OnItsWay, type UpdateView } from '../../api/client';
import { asAppError } from '../../lib/errors';
import { keepFresh } from '../../lib/fresh';
import { m } from '../../lib/i18n.svelte';

export class UpdateState {
  view = $state.raw<UpdateView | null>(null);
  /** Why what was asked for here was not done. */
  refused = $state.raw<unknown>(null);

  follow = (): (() => void) => keepFresh(['updateChanged', 'settingsChanged', 'nowChanged', 'importProgress', 'backupsChanged'], async () => {
    // A copy that cannot update never will.
    if (this.view?.hasSource === false) return;
    this.view = await api.newerVersion().catch(() => this.view);
  });

  look = (): Promise<void> => this.#ask(async () => { this.view = await api.lookForNewerVersion(); });
  install = (): Promise<void> => this.#ask(() => api.installNewerVersion().then(() => undefined));
  putOff = (): Promise<void> => this.#ask(() => api.putOffNewerVersion().then(() => undefined));

  async #ask(act: () => Promise<void>): Promise<void> {
    this.refused = null;
    try {
      await act();
    } catch (error) {
      this.refused = error;
    }
    this.view = await api.newerVersion().catch(() => this.view);
    // What it waits for says so better, and goes by itself.
    if (this.view?.waitsFor && asAppError(this.refused).code === 'update.busy') this.refused = null;
  }
}

/** What keeps Ulak from beginning again; null where nothing does. */
export function waits(way: OnItsWay | null): string | null {
  switch (way?.kind) {
    case undefined: return null;
    case 'sending': return way.name ? m.update_waits_campaign({ name: way.name }) : m.update_waits_sending();
    case 'importing': return m.update_waits_importing();
    case 'backing_up': return m.update_waits_backing_up();
  }
}
