// The now bar's state. Rust says when something changed; between two changes only the seconds count down here,
// from Ulak's own clock, so a countdown never runs against another one.
import { api, listen, type NowView } from '../api/client';

class Now {
  view = $state.raw<NowView | null>(null);
  /** Ulak's now in UTC milliseconds, moved once a second. */
  at = $state(Date.now());
}
export const now = new Now();

let taken = performance.now();
let wanted = false;

/** Starts following; returns the way to stop. */
export function followNow(): () => void {
  void readNow();
  const stop = listen('nowChanged', () => void readNow());
  const timer = setInterval(() => { now.at = ulakNow(); }, 1000);
  return () => { stop(); clearInterval(timer); };
}

export async function readNow(): Promise<void> {
  if (wanted) return;
  wanted = true;
  try {
    const view = await api.now();
    taken = performance.now();
    now.view = view;
    now.at = view.clock;
  } finally {
    wanted = false;
  }
}

export function ulakNow(): number {
  return (now.view?.clock ?? Date.now()) + (now.view ? performance.now() - taken : 0);
}
