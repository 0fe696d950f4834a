// A text with its variables by the owner's words, and the variables of other programs. Pure.
import type { FieldWords } from '../../lib/field-words';
import { segments } from './variables';

/** The text with the owner's words in its variables. */
export function inWords(text: string, words: FieldWords): string {
  return renamed(text, words.wordOf);
}

/** The text as it is stored. A word that nobody knows stays: it may be a field that comes with the next list. */
export function asStored(text: string, words: FieldWords): string {
  return renamed(text, (word) => words.keyOf(word) ?? word);
}

function renamed(text: string, by: (name: string) => string): string {
  return segments(text).map((one) => (one.kind === 'variable' ? one.text.replace(one.name, () => by(one.name)) : one.text)).join('');
}

/** The text with one field for another. */
export function withField(text: string, name: string, other: string): string {
  return renamed(text, (one) => (one === name ? other : one));
}

/** A variable as another program writes it, where it names something that Ulak knows. */
export type Foreign = { text: string; key: string };

/** `{name}`, `[nama]`, `%ad%`, and `{{1}}`, which stands for the name where programs count. */
export function foreignIn(text: string, words: FieldWords): Foreign | null {
  const shape = /(?<!\{)\{([^{}|\n]{1,40})\}(?!\})|\[([^[\]\n]{1,40})\]|%([^%\s]{1,40})%|\{\{\s*(1)\s*\}\}/g;
  for (let match = shape.exec(text); match !== null; match = shape.exec(text)) {
    const [found, curly, square, percent, first] = match;
    const key = first ? 'name' : words.keyOf((curly ?? square ?? percent ?? '').trim());
    if (key !== null) return { text: found, key };
    shape.lastIndex = match.index + 1;
  }
  return null;
}

/** Every use of it becomes ours. */
export function withOurs(text: string, foreign: Foreign): string {
  return text.replaceAll(foreign.text, `{{${foreign.key}}}`);
}
