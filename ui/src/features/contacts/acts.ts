// What is done with many contacts at once, in words, and the way back.
import { api, type ActReport, type Chosen, type Deed, type MergeEdit } from '../../api/client';
import { sentence } from '../../lib/errors';
import { num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';
import { toast } from '../../lib/toasts.svelte';
import { standingWord } from '../../lib/words';

/** Does it, says what became of it, and offers to take it back. False where it was refused. */
export async function act(deed: Deed, chosen: Chosen): Promise<boolean> {
  try {
    const report = await api.actOnContacts(deed, chosen);
    toast(doneWord(report), report.changed === 0 ? {} : { action: { label: m.acts_undo(), run: () => void undo(report.id) } });
    return true;
  } catch (error) {
    toast(sentence(error), { kind: 'warn' });
    return false;
  }
}

/** Into a file that the owner names. */
export async function saveAsFile(chosen: Chosen): Promise<void> {
  try {
    const path = await api.exportContacts(chosen, m.contacts_export());
    if (path !== null) toast(m.contacts_exported({ path }));
  } catch (error) {
    toast(sentence(error), { kind: 'warn' });
  }
}

/** Takes an act back and says what became of that; nothing where it was refused. */
export async function undo(id: string): Promise<ActReport | null> {
  try {
    const report = await api.undoAct(id);
    const { restored, leftOut } = report;
    toast(together(m.acts_undone({ count: restored, n: num(restored) }), leftOut > 0 && m.acts_left_out({ count: leftOut, n: num(leftOut) })));
    return report;
  } catch (error) {
    toast(sentence(error), { kind: 'warn' });
    return null;
  }
}

/** Two contacts become one. Throws what it was refused with. */
export async function merge(edit: MergeEdit): Promise<void> {
  const report = await api.mergeContacts(edit);
  toast(doneWord(report), { action: { label: m.acts_undo(), run: () => void undo(report.id) } });
}

export function doneWord({ deed, changed, kept }: ActReport): string {
  return together(deedWord(deed, { count: changed, n: num(changed) }), kept > 0 && m.acts_kept({ count: kept, n: num(kept) }));
}

function deedWord(deed: Deed, people: { count: number; n: string }): string {
  switch (deed.kind) {
    case 'tag': return m.acts_tagged({ ...people, tag: deed.tag });
    case 'untag': return m.acts_untagged({ ...people, tag: deed.tag });
    case 'list': return m.acts_listed({ ...people, list: standingWord(deed.standing) });
    case 'delete': return m.acts_deleted(people);
    case 'merge': return m.acts_merged();
  }
}

function together(first: string, second: string | false): string {
  return second === false ? first : `${first}. ${second}`;
}
