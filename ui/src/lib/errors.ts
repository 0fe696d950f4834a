// Turns what a command throws into the owner's words. The message key is `error_` and the code with its dots as
// underscores; a code without a message falls back to the English sentence that came along.
import type { AppError } from '../api/client';
import { num } from './format.svelte';
import { m } from './i18n.svelte';

export function sentence(error: unknown): string {
  const { code, message, params } = asAppError(error);
  return messageOf(`error_${code.replaceAll('.', '_')}`, params) ?? (message || m.error_unknown());
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
  return message ? message(readable(params)) : null;
}

/** Whole numbers get their separators, and `count` chooses between singular and plural. */
function readable(params: Record<string, string>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(params)) shown[name] = /^\d{4,15}$/.test(value) && name !== 'raw' ? num(Number(value)) : value;
  const counted = params.count ?? params.n;
  return counted === undefined ? shown : { ...shown, n: shown.n ?? shown.count, count: Number(counted) };
}
