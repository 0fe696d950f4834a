// The months of the chart of spent credits.
import type { CreditsView } from '../../api/client';
import { dayStart } from '../../lib/format.svelte';

type Month = CreditsView['months'][number];
const FEWEST = 8;

/** The months of a book with those before it, in which nothing was spent, up to a full chart. */
export function withEarlier(months: Month[]): Month[] {
  const first = months[0];
  if (!first) return [];
  const missing = Math.max(0, FEWEST - months.length);
  return [...Array.from({ length: missing }, (_, step) => ({ month: before(first.month, missing - step), spent: 0, running: false })), ...months];
}

/** "2026-11", 12 months before: "2025-11". */
function before(month: string, by: number): string {
  const [year = 0, of = 1] = month.split('-').map(Number);
  const at = year * 12 + of - 1 - by;
  return `${String(Math.floor(at / 12))}-${String((at % 12) + 1).padStart(2, '0')}`;
}

/** When a month begins and ends on the owner's calendar; no ends where none is chosen. */
export function monthSpan(month: string): { from: number | null; until: number | null } {
  return month === '' ? { from: null, until: null } : { from: dayStart(`${month}-01`), until: dayStart(`${before(month, -1)}-01`) };
}
