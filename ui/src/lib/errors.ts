// Turns what a command throws into the owner's words. The message key is `error_` and the code with its dots as
// underscores; a code without a message falls back to the English sentence that came along.
import type { AppError } from '../api/client';
import { fieldWord } from './fields.svelte';
import { noonOf } from './days';
import { countryName, date, num } from './format.svelte';
import { m } from './i18n.svelte';

export function sentence(error: unknown): string {
  const { code, message, params } = asAppError(error);
  const known = code === 'unknown' ? null : messageOf(`error_${code.replaceAll('.', '_')}`, params);
  return known ?? (message || m.error_unknown());
}

/** A second sentence that says how to repair it, where there is one (key with `_help` behind it). */
export function help(error: unknown): string | null {
  const { code, params } = asAppError(error);
  return messageOf(`error_${code.replaceAll('.', '_')}_help`, params);
}

export function asAppError(error: unknown): AppError {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    const { code, message, params } = error as Partial<AppError> & { code: string };
    return { code, message: message ?? '', params: params ?? {} };
  }
  const message = error instanceof Error ? error.message : typeof error === 'string' ? error : '';
  return { code: 'unknown', message, params: {} };
}

function messageOf(key: string, params: Record<string, string>): string | null {
  const message = (m as unknown as Record<string, ((inputs: Record<string, unknown>) => string) | undefined>)[key];
  const said = message?.(readable(params));
  // A placeholder that the core did not fill: its own sentence is better than a hole.
  return said === undefined || /\bundefined\b/.test(said) ? null : said;
}

/** Whole numbers get their separators, and `count` chooses between singular and plural. */
function readable(params: Record<string, string>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(params)) shown[name] = readableParam(name, value);
  if (params.because !== undefined) shown.reason = sentence({ code: params.because, message: params.reason ?? '', params: within(params, 'because.') });
  const counted = params.count ?? params.n;
  return counted === undefined ? shown : { ...shown, n: shown.n ?? shown.count, count: Number(counted) };
}

/** The parameters of the problem that a sentence tells as its reason. */
function within(params: Record<string, string>, prefix: string): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]));
}

function readableParam(name: string, value: string): string {
  if (name === 'country' && /^[A-Z]{2}$/.test(value)) return countryName(value);
  if (name === 'found' && value === '?') return m.media_kind_unknown();
  if (name === 'variable') return fieldWord(value);
  if (name === 'book') return value === 'practice' ? m.credits_book_practice() : m.credits_book_real();
  if (name === 'day' && /^\d{4}-\d\d-\d\d$/.test(value)) return date(noonOf(value));
  return /^\d{4,15}$/.test(value) ? num(Number(value)) : value;
}
