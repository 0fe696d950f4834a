// What a number is called and how it is, in a word or two. Pure, because the menu, Home, the schedule and the
// screen of the numbers say it alike.
import type { NumberView } from '../api/client';
import { m } from './i18n.svelte';
import { shown } from './phone';
import { numberName } from './words';

export const DAY = 86_400_000;
/** WhatsApp unlinks a device whose phone was not used for this long. */
export const PHONE_REST = 14 * DAY;

export type Mood = 'ok' | 'plain' | 'warn' | 'danger';

/** Its name; without one its phone, and the practice number by what it is. */
export function nameOf(number: Pick<NumberView, 'kind' | 'name' | 'phone'>): string {
  if (number.kind === 'practice') return numberName(number.name);
  return number.name || shown(number.phone) || m.numbers_unnamed();
}

/** States the core may learn later are said as "needs you" rather than not at all. */
export function stateWord(state: string, ban: NumberView['ban'] = null): string {
  switch (state) {
    case 'disconnected': return m.numbers_state_disconnected();
    case 'connecting': return m.numbers_state_connecting();
    case 'linking': return m.numbers_state_linking();
    case 'connected': return m.numbers_state_connected();
    case 'slow': return m.numbers_state_slow();
    case 'logged_out': return m.numbers_state_logged_out();
    case 'replaced': return m.numbers_state_replaced();
    case 'banned': return ban !== null && ban.until === null ? m.numbers_state_banned_for_good() : m.numbers_state_banned();
    case 'locked': return m.numbers_state_locked();
    case 'outdated': return m.numbers_state_outdated();
    default: return m.numbers_state_needs_attention();
  }
}

export function moodOf(state: string): Mood {
  switch (state) {
    case 'connected': return 'ok';
    case 'connecting': case 'linking': return 'plain';
    case 'slow': case 'disconnected': return 'warn';
    default: return 'danger';
  }
}

/** Whether messages can go out over it at this moment. */
export function sends(number: Pick<NumberView, 'state'>): boolean {
  return number.state === 'connected' || number.state === 'slow';
}

/** Whether its connection comes back without the owner. */
export function comesBack(number: Pick<NumberView, 'state'>): boolean {
  return number.state === 'disconnected' || number.state === 'connecting' || number.state === 'needs_attention';
}

/** Whether only the owner can help, so that the menu counts it. */
export function wantsOwner(number: Pick<NumberView, 'kind' | 'state' | 'phoneWarning'>): boolean {
  if (number.kind === 'practice') return false;
  return number.phoneWarning || moodOf(number.state) === 'danger';
}
