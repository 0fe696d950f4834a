// What is up with a number and what the owner can do about it, in sentences. Pure: the same view and the same
// moment give the same words.
import type { NumberView } from '../../api/client';
import { duration, longDay, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';
import { DAY, moodOf, PHONE_REST } from '../../lib/number-words';

export type Note = { key: 'state' | 'shut' | 'low' | 'phone' | 'idle'; kind: 'plain' | 'warn' | 'danger'; title: string; text: string; more?: string; code?: string };
export type Action = 'reconnect' | 'takeBack' | 'relink' | 'unlink' | 'remove';
/** A wait that ends by itself: a restriction of WhatsApp, or a rest that Ulak takes. */
export type Hold = { kind: 'ban' | 'shut'; until: number; from: number | null };

export function notesOf(number: NumberView, now: number): Note[] {
  const said = [stateNote(number, now), shutNote(number, now), lowNote(number), phoneNote(number, now), idleNote(number)];
  return said.filter((note) => note !== null);
}

/** What is counted down big on the card, where a restriction has an end. */
export function holdOf(number: NumberView, now: number): Hold | null {
  if (number.state === 'banned') return number.ban?.until == null ? null : { kind: 'ban', until: number.ban.until, from: sinceOf(number) };
  const until = number.shut?.until ?? lockedUntil(number, now);
  return until === null ? null : { kind: 'shut', until, from: null };
}

/** Since when it is as it is, where that is known. */
export function sinceOf({ since }: NumberView): number | null {
  return since !== null && since > 0 ? since : null;
}

export function actionsOf(number: NumberView): Action[] {
  switch (number.state) {
    case 'connected': case 'slow': return [];
    case 'connecting': return number.tries > 0 ? ['reconnect'] : [];
    case 'replaced': return ['takeBack', 'unlink'];
    case 'banned': return number.ban?.until == null ? ['reconnect', 'unlink'] : ['unlink'];
    case 'logged_out': return ['relink', 'remove'];
    case 'linking': return ['relink'];
    default: return ['reconnect', 'unlink'];
  }
}

function stateNote(number: NumberView, now: number): Note | null {
  const note = (kind: Note['kind'], title: string, text: string): Note => ({ key: 'state', kind, title, text });
  const left = number.nextTryAt === null ? null : duration(number.nextTryAt - now);
  switch (number.state) {
    case 'connected': return null;
    case 'slow': return note('warn', m.numbers_slow(), m.numbers_slow_text());
    case 'connecting': return note('plain', m.numbers_connecting(), number.tries > 0 ? triesText(number.tries) : m.numbers_connecting_text());
    case 'disconnected': return { ...note('warn', m.numbers_disconnected(), left === null ? m.numbers_disconnected_idle() : m.numbers_disconnected_next({ left })), more: number.tries > 0 ? triesText(number.tries) : undefined };
    case 'linking': return note('plain', m.numbers_linking(), m.numbers_linking_text());
    case 'logged_out': return note('danger', m.numbers_logged_out(), m.numbers_logged_out_text());
    case 'replaced': return note('danger', m.numbers_replaced(), m.numbers_replaced_text());
    case 'locked': return note('danger', m.numbers_locked(), m.numbers_locked_text());
    case 'outdated': return note('danger', m.numbers_outdated(), m.numbers_outdated_text());
    case 'banned': return banNote(number);
    default: return note('danger', number.tries > 0 ? m.numbers_needs({ count: number.tries, n: num(number.tries) }) : m.numbers_needs_plain(), left === null ? m.numbers_needs_text() : m.numbers_needs_next({ left }));
  }
}

function banNote({ ban }: NumberView): Note {
  const until = ban?.until ?? null;
  const known = { 101: m.numbers_ban_101, 102: m.numbers_ban_102, 103: m.numbers_ban_103, 104: m.numbers_ban_104, 106: m.numbers_ban_106 }[ban?.code ?? 0];
  return {
    key: 'state', kind: 'danger', title: known?.() ?? (until === null ? m.numbers_ban_for_good() : m.numbers_ban_other()),
    text: until === null ? m.numbers_ban_text() : m.numbers_ban_until_text(), more: until === null ? undefined : m.numbers_ban_advice(),
    code: ban ? m.numbers_code({ code: String(ban.code) }) : undefined,
  };
}

/** The circuit breaker. A restriction that is told as the state already is not told twice. */
function shutNote(number: NumberView, now: number): Note | null {
  if (number.state === 'banned') return null;
  const cause = number.shut?.cause ?? (lockedUntil(number, now) === null ? null : 'new_chats_locked');
  const note = (title: string, text: string): Note => ({ key: 'shut', kind: 'warn', title, text });
  switch (cause) {
    case null: return null;
    case 'new_chats_locked': return note(m.numbers_shut_new_chats_locked(), m.numbers_shut_new_chats_locked_text());
    case 'all_chats_locked': return note(m.numbers_shut_all_chats_locked(), m.numbers_shut_other_text());
    case 'new_chats_used_up': return note(m.numbers_shut_new_chats_used_up(), m.numbers_shut_new_chats_used_up_text());
    case 'too_fast': return note(m.numbers_shut_too_fast(), m.numbers_shut_too_fast_text());
    case 'banned': return note(m.numbers_ban_other(), m.numbers_ban_until_text());
    case 'unheard': return note(m.numbers_unheard(), m.numbers_unheard_text());
    default: return note(m.numbers_shut_other(), m.numbers_shut_other_text());
  }
}

function lowNote({ warmUp, state }: NumberView): Note | null {
  if (warmUp === null || state === 'logged_out') return null;
  return { key: 'low', kind: 'plain', title: m.numbers_warm_up({ day: num(warmUp.day), days: num(warmUp.days), hourly: num(warmUp.hourly), daily: num(warmUp.daily) }), text: m.numbers_warm_up_text() };
}

function phoneNote(number: NumberView, now: number): Note | null {
  if (!number.phoneWarning || number.phoneSeenAt === null || number.state === 'logged_out') return null;
  const days = Math.floor((now - number.phoneSeenAt) / DAY);
  const last = number.phoneSeenAt + PHONE_REST;
  return { key: 'phone', kind: last - now < DAY ? 'danger' : 'warn', title: m.numbers_phone_days({ count: days, n: num(days) }), text: last - now < DAY ? m.numbers_phone_late() : m.numbers_phone_text({ day: longDay(last) }) };
}

function idleNote(number: NumberView): Note | null {
  if (!number.idleWarning || (moodOf(number.state) !== 'ok' && number.state !== 'slow')) return null;
  return { key: 'idle', kind: 'plain', title: m.numbers_idle(), text: m.numbers_idle_text() };
}

function lockedUntil(number: NumberView, now: number): number | null {
  const until = number.limits.lockedUntil;
  return until !== null && until > now ? until : null;
}

function triesText(tries: number): string {
  return m.numbers_tried({ count: tries, n: num(tries) });
}
