// The stations of one message, newest first: what a list of steps says about it, without what goes without saying.
// A try that succeeded is part of "sent", the try that ended it part of "failed"; what happened to several parts in
// one moment is one station; a credit that moved is said where it moved. Pure.
import type { RouteStep } from '../../api/client';

export type Station = {
  key: string;
  kind: Exclude<RouteStep['kind'], 'settled' | 'released'>;
  at: number; sessionName: string | null; cause: string | null; parts: number[]; tries: number;
  settled: number; released: number; pin: 'open' | 'grey' | 'blue' | 'bad' | 'here';
};

export function stations(steps: RouteStep[]): Station[] {
  const found: Station[] = [];
  const tries = new Map<number, number>();
  for (const [index, step] of steps.entries()) {
    const { kind } = step;
    if (kind === 'settled' || kind === 'released') {
      const last = found.findLast((station) => station.parts.includes(step.part)) ?? found.at(-1);
      if (last) last[kind] += 1;
      continue;
    }
    if (kind === 'try') tries.set(step.part, (tries.get(step.part) ?? 0) + 1);
    if (goesWithoutSaying(step, steps.slice(index + 1))) continue;
    const same = found.find((station) => station.kind === kind && station.at === step.at && station.cause === step.cause && station.sessionName === step.sessionName);
    if (same) same.parts.push(step.part);
    else found.push({ key: `${index}`, kind, at: step.at, sessionName: step.sessionName, cause: step.cause, parts: [step.part], tries: tries.get(step.part) ?? 0, settled: 0, released: 0, pin: pinOf(step) });
  }
  return found.reverse();
}

/** A try whose end is the next thing that is said; a place in the queue for what was skipped in the same moment. */
function goesWithoutSaying(step: RouteStep, following: RouteStep[]): boolean {
  const next = following.find((one) => one.part === step.part && one.kind !== 'settled' && one.kind !== 'released');
  if (!next) return false;
  if (step.kind === 'queued') return next.kind === 'skipped' && next.at === step.at;
  if (step.kind !== 'try' || next.kind === 'try' || next.kind === 'queued') return false;
  return step.cause === null || (next.kind === 'failed' && next.cause === step.cause);
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
