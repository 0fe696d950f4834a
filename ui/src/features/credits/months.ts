// The months of the chart of spent credits.
import type { CreditsView } from '../../api/client';
import { dayStart } from '../../lib/format.svelte';
import { spanOfDays, type When } from '../log/when';

type Month = CreditsView['months'][number];
const SHOWN = 8;

/** The newest months of a book, as many as the chart takes, with those before it, in which nothing was spent. */
export function withEarlier(all: Month[]): Month[] {
  const months = all.slice(-SHOWN);
  const first = months[0];
  if (!first) return [];
  const missing = SHOWN - months.length;
  return [...Array.from({ length: missing }, (_, step) => ({ month: before(first.month, missing - step), spent: 0, running: false })), ...months];
}

/** "2026-11", 12 months before: "2025-11". */
function before(month: string, by: number): string {
  const [year = 0, of = 1] = month.split('-').map(Number);
  const at = year * 12 + of - 1 - by;
  return `${String(Math.floor(at / 12))}-${String((at % 12) + 1).padStart(2, '0')}`;
}

/** A time to which the ledger is narrowed: some days, or a month as `YYYY-MM`. */
export type Span = When | (string & {});

/** When it begins and ends on the owner's calendar; no ends where none is chosen. */
export function spanOf(span: Span, day: string, now: number): { from: number | null; until: number | null } {
  if (/^\d{4}-\d\d$/.test(span)) return { from: dayStart(`${span}-01`), until: dayStart(`${before(span, -1)}-01`) };
  const { first, after } = spanOfDays(span as When, day, now);
  return { from: first === null ? null : dayStart(first), until: after === null ? null : dayStart(after) };
}
