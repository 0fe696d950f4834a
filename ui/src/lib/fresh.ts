// Keeps what is on screen fresh: loads at once, and again when one of the events says that something changed. Never
// two loads at a time, and with a breath between them; an event during a load leads to one more.
import { untrack } from 'svelte';
import { listen, type EventName } from '../api/client';
import { latest } from './latest';

const BREATH = 150;
/** One change is told by several events, which come right behind each other. */
const TOGETHER = 20;

/** `concerns` says whether an event is about what is on screen; without it every one is. `breath` is the pause between two loads. */
export function keepFresh(events: EventName[], load: () => Promise<void>, concerns: (payload: unknown) => boolean = () => true, breath = BREATH): () => void {
  let over = false;
  let soon: ReturnType<typeof setTimeout> | undefined;

  const run = latest(async () => {
    if (over) return;
    await load();
    await new Promise((done) => setTimeout(done, breath));
  });

  function changed(): void {
    soon ??= setTimeout(() => { soon = undefined; void run(); }, TOGETHER);
  }

  const stops = events.map((name) => listen(name, (payload) => { if (concerns(payload)) changed(); }));
  // What the load reads is no reason to begin to follow again.
  untrack(() => void run());
  return () => { over = true; clearTimeout(soon); for (const stop of stops) stop(); };
}
