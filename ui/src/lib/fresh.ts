// Keeps what is on screen fresh: loads at once, and again when one of the events says that something changed. Never
// two loads at a time, and with a breath between them; an event during a load leads to one more.
import { listen, type EventName } from '../api/client';

const BREATH = 150;

/** `concerns` says whether an event is about what is on screen; without it every one is. */
export function keepFresh(events: EventName[], load: () => Promise<void>, concerns: (payload: unknown) => boolean = () => true): () => void {
  let busy = false;
  let again = false;
  let over = false;

  async function run(): Promise<void> {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      await load();
      await new Promise((done) => setTimeout(done, BREATH));
    } while (again && !over);
    busy = false;
  }

  const stops = events.map((name) => listen(name, (payload) => { if (concerns(payload)) void run(); }));
  void run();
  return () => { over = true; for (const stop of stops) stop(); };
}
