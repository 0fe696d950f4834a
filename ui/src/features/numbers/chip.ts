// The one word at the head of a number's card: its state, or what is more urgent than its state. Pure.
import type { NumberView } from '../../api/client';
import { weekday } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';
import { DAY, moodOf, PHONE_REST, stateWord, type Mood } from '../../lib/number-words';
import { holdOf } from './notes';

export type ChipWord = { kind: Mood; word: string; held: boolean };

export function chipOf(number: NumberView, now: number): ChipWord {
  const kind = moodOf(number.state);
  if (kind === 'ok' || number.state === 'slow') {
    if (number.shut !== null || holdOf(number, now) !== null) return { kind: 'warn', word: m.numbers_state_shut(), held: true };
    if (number.phoneWarning && number.phoneSeenAt !== null) {
      const last = number.phoneSeenAt + PHONE_REST;
      return { kind: 'warn', word: last - now < DAY ? m.numbers_act_now() : m.numbers_act_by({ day: weekday(last) }), held: false };
    }
  }
  return { kind, word: stateWord(number.state, number.ban), held: false };
}
