// What the help says, as lines: the steps of a task, the sentences of an explanation.
import { fit } from '../../lib/fold';
import { m } from '../../lib/i18n.svelte';
import { about, meanings, tasks, topicTitle, type Topic } from '../../lib/meaning';

export const groups = [{ title: () => m.help_tasks(), topics: tasks }, { title: () => m.help_meanings(), topics: meanings }, { title: () => m.help_about(), topics: about }] as const;

export function linesOf(topic: Topic): string[] {
  const texts: Record<Topic, () => string> = {
    practise: m.help_practise_text, contacts: m.help_contacts_text, link: m.help_link_text, write: m.help_write_text, plan: m.help_plan_text, follow: m.help_follow_text, stop: m.help_stop_text, replies: m.help_replies_text, credits: m.help_credits_text, repeat: m.help_repeat_text, close: m.help_close_text, backup: m.help_backup_text,
    waiting: m.help_waiting_text, unsure: m.help_unsure_text, failed: m.help_failed_text, skipped: m.help_skipped_text, stopped: m.help_stopped_text, restricted: m.help_restricted_text, logged_out: m.help_logged_out_text, connection: m.help_connection_text, passkey: m.help_passkey_text, excel: m.help_excel_text, files: m.help_files_text, copied: m.help_copied_text, risks: m.help_risks_text,
    ticks: () => [m.help_tick_pending(), m.help_tick_sent(), m.help_tick_delivered(), m.help_tick_read(), m.help_tick_played(), m.help_tick_failed(), m.help_tick_unknown(), m.help_tick_skipped(), m.help_tick_cancelled()].join('\n'),
    leaves: () => [m.help_leaves_practice(), m.help_leaves_later(), m.help_leaves_never(), m.help_leaves_encrypted(), m.help_leaves_cleared()].join('\n'),
    promises: () => [m.help_promise_once(), m.help_promise_credits(), m.help_promise_consent()].join('\n'),
    keys: () => [m.help_key_tab(), m.help_key_arrows(), m.help_key_enter(), m.help_key_escape(), m.keys_palette(), m.keys_this()].join('\n'),
  };
  return texts[topic]().split('\n');
}

/** Where a task is done. */
export function pageOf(topic: Topic): string | null {
  return ({ practise: '/practice', contacts: '/contacts/import', link: '/numbers/link', write: '/open', plan: '/plan', follow: '/campaigns', replies: '/replies', credits: '/credits', repeat: '/repeats', close: '/settings', backup: '/settings/safety' } as Partial<Record<Topic, string>>)[topic] ?? null;
}

/** Topics that have every word sought, in title or text; those with it in the title first. */
export function foundTopics(sought: string): Topic[] {
  const all = groups.flatMap(({ topics }) => [...topics] as Topic[]);
  if (sought.trim() === '') return all;
  const fits = all.flatMap((topic) => {
    const inTitle = fit(topicTitle(topic), sought);
    const anywhere = inTitle ?? (fit(`${topicTitle(topic)} ${linesOf(topic).join(' ')}`, sought) === null ? null : 2);
    return anywhere === null ? [] : [{ topic, fit: anywhere }];
  });
  return fits.sort((a, b) => a.fit - b.fit).map(({ topic }) => topic);
}
