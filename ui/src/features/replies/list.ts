// What a list of replies does when it is read anew. Pure.
import type { ReplyRow } from '../../api/client';

/** The rows with those that were read in it, at their place. */
export function withRead(rows: ReplyRow[], read: ReplyRow[]): ReplyRow[] {
  const there = new Set(rows.map((row) => row.id));
  const kept = read.filter((row) => !there.has(row.id));
  return kept.length === 0 ? rows : [...rows, ...kept].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** Which row is chosen when the chosen one has left: the next one that was below it, else the last of those above. */
export function neighbour(before: ReplyRow[], rows: ReplyRow[], chosen: string | null): string | null {
  const at = before.findIndex((row) => row.id === chosen);
  const there = new Set(rows.map((row) => row.id));
  const below = before.slice(at + 1).find((row) => there.has(row.id));
  const above = before.slice(0, Math.max(at, 0)).findLast((row) => there.has(row.id));
  return (at < 0 ? rows[0] : below ?? above ?? rows[0])?.id ?? null;
}

/** The row so many places further; the first and the last are its ends. */
export function step(rows: ReplyRow[], chosen: string | null, by: number): ReplyRow | undefined {
  const at = rows.findIndex((row) => row.id === chosen);
  return rows[Math.min(rows.length - 1, Math.max(0, at + by))];
}

/** HG for Hatice Güneş. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const first = words[0], last = words.length > 1 ? words.at(-1) : undefined;
  return [first, last].map((word) => (word ? Array.from(word)[0] : '')).join('').toLocaleUpperCase();
}
