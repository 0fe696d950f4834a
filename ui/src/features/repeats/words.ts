// How days and runs of a rule are said.
import type { LastRun } from '../../api/client';
import { intlTag, language, m } from '../../lib/i18n.svelte';

/** "Tue, 1 Dec" of a `YYYY-MM-DD`. */
export function dayShown(day: string): string {
  return new Intl.DateTimeFormat(intlTag(language.locale), { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(Date.parse(`${day}T00:00:00Z`));
}

export function runShown({ day, state }: LastRun): string {
  const when = dayShown(day);
  switch (state) {
    case 'made': case 'scheduled': return m.repeats_last_scheduled({ when });
    case 'nobody': return m.repeats_last_nobody({ when });
    case 'refused': return m.repeats_last_refused({ when });
    case 'missed': return m.repeats_last_missed({ when });
  }
}
