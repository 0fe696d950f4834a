// The columns that the list of contacts can show beside the name, and the orders it can have. Pure.
import type { ContactOrder } from '../../api/client';

/** A field of the owner's lists is `field:` and its key. */
export type ListColumn = 'phone' | 'email' | 'tags' | 'consent' | 'contacted' | 'answered' | 'created' | `field:${string}`;

const OWN = ['phone', 'email', 'tags', 'consent', 'contacted', 'answered', 'created'] as const;

/** So many fit beside the name. */
export const MOST = 7;

/** What was stored, without what no contact has any more; the phone alone where nothing is left. */
export function shownColumns(stored: readonly string[], fields: readonly string[]): ListColumn[] {
  const known = allColumns(fields);
  const shown = [...new Set(stored)].filter((one): one is ListColumn => (known as string[]).includes(one)).slice(0, MOST);
  return shown.length === 0 ? ['phone'] : shown;
}

export function allColumns(fields: readonly string[]): ListColumn[] {
  return [...OWN, ...fields.map((field): ListColumn => `field:${field}`)];
}

export function fieldOf(column: ListColumn): string | null {
  return column.startsWith('field:') ? column.slice('field:'.length) : null;
}

/** One place up or down. */
export function moved(columns: readonly ListColumn[], column: ListColumn, by: -1 | 1): ListColumn[] {
  const from = columns.indexOf(column);
  const rest = columns.filter((one) => one !== column);
  return from < 0 ? [...columns] : [...rest.slice(0, Math.max(0, from + by)), column, ...rest.slice(Math.max(0, from + by))];
}

/** The order that a column's head asks for; none where the list has no such order. */
export function orderOf(column: 'name' | ListColumn): ContactOrder | null {
  return { name: 'name', phone: 'phone', contacted: 'contacted', answered: 'answered', created: 'created' }[column as string] as ContactOrder | undefined ?? null;
}

/** Times begin with the newest, texts with the first. */
export function startsDescending(order: ContactOrder): boolean {
  return order !== 'name' && order !== 'phone';
}

/** The least width at which the columns can be read, in pixels. */
export function leastWidth(columns: readonly ListColumn[]): number {
  return 46 + 170 + columns.reduce((sum, column) => sum + widthOf(column), 0);
}

export function widthOf(column: ListColumn): number {
  return { phone: 156, email: 170, tags: 130, consent: 170, contacted: 124, answered: 124, created: 124 }[column as string] ?? 120;
}
