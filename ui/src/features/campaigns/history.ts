// What was written before, to go back to and forth again. Pure: a history is replaced, never changed. Typing in one
// field without a pause is one step, as people expect from undo.
export type History<T> = {
  past: readonly T[];
  future: readonly T[];
  /** The field that is being typed in, and when it was typed in last. */
  group: string | null;
  at: number;
};

/** A longer rest begins a new step. */
const REST = 900;
const MOST = 200;

export function fresh<T>(): History<T> {
  return { past: [], future: [], group: null, at: 0 };
}

/** `before` is what the change replaces. Changes of one `group` in a row are one step; without one each is a step. */
export function record<T>(history: History<T>, before: T, group: string | null, at: number): History<T> {
  const goesOn = group !== null && group === history.group && at - history.at < REST && history.future.length === 0 && history.past.length > 0;
  return { past: goesOn ? history.past : [...history.past, before].slice(-MOST), future: [], group, at };
}

/** The step before and the history then; null when there is none. */
export function undo<T>(history: History<T>, present: T): { present: T; history: History<T> } | null {
  if (history.past.length === 0) return null;
  return { present: history.past.at(-1) as T, history: { past: history.past.slice(0, -1), future: [present, ...history.future], group: null, at: 0 } };
}

export function redo<T>(history: History<T>, present: T): { present: T; history: History<T> } | null {
  const [next, ...future] = history.future;
  if (history.future.length === 0) return null;
  return { present: next as T, history: { past: [...history.past, present], future, group: null, at: 0 } };
}

/** Where the caret belongs after a text became another one: behind what changed. */
export function changeEnd(before: string, after: string): number {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return after.length - end;
}
