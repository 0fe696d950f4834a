// The one door to the Rust core. Everything else imports `api`, `listen` and the types from here; in a plain
// browser (`vite`, `vite --mode fake`) the fake stands in, and it is never part of a production bundle.
import { commands, events } from './bindings';

export type * from './bindings';
export type Api = typeof commands;
export type EventName = keyof typeof events;
export type Payload<N extends EventName> = Parameters<Parameters<(typeof events)[N]['listen']>[0]>[0]['payload'];
export type Listen = <N extends EventName>(name: N, cb: (payload: Payload<N>) => void) => () => void;

export let api: Api = commands;
export let listen: Listen = listenToCore;

/** Chooses the backend; resolves before the first screen is drawn. */
export async function connect(): Promise<void> {
  if ('__TAURI_INTERNALS__' in window) return;
  if (import.meta.env.DEV || import.meta.env.MODE === 'fake') {
    const { fakeCore } = await import('./fake');
    ({ api, listen } = fakeCore());
  }
}

function listenToCore<N extends EventName>(name: N, cb: (payload: Payload<N>) => void): () => void {
  const event = events[name] as { listen: (cb: (event: { payload: unknown }) => void) => Promise<() => void> };
  const listening = event.listen(({ payload }) => cb(payload as Payload<N>));
  return () => void listening.then((stop) => stop());
}

/** Tests put their own commands and events in place of the core. */
export function connectTo(core: { api: Api; listen: Listen }): void {
  ({ api, listen } = core);
}
