// What is said of a webhook and of what it was told.
import type { Setback, Topic, WebhookView } from '../../api/client';
import { dayAndClock, moment, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

export const TOPICS: Topic[] = ['messages', 'replies', 'opt_outs', 'numbers', 'campaigns', 'credits'];

export function topicWord(topic: Topic): string {
  switch (topic) {
    case 'messages': return m.webhooks_topic_messages();
    case 'replies': return m.webhooks_topic_replies();
    case 'opt_outs': return m.webhooks_topic_opt_outs();
    case 'numbers': return m.webhooks_topic_numbers();
    case 'campaigns': return m.webhooks_topic_campaigns();
    case 'credits': return m.webhooks_topic_credits();
  }
}

/** What the receiver did instead of taking it: "answered with status 500". */
export function setbackWord(setback: Setback, status: number | null): string {
  const shown = { status: String(status ?? '') };
  switch (setback) {
    case 'status': return m.webhooks_setback_status(shown);
    case 'redirect': return m.webhooks_setback_redirect(shown);
    case 'timed_out': return m.webhooks_setback_timed_out();
    case 'unreachable': return m.webhooks_setback_unreachable();
    case 'certificate': return m.webhooks_setback_certificate();
    case 'garbage': return m.webhooks_setback_garbage();
    case 'address': return m.webhooks_setback_address();
  }
}

export type Condition = { kind: 'ok' | 'warn' | 'danger' | 'plain'; word: string };

/** How a webhook is, in one chip. */
export function condition(webhook: WebhookView, now: number): Condition {
  if (webhook.paused === 'owner') return { kind: 'plain', word: m.webhooks_state_paused() };
  if (webhook.paused === 'gone') return { kind: 'danger', word: m.webhooks_state_gone() };
  if (webhook.restsUntil !== null && webhook.restsUntil > now) return { kind: 'danger', word: m.webhooks_state_down({ when: moment(webhook.restsUntil, now) }) };
  if (webhook.counts.waiting > 0) return { kind: webhook.failures > 0 ? 'warn' : 'plain', word: m.webhooks_state_waiting({ count: webhook.counts.waiting, n: num(webhook.counts.waiting) }) };
  return webhook.answeredAt === null ? { kind: 'plain', word: m.webhooks_state_new() } : { kind: 'ok', word: m.webhooks_state_fine() };
}

/** What of an address is shown beside a name: no path, which may hold a secret. */
export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return '';
  }
}

export const at = (time: number): string => dayAndClock(time);
