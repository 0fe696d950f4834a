// How many replies wait for their owner, as the menu and the page know it.
import { api, type ReplyCounts } from '../api/client';
import { keepFresh } from './fresh';

class Waiting {
  counts = $state.raw<ReplyCounts>({ unread: 0, answers: 0, near: 0, stops: 0 });
}
export const waiting = new Waiting();

/** Starts following; returns the way to stop. What cannot be read stays as it was, and the page says why. */
export function followReplyCounts(): () => void {
  return keepFresh(['repliesChanged'], async () => {
    waiting.counts = await api.replyCounts().catch(() => waiting.counts);
  });
}
