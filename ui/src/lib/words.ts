// The one word each thing has, in the language of the window.
import type { Category, EntryKind, Pace, PartState, SkipReason, Standing } from '../api/client';
import { fieldWord } from './fields.svelte';
import { num, span } from './format.svelte';
import { m } from './i18n.svelte';

export function tickWord(state: PartState): string {
  switch (state) {
    case 'pending': return m.tick_pending();
    case 'sending': return m.tick_sending();
    case 'sent': return m.tick_sent();
    case 'delivered': return m.tick_delivered();
    case 'read': return m.tick_read();
    case 'played': return m.tick_played();
    case 'failed': return m.tick_failed();
    case 'skipped': return m.tick_skipped();
    case 'cancelled': return m.tick_cancelled();
    case 'unknown': return m.tick_unknown();
  }
}

export function standingWord(standing: Standing): string {
  return { normal: m.standing_normal, gray: m.standing_gray, black: m.standing_black }[standing]();
}

export const categories: Category[] = ['notification', 'reminder', 'promotion'];

export function categoryWord(category: Category): string {
  return { notification: m.template_notification, reminder: m.template_reminder, promotion: m.template_promotion }[category]();
}

export function skipWord(reason: SkipReason, variable: string | null): string {
  switch (reason) {
    case 'no_consent': return m.skip_no_consent();
    case 'black_list': return m.skip_black_list();
    case 'gray_list': return m.skip_gray_list();
    case 'missing_variable': return variable ? m.skip_missing_variable({ variable: fieldWord(variable) }) : m.skip_missing();
    case 'opted_out': return m.skip_opted_out();
    case 'not_covered': return m.skip_not_covered();
    case 'empty': return m.skip_empty();
    case 'promoted': return m.skip_promoted();
    case 'same_person': return m.skip_same_person();
    case 'same_options': return m.skip_same_options();
    case 'made_up': return m.skip_made_up();
  }
}

/** How far apart two messages of a number are. */
export function paceSpan({ minMs, maxMs }: Pace): string {
  if (minMs === maxMs) return span(minMs);
  return maxMs < 60_000 ? m.numbers_pace_value({ min: num(minMs / 1000), max: num(maxMs / 1000) }) : m.numbers_pace_slow({ min: span(minMs), max: span(maxMs) });
}

/** The practice number has no name until the owner gives it one; then it is called by what it is. */
export function numberName(name: string): string {
  return name === '' ? m.number_practice() : name;
}

export function entryWord(kind: EntryKind): string {
  return { grant: m.entry_grant, hold: m.entry_hold, settle: m.entry_settle, release: m.entry_release, adjust: m.entry_adjust }[kind]();
}

/** The letters that stand for a person without a picture. */
export function initials(name: string): string {
  return (name.match(/\p{L}+/gu) ?? []).slice(0, 2).map((word) => [...word][0]?.toLocaleUpperCase()).join('');
}

/** Whom a message went to. Of whoever was erased neither name nor phone is left. */
export function recipientName({ name, phoneShown }: { name: string; phoneShown: string }): string {
  return name || (phoneShown === '' ? m.person_erased_name() : m.composer_no_name());
}
