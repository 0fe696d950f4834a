// The four screens of a draft, in their order, and where what keeps it from being scheduled is mended.
import type { Step } from '../../lib/router.svelte';

const order: readonly Step[] = ['audience', 'content', 'schedule', 'review'];

/** Whom a revision is for is decided: it has its content and the last look. */
const revision: readonly Step[] = ['content', 'review'];

export function stepsOf(revises: boolean): readonly Step[] {
  return revises ? revision : order;
}

export function nextStep(step: Step, revises = false): Step | null {
  const steps = stepsOf(revises);
  return steps[steps.indexOf(step) + 1] ?? null;
}

export type Row = 'who' | 'what' | 'from';

/** The row of the review in which a blocker stands, by the code of the core. */
export function rowOf(code: string): Row {
  return code === 'campaign.nobody' ? 'who' : code === 'campaign.no_number' ? 'from' : 'what';
}

/** The screen on which a row is changed. */
export function stepOf(row: Row | 'when'): Step {
  return ({ who: 'audience', what: 'content', when: 'schedule', from: 'schedule' } as const)[row];
}
