// Answers offered to the recipient: as lines with numbers at the end of the text, or as a poll. Read as the core reads
// them. Pure.
import type { Choice } from '../../api/client';
import { isBlank } from '../../lib/blank';

export const FEWEST_OPTIONS = 2;
/** WhatsApp's own limits of a poll; numbered lines keep to them too, so that one can become the other. */
export const MOST_OPTIONS = 12;
export const OPTION_LIMIT = 100;
export const QUESTION_LIMIT = 255;
/** More of them are a list. */
export const MOST_BUTTONS = 3;

export function freshChoice(): Choice {
  return { style: 'numbered', question: '', options: ['', ''] };
}

/** What has been written of the answers. */
export function written(choice: Choice | null): string[] {
  return (choice?.options ?? []).map((option) => option.trim()).filter((option) => !isBlank(option));
}

/** The whole text of the text part: with numbered answers they stand at its end. */
export function wholeText(text: string, choice: Choice | null): string {
  const options = written(choice);
  if (!choice || choice.style === 'poll' || options.length === 0) return text;
  const lines = options.map((option, index) => `${index + 1}. ${option}`).join('\n');
  const asked = [choice.question.trim(), lines].filter((one) => !isBlank(one)).join('\n');
  return [text.trimEnd(), asked].filter((one) => !isBlank(one)).join('\n\n');
}

/** Whether a poll goes out behind the text. */
export function hasPoll(choice: Choice | null): boolean {
  return choice?.style === 'poll' && (written(choice).length > 0 || !isBlank(choice.question));
}

/** Everything in which variables may stand. */
export function allText(text: string, choice: Choice | null): string {
  return [text, ...(choice ? [choice.question, ...choice.options] : [])].join('\n');
}

export type Flaw = 'few' | 'twice' | 'no_question';

/** What forbids sending it like this; the core says the same. */
export function flawOf(choice: Choice | null): Flaw | null {
  if (!choice) return null;
  const options = written(choice);
  if (options.length < FEWEST_OPTIONS) return 'few';
  if (new Set(options.map((option) => option.toLocaleLowerCase())).size < options.length) return 'twice';
  return choice.style === 'poll' && isBlank(choice.question) ? 'no_question' : null;
}
