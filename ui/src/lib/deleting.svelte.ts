// Things that are being deleted: as long as the toast offers "Undo" a thing is only hidden, and it is gone when the
// toast is.
import { toast, toasts } from './toasts.svelte';

export class Deleting {
  #ids = $state.raw<ReadonlySet<string>>(new Set());

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  get ids(): string[] {
    return [...this.#ids];
  }

  /** Hides it at once, and runs `remove` when it can no longer be brought back; a failure shows it again. */
  later(id: string, said: { text: string; undo: string }, remove: () => Promise<unknown>, onfail: (error: unknown) => void): void {
    this.#ids = new Set([...this.#ids, id]);
    const show = () => { this.#ids = new Set([...this.#ids].filter((one) => one !== id)); };
    let kept = false;
    toast(said.text, { action: { label: said.undo, run: () => { kept = true; show(); } } });
    const offered = toasts.shown.at(-1)?.id;
    const stop = $effect.root(() => {
      $effect(() => {
        if (toasts.shown.some((one) => one.id === offered)) return;
        stop();
        if (!kept) remove().catch((error: unknown) => { show(); onfail(error); });
      });
    });
  }
}
