/** A word in a text, and where it stands. */
export type Word = { text: string; start: number; end: number };

const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
/** Fields, addresses and codes are in no dictionary. */
const NO_WORDS = /\{\{.*?\}\}|\S*(?:\/\/|@|\d|\bwww\.)\S*/gu;

/** The word at this place of a text, if a dictionary may know it. */
export function wordAt(text: string, at: number): Word | null {
  const around = (found: RegExpMatchArray) => (found.index ?? 0) <= at && at <= (found.index ?? 0) + found[0].length;
  if ([...text.matchAll(NO_WORDS)].some(around)) return null;
  const found = [...text.matchAll(WORD)].find(around);
  if (!found) return null;
  const start = found.index ?? 0;
  return { text: found[0], start, end: start + found[0].length };
}
