// `{{variables}}` and their fallbacks, read as the core reads them. Pure. The window fills them itself so that the
// counter and the phone follow every key; what is sent is always rendered by the core.
import { isBlank } from '../../lib/blank';

export type Segment =
  | { kind: 'text'; text: string }
  | { kind: 'variable'; text: string; name: string; fallback: string | null }
  /** Opened and not closed, or without a name. */
  | { kind: 'broken'; text: string };

export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let rest = text;
  while (rest !== '') {
    const open = rest.indexOf('{{');
    if (open < 0) break;
    if (open > 0) found.push({ kind: 'text', text: rest.slice(0, open) });
    rest = rest.slice(open);
    const close = rest.indexOf('}}');
    const next = rest.indexOf('{{', 2);
    if (close < 0 || (next >= 0 && next < close)) {
      // Unclosed up to the next one, or for the rest of its line.
      const line = rest.indexOf('\n');
      const end = [next, line].filter((at) => at >= 0).reduce((a, b) => Math.min(a, b), rest.length);
      found.push({ kind: 'broken', text: rest.slice(0, end) });
      rest = rest.slice(end);
      continue;
    }
    found.push(variableOf(rest.slice(0, close + 2)));
    rest = rest.slice(close + 2);
  }
  if (rest !== '') found.push({ kind: 'text', text: rest });
  return found;
}

function variableOf(text: string): Segment {
  const inside = text.slice(2, -2);
  const bar = inside.indexOf('|');
  const name = (bar < 0 ? inside : inside.slice(0, bar)).trim();
  const fallback = bar < 0 ? '' : inside.slice(bar + 1).trim();
  return name === '' ? { kind: 'broken', text } : { kind: 'variable', text, name, fallback: isBlank(fallback) ? null : fallback };
}

export type Filled = { text: string; missing: string[]; segments: { text: string; missing: boolean }[] };

/** Fills the variables for one contact; what has no value and no fallback stays as it is and is named. */
export function fill(text: string, value: (name: string) => string | undefined): Filled {
  const missing: string[] = [];
  const filled = segments(text).map((segment) => {
    if (segment.kind !== 'variable') return { text: segment.text, missing: false };
    const own = value(segment.name)?.trim() ?? '';
    const known = isBlank(own) ? segment.fallback : own;
    if (known) return { text: known, missing: false };
    if (!missing.includes(segment.name)) missing.push(segment.name);
    return { text: segment.text, missing: true };
  });
  return { text: filled.map((one) => one.text).join(''), missing, segments: filled };
}

/** The names of the variables, each once, in the order they appear. */
export function variablesOf(text: string): string[] {
  return [...new Set(segments(text).flatMap((segment) => (segment.kind === 'variable' ? [segment.name] : [])))];
}

export function variable(name: string, fallback = ''): string {
  return fallback === '' ? `{{${name}}}` : `{{${name}|${fallback}}}`;
}

/** Gives every use of a variable the fallback, in place of the one it has. */
export function withFallback(text: string, name: string, fallback: string): string {
  const clean = fallback.replace(/[{}|]/g, '').trim();
  return segments(text).map((segment) => (segment.kind === 'variable' && segment.name === name ? variable(name, clean) : segment.text)).join('');
}

/** The text with its variables blotted out, each by as many signs as it has. */
export function mask(text: string): string {
  return segments(text).map((segment) => (segment.kind === 'text' ? segment.text : '\uE000'.repeat(segment.text.length))).join('');
}
