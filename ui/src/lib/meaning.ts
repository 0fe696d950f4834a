// Which topic of the help says what a state, a refusal or a cause means.
import { m } from './i18n.svelte';

export const tasks = ['practise', 'contacts', 'link', 'write', 'plan', 'follow', 'stop', 'replies', 'credits', 'repeat', 'close', 'backup'] as const;
export const meanings = ['waiting', 'unsure', 'failed', 'skipped', 'stopped', 'restricted', 'logged_out', 'connection', 'passkey', 'excel', 'files', 'copied'] as const;
export const about = ['ticks', 'risks', 'leaves', 'promises', 'keys'] as const;
export type Topic = (typeof tasks)[number] | (typeof meanings)[number] | (typeof about)[number];
export const topics: readonly Topic[] = [...tasks, ...meanings, ...about];

export function isTopic(name: string | undefined): name is Topic {
  return topics.some((topic) => topic === name);
}

export function topicTitle(topic: Topic): string {
  const titles: Record<Topic, () => string> = {
    practise: m.help_practise, contacts: m.help_contacts, link: m.help_link, write: m.help_write, plan: m.help_plan, follow: m.help_follow, stop: m.help_stop, replies: m.help_replies, credits: m.help_credits, repeat: m.help_repeat, close: m.help_close, backup: m.help_backup,
    waiting: m.help_waiting, unsure: m.help_unsure, failed: m.help_failed, skipped: m.help_skipped, stopped: m.help_stopped, restricted: m.help_restricted, logged_out: m.help_logged_out, connection: m.help_connection, passkey: m.help_passkey, excel: m.help_excel, files: m.help_files, copied: m.help_copied,
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
    case 'disconnected': case 'slow': case 'outdated': case 'needs_attention': return 'connection';
    default: return null;
  }
}

/** Codes that one topic explains, by how they begin. */
const beginnings: readonly [string, Topic][] = [
  ['backup.', 'backup'], ['credits', 'credits'], ['folder.', 'copied'], ['import.', 'contacts'], ['ledger.', 'credits'], ['media.', 'files'], ['passkey.', 'passkey'], ['stopped_', 'stopped'], ['vault.', 'backup'],
];

/** Of an error's code, or of what Home tells; null where its sentence says it all. */
export function ofCode(code: string): Topic | null {
  switch (code) {
    case 'phone.excel_shortened': return 'excel';
    case 'failed': case 'message_failed': return 'failed';
    case 'unknown': case 'message_unknown': return 'unsure';
    case 'recovery_code': case 'storage.damaged': case 'storage.lost': case 'storage.wrong_key': return 'backup';
    case 'campaign.nobody': case 'campaign.unwanted': case 'campaign.promoted': case 'contact.withdrawn': return 'skipped';
    case 'campaign.no_number': case 'number.taken': case 'number.other_phone': return 'link';
    case 'campaign.empty': case 'campaign.unknown_variable': case 'campaign.misspelt_variable': case 'campaign.test_missing': case 'campaign.caption_too_long': case 'campaign.text_too_long': return 'write';
    case 'campaign.never_open': case 'campaign.past': return 'plan';
    case 'campaign.not_scheduled': case 'campaign.over': case 'campaign.cancelled': return 'stop';
    case 'campaign.too_many_files': return 'files';
    case 'number.banned': return 'restricted';
    case 'number.logged_out': case 'number.keys': case 'number.not_linked': return 'logged_out';
    case 'number.no_answer': case 'number.not_connected': return 'connection';
    default: return beginnings.find(([beginning]) => code.startsWith(beginning))?.[1] ?? null;
  }
}
