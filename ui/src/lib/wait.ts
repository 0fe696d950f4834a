// Why nothing goes out this very second, in one sentence. Pure, because the now bar, Home and the live view say
// it alike.
import type { Wait } from '../api/client';
import { clock, countryName, dayAndClock, dayKey, duration } from './format.svelte';
import { m } from './i18n.svelte';
import { numberName } from './words';

export function waitSentence(wait: Wait, now: number): string {
  const left = wait.until === null ? null : duration(wait.until - now);
  const when = wait.until === null ? null : momentAhead(wait.until, now);
  const name = wait.sessionName === null ? '' : numberName(wait.sessionName);
  switch (wait.kind) {
    case 'nothing': return m.wait_nothing();
    case 'sending': return m.wait_sending();
    case 'pace': return left === null ? m.wait_sending() : name ? m.wait_pace({ left, name }) : m.wait_pace_plain({ left });
    case 'rest': return left === null ? m.wait_rest() : m.wait_rest_left({ left });
    case 'missed': return when === null ? m.wait_missed() : m.wait_missed_until({ when });
    case 'hours': return hoursSentence(wait.country, when);
    case 'cap': return when === null ? m.wait_cap() : m.wait_cap_until({ when });
    case 'due': return when === null ? m.wait_nothing() : m.wait_due({ when });
    case 'turn': return wait.behind === null ? m.wait_turn_others() : m.wait_turn({ name: wait.behind || m.campaigns_untitled() });
    case 'checking': return m.wait_checking();
    case 'paused': return m.wait_paused();
    case 'pausedAll': return m.wait_paused_all();
    case 'noNumber': return m.wait_no_number();
    case 'notConnected': return m.wait_not_connected({ name });
    case 'newChats': return when === null ? m.wait_new_chats({ name }) : m.wait_new_chats_until({ name, when });
    case 'shut': return when === null ? m.wait_shut({ name }) : m.wait_shut_until({ name, when });
    case 'unheard': return when === null ? m.wait_unheard({ name }) : m.wait_unheard_until({ name, when });
    case 'disk': return m.wait_disk();
    case 'locked': return m.wait_locked();
    case 'readOnly': return m.wait_read_only();
    case 'damaged': return m.wait_damaged();
    case 'fault': return m.wait_fault();
  }
}

function hoursSentence(code: string | null, when: string | null): string {
  if (code === null) return when === null ? m.wait_hours() : m.wait_hours_until({ when });
  const country = countryName(code);
  return when === null ? m.wait_hours_there({ country }) : m.wait_hours_there_until({ country, when });
}

/** A clock today, with the day otherwise. */
export function momentAhead(at: number, now: number): string {
  return dayKey(at) === dayKey(now) ? clock(at) : dayAndClock(at);
}
