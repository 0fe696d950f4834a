// Everything larger or smaller by Ctrl and + - 0, remembered on this laptop.
import { api } from '../api/client';

const KEPT = 'zoom';
const STEPS = [50, 67, 80, 90, 100, 110, 125, 150, 175, 200, 250, 300];

/** The next step in that direction, in percent; 100 for 0. */
export function stepped(percent: number, by: -1 | 0 | 1): number {
  if (by === 0) return 100;
  const next = by > 0 ? STEPS.find((step) => step > percent) : STEPS.findLast((step) => step < percent);
  return next ?? percent;
}

/** What a key asks for; null where it asks for something else. */
export function zoomKey({ key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): -1 | 0 | 1 | null {
  if (!(ctrlKey || metaKey) || altKey) return null;
  return ({ '+': 1, '=': 1, '-': -1, _: -1, '0': 0 } as const)[key] ?? null;
}

/** Follows the keys; returns the way to stop. */
export function followZoom(): () => void {
  let percent = kept();
  if (percent !== 100) void api.zoom(percent);
  const onkey = (event: KeyboardEvent) => {
    const by = zoomKey(event);
    if (by === null) return;
    event.preventDefault();
    percent = stepped(percent, by);
    localStorage.setItem(KEPT, String(percent));
    void api.zoom(percent);
  };
  addEventListener('keydown', onkey);
  return () => removeEventListener('keydown', onkey);
}

function kept(): number {
  const percent = Number(localStorage.getItem(KEPT) ?? 100);
  return STEPS.includes(percent) ? percent : 100;
}
