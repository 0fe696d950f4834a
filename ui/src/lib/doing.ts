// What a campaign is doing, in words: the same for Home, the list, its own page and the now bar. The core says what is
// true (`campaign/doing.rs`); nothing here decides anything.
import type { Doing, Wait } from '../api/client';
import { m } from './i18n.svelte';
import { momentAhead, waitSentence } from './wait';

/** The word on its chip. */
export function doingWord(doing: Doing): string {
  switch (doing) {
    case 'draft': return m.campaigns_state_draft();
    case 'planned': return m.campaigns_state_scheduled();
    case 'sending': return m.doing_sending();
    case 'waiting': case 'behind': return m.doing_waiting();
    case 'checking': return m.doing_checking();
    case 'paused': return m.campaigns_state_paused();
    case 'paused_all': return m.doing_paused_all();
    case 'finished': return m.campaigns_state_finished();
    case 'cancelled': return m.campaigns_state_cancelled();
  }
}

export function doingKind(doing: Doing): 'plain' | 'ok' | 'warn' | 'accent' {
  return ({ draft: 'plain', planned: 'accent', sending: 'accent', waiting: 'warn', behind: 'accent', checking: 'accent', paused: 'warn', paused_all: 'warn', finished: 'ok', cancelled: 'plain' } as const)[doing];
}

/** Above its name on Home. */
export function doingHeadline(doing: Doing, wait: Wait, now: number): string {
  if (doing === 'sending') return m.home_sending_now();
  if (doing === 'planned') return wait.until === null ? m.campaigns_state_scheduled() : m.wait_due({ when: momentAhead(wait.until, now) });
  return doing === 'paused_all' ? m.wait_paused_all() : doingWord(doing);
}

/** Why it waits, or that nothing more comes. */
export function doingSentence(doing: Doing, wait: Wait, now: number): string {
  switch (doing) {
    case 'finished': return m.live_wait_done();
    case 'cancelled': return m.live_wait_cancelled();
    case 'waiting': return wait.kind === 'nothing' ? m.doing_waiting() : waitSentence(wait, now);
    default: return waitSentence(wait, now);
  }
}
