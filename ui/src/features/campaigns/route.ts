// The stations of one message, newest first: what a list of steps says about it, without what goes without saying.
// A try that succeeded is part of "sent"; a credit that moved is said where it moved. Pure.
import type { RouteStep } from '../../api/client';

export type Station = {
  key: string;
  kind: 'queued' | 'try' | 'sent' | 'delivered' | 'read' | 'played' | 'failed' | 'skipped' | 'cancelled' | 'unknown';
  at: number; sessionName: string | null; cause: string | null; part: number; tries: number;
  settled: number; released: number; pin: 'open' | 'grey' | 'blue' | 'bad' | 'here';
};

export function stations(steps: RouteStep[]): Station[] {
  const found: Station[] = [];
  const tries = new Map<number, number>();
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'settled' || step.kind === 'released') {
      const last = found.findLast((station) => station.part === step.part) ?? found.at(-1);
      if (last) last[step.kind] += 1;
      continue;
    }
    if (step.kind === 'try') {
      tries.set(step.part, (tries.get(step.part) ?? 0) + 1);
      if (step.cause === null && hasOutcome(steps.slice(index + 1), step.part)) continue;
    }
    found.push({ key: `${index}`, kind: step.kind, at: step.at, sessionName: step.sessionName, cause: step.cause, part: step.part, tries: tries.get(step.part) ?? 0, settled: 0, released: 0, pin: pinOf(step) });
  }
  return found.reverse();
}

/** Whether what follows the try says how it ended, before another try began. */
function hasOutcome(following: RouteStep[], part: number): boolean {
  const next = following.find((step) => step.part === part && step.kind !== 'settled' && step.kind !== 'released');
  return next !== undefined && next.kind !== 'try' && next.kind !== 'queued';
}

function pinOf(step: RouteStep): Station['pin'] {
  switch (step.kind) {
    case 'read': case 'played': return 'blue';
    case 'sent': case 'delivered': return 'grey';
    case 'failed': return 'bad';
    case 'try': return step.cause === null ? 'here' : 'bad';
    case 'unknown': return 'here';
    default: return 'open';
  }
}
