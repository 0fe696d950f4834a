// What lies in the folder of a trigger and what became of its last file, in the owner's words.
import type { FolderBrings, LastFile, TriggerFolder } from '../../api/client';
import { num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

export const bringings = ['messages', 'contacts'] as const satisfies FolderBrings[];
const words: Record<FolderBrings, () => string> = { messages: m.watched_brings_messages, contacts: m.watched_brings_contacts };
export const bringsWord = (brings: FolderBrings): string => words[brings]();

export function filesWaiting({ waiting }: Pick<TriggerFolder, 'waiting'>, active: boolean): string | null {
  if (waiting === 0) return null;
  const counted = { count: waiting, n: num(waiting) };
  return active ? m.watched_waiting(counted) : m.watched_waiting_off(counted);
}

export function lastFile(last: Pick<LastFile, 'name' | 'accepted' | 'passed' | 'refused'>, brings: FolderBrings): string {
  const filled = { name: last.name, accepted: num(last.accepted), passed: num(last.passed), refused: num(last.refused) };
  return brings === 'contacts' ? m.watched_last_contacts(filled) : m.watched_last(filled);
}
