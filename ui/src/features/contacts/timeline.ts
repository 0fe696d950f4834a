// What happened with a person, in words.
import type { Happening, PersonView, TimelineRow } from '../../api/client';
import { clock, date, dayKey, longDay, moment, monthName, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';
import { categoryWord, numberName, standingWord } from '../../lib/words';
import { mailLine } from '../connect/mail';

export type Day = { key: string; title: string; rows: TimelineRow[] };

/** Today by itself, the rest by months. */
export function days(rows: TimelineRow[], now: number): Day[] {
  const found: Day[] = [];
  for (const row of rows) {
    const day = dayKey(row.at);
    const today = day === dayKey(now);
    const key = today ? day : day.slice(0, 7);
    const last = found.at(-1);
    if (last?.key === key) last.rows.push(row);
    else found.push({ key, title: today ? m.person_today({ day: longDay(row.at) }) : monthOf(key, now), rows: [row] });
  }
  return found;
}

function monthOf(month: string, now: number): string {
  const year = month.slice(0, 4);
  return year === dayKey(now).slice(0, 4) ? monthName(month, 'long') : `${monthName(month, 'long')} ${year}`;
}

export function when(at: number, now: number): string {
  return dayKey(at) === dayKey(now) ? clock(at) : moment(at, now);
}

export function title(what: Happening): string {
  switch (what.kind) {
    case 'message': return what.origin === 'campaign' ? what.campaignName || m.campaigns_untitled() : { direct: m.person_message, trigger: m.person_message_trigger, api: m.person_message_api }[what.origin]();
    case 'reply': return answer(what);
    case 'consent': return m.person_gave_consent();
    case 'withdrawn': return m.person_withdrew();
    case 'standing': return m.person_on_list({ list: standingWord(what.standing) });
    case 'optedOut': return { stop: m.person_opted_out, owner: m.person_list_black, import: m.person_list_import }[what.cause]();
    case 'returned': return m.person_returned();
    case 'imported': return what.made ? m.person_imported_made() : m.person_imported();
    case 'added': return m.person_added();
  }
}

function answer(reply: Extract<Happening, { kind: 'reply' }>): string {
  if (reply.stop) return m.person_opted_out();
  if (reply.start) return m.person_said_yes_again();
  return reply.chosen.length > 0 ? m.person_answered({ answer: reply.chosen.join(', ') }) : m.person_wrote();
}

/** The lines below the title. */
export function details(what: Happening): string[] {
  switch (what.kind) {
    case 'message': return [[categoryWord(what.category), what.sessionName !== null && m.person_from_number({ number: numberName(what.sessionName) }), what.credits > 0 && m.campaigns_credits({ count: what.credits, n: num(what.credits) })].filter((part) => part !== false).join(', '), what.mail === null ? '' : mailLine(what.mail), version(what), said(what)];
    case 'reply': return [what.campaignName === null ? '' : m.person_to_campaign({ campaign: what.campaignName || m.campaigns_untitled() }), said(what) || (what.chosen.length > 0 ? '' : m.person_wrote_nothing())];
    case 'consent': return [what.source, what.note];
    case 'returned': return [what.reason === 'import undone' ? m.person_import_undone() : what.reason === 'act undone' ? m.person_act_undone() : what.reason];
    case 'imported': return [what.fileName];
    default: return [];
  }
}

/** What a revised campaign said to this person: one of its versions, or something of their own. */
function version(message: { version: number | null; own: boolean }): string {
  if (message.own) return m.versions_own_here();
  return message.version === null ? '' : m.versions_this({ n: num(message.version) });
}

function said(what: { text: string; clearedAt: number | null }): string {
  return what.clearedAt === null ? what.text : m.text_cleared({ day: date(what.clearedAt) });
}

/** When the next promotion may reach them. */
export function promotionWord({ contact, promotionFrom }: PersonView, now: number): string {
  if (contact.standing !== 'normal' || contact.withdrawnAt !== null) return m.person_promotion_never();
  if (promotionFrom !== null) return m.person_promotion_from({ when: moment(promotionFrom, now) });
  return contact.consent ? m.person_promotion_now() : m.person_promotion_basis();
}
