// Which topic of the help says what a state, a refusal or a cause means.
import { m } from './i18n.svelte';

export const tasks = ['practise', 'contacts', 'link', 'write', 'plan', 'follow', 'stop', 'replies', 'credits', 'repeat', 'close'] as const;
export const meanings = ['waiting', 'unsure', 'failed', 'skipped', 'stopped', 'restricted', 'logged_out', 'passkey', 'excel', 'copied'] as const;
export const about = ['ticks', 'risks', 'leaves', 'promises', 'keys'] as const;
export type Topic = (typeof tasks)[number] | (typeof meanings)[number] | (typeof about)[number];
export const topics: readonly Topic[] = [...tasks, ...meanings, ...about];

export function isTopic(name: string | undefined): name is Topic {
  return topics.some((topic) => topic === name);
}

export function topicTitle(topic: Topic): string {
  const titles: Record<Topic, () => string> = {
    practise: m.help_practise, contacts: m.help_contacts, link: m.help_link, write: m.help_write, plan: m.help_plan, follow: m.help_follow, stop: m.help_stop, replies: m.help_replies, credits: m.help_credits, repeat: m.help_repeat, close: m.help_close,
    waiting: m.help_waiting, unsure: m.help_unsure, failed: m.help_failed, skipped: m.help_skipped, stopped: m.help_stopped, restricted: m.help_restricted, logged_out: m.help_logged_out, passkey: m.help_passkey, excel: m.help_excel, copied: m.help_copied,
    ticks: m.help_ticks, risks: m.help_risks, leaves: m.help_leaves, promises: m.help_promises, keys: m.keys_title,
  };
  return titles[topic]();
}

/** Of a part's state; null where the word says it all. */
export function ofState(state: string): Topic | null {
  return ({ unknown: 'unsure', failed: 'failed', skipped: 'skipped' } as const)[state] ?? null;
}

/** Of the state of a number, or of what shuts it. */
export function ofNumber(state: string): Topic | null {
  switch (state) {
    case 'banned': case 'locked': case 'shut': return 'restricted';
    case 'logged_out': case 'replaced': return 'logged_out';
    default: return null;
  }
}

/** Of an error's code, or of what Home tells. */
export function ofCode(code: string): Topic | null {
  if (code.startsWith('folder.')) return 'copied';
  switch (code) {
    case 'phone.excel_shortened': return 'excel';
    case 'failed': case 'message_failed': return 'failed';
    case 'unknown': case 'message_unknown': return 'unsure';
    case 'stopped_failures': case 'stopped_opt_outs': return 'stopped';
    case 'credits_low': return 'credits';
    default: return null;
  }
}
