// The four screens of a draft, in their order, and where what keeps it from being scheduled is mended.
import type { Draft } from '../../api/client';
import type { Step } from '../../lib/router.svelte';

const order: readonly Step[] = ['audience', 'content', 'schedule', 'review'];

/** Whom a revision is for is decided: it has its content and the last look. */
const revision: readonly Step[] = ['content', 'review'];

/** What comes again has no time of its own: its rule has. Its third screen asks for the numbers alone. */
const pattern: readonly Step[] = ['audience', 'content', 'schedule'];

export type Kind = 'campaign' | 'revision' | 'pattern';

export function kindOf(draft: Pick<Draft, 'revises' | 'repeat'> | null): Kind {
  return draft?.revises ? 'revision' : draft?.repeat ? 'pattern' : 'campaign';
}

export function stepsOf(kind: Kind): readonly Step[] {
  return { campaign: order, revision, pattern }[kind];
}

/** Where the way on leads: the next step, or for what comes again its rule. */
export function hrefAfter(id: string, step: Step, kind: Kind): string | null {
  const next = nextStep(step, kind);
  if (next !== null) return `/campaigns/${id}/${next}`;
  return kind === 'pattern' ? '/repeats' : null;
}

export function nextStep(step: Step, kind: Kind = 'campaign'): Step | null {
  const steps = stepsOf(kind);
  return steps[steps.indexOf(step) + 1] ?? null;
}

export type Row = 'who' | 'what' | 'when' | 'from';

const rows: Partial<Record<string, Row>> = { 'campaign.nobody': 'who', 'campaign.no_number': 'from', 'campaign.never_open': 'when' };

/** The row of the review in which a blocker stands, by the code of the core. */
export function rowOf(code: string): Row {
  return rows[code] ?? 'what';
}

/** The screen on which a row is changed. */
export function stepOf(row: Row): Step {
  return ({ who: 'audience', what: 'content', when: 'schedule', from: 'schedule' } as const)[row];
}
