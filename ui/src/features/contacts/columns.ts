// What each column of a file is used for. E-mail and what is said about consent belong to one column at most; several may be phones, of which
// each row takes its best, or names, as first and last name are. A field may carry any name.
import type { ColumnUse, ImportPreview } from '../../api/client';
import { fields, fieldWord } from '../../lib/fields.svelte';

const SINGLE = ['email', 'consent', 'consentDate', 'consentSource', 'standing'];

/** A select holds text: "phone", "field:city". */
export function useKey(use: ColumnUse): string {
  return use.use === 'field' ? `field:${use.name}` : use.use;
}

export function useOf(key: string): ColumnUse {
  if (key.startsWith('field:')) return { use: 'field', name: key.slice(6) };
  return { use: key as Exclude<ColumnUse['use'], 'field'> };
}

/** Gives a column its use; a use that only one column can have leaves the other one ignored. */
export function assign(uses: ColumnUse[], column: number, use: ColumnUse): ColumnUse[] {
  return uses.map((old, index) => {
    if (index === column) return use;
    const taken = useKey(old) === useKey(use) && (SINGLE.includes(use.use) || use.use === 'field');
    return taken ? { use: 'ignore' } : old;
  });
}

/** A field by its own word; one that comes with this column, by its header. */
export function fieldLabel(name: string, header: string): string {
  return fieldName(header) === name && !fields.names.includes(name) ? header.trim() : fieldWord(name);
}

/** The first values of a column that are not empty, each once. */
export function firstValues(preview: ImportPreview, column: number, most: number): string {
  const values = preview.rows.map((row) => row.cells[column]?.trim() ?? '').filter((cell) => cell !== '');
  return [...new Set(values)].slice(0, most).join(' · ') || '–';
}

/** The field names a column may take: its own heading first, then those contacts already have. */
export function fieldNames(column: ImportPreview['columns'][number], known: string[]): string[] {
  const own = column.use.use === 'field' ? [column.use.name] : [];
  const heading = fieldName(column.header);
  return [...new Set([...own, ...(heading ? [heading] : []), ...known])];
}

/** A heading as the name of a variable: lower case, no punctuation. */
export function fieldName(header: string): string {
  return header.trim().replaceAll('İ', 'i').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_+|_+$/g, '');
}
