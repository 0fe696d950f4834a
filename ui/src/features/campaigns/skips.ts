// Why someone is skipped, as a line in a list and as a sentence with the way back.
import type { SkipLine } from '../../api/client';
import { fieldWord } from '../../lib/fields.svelte';
import { m } from '../../lib/i18n.svelte';

export function skipTitle({ reason, variable }: Pick<SkipLine, 'reason' | 'variable'>): string {
  switch (reason) {
    case 'no_consent': return m.schedule_skip_no_consent();
    case 'black_list': return m.schedule_skip_black_list();
    case 'gray_list': return m.schedule_skip_gray_list();
    case 'missing_variable': return variable ? m.schedule_skip_missing_variable({ variable: `“${fieldWord(variable)}”` }) : m.schedule_skip_missing();
    case 'opted_out': return m.schedule_skip_opted_out();
    case 'empty': return m.schedule_skip_empty();
    case 'not_covered': return m.schedule_skip_not_covered();
    case 'promoted': return m.schedule_skip_promoted();
    case 'same_person': return m.schedule_skip_same_person();
    case 'same_options': return m.schedule_skip_same_options();
    case 'made_up': return m.schedule_skip_made_up();
  }
}

export function skipHelp({ reason }: Pick<SkipLine, 'reason'>): string {
  switch (reason) {
    case 'no_consent': return m.schedule_skip_help_no_consent();
    case 'black_list': return m.schedule_skip_help_black_list();
    case 'gray_list': return m.schedule_skip_help_gray_list();
    case 'missing_variable': return m.schedule_skip_help_missing();
    case 'opted_out': return m.schedule_skip_help_opted_out();
    case 'empty': return m.schedule_skip_help_empty();
    case 'not_covered': return m.schedule_only_covered_help();
    case 'promoted': return m.schedule_skip_help_promoted();
    case 'same_person': return m.schedule_skip_help_same_person();
    case 'same_options': return m.schedule_skip_help_same_options();
    case 'made_up': return m.schedule_skip_help_made_up();
  }
}

/** Whoever took the permission back is asked for nothing, and who is reached already needs nothing; all others can get it once the reason is mended. */
export function canBeMended({ reason }: Pick<SkipLine, 'reason'>): boolean {
  return reason === 'no_consent' || reason === 'gray_list' || reason === 'missing_variable' || reason === 'not_covered' || reason === 'promoted' || reason === 'same_options';
}
