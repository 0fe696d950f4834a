// How the times on a number's card are written. Pure.
import { duration, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

/** 16 "s ago", 5 "min ago": a figure and its unit, for a big figure with a small unit. */
export function agoParts(ms: number): { figure: string; unit: string } {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return { figure: num(seconds), unit: m.numbers_ago_s() };
  if (seconds < 3600) return { figure: num(Math.floor(seconds / 60)), unit: m.numbers_ago_min() };
  if (seconds < 86_400) return { figure: num(Math.floor(seconds / 3600)), unit: m.numbers_ago_h() };
  const days = Math.floor(seconds / 86_400);
  return { figure: num(days), unit: m.numbers_ago_d({ count: days }) };
}

/** What is left of a long wait: 1 d 04:17:38, 4:17:38, 17:38. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  if (days > 0) return `${m.duration_d({ d: num(days) })} ${two(hours)}:${rest}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** How much of a wait is over, in percent; null when its beginning is not known. */
export function passed(from: number | null, until: number, now: number): number | null {
  if (from === null || until <= from) return null;
  return Math.round(Math.min(100, Math.max(0, ((now - from) / (until - from)) * 100)));
}

/** 412 ms as 0.4 s. */
export function answerTime(ms: number): string {
  return m.duration_s({ s: num(Math.max(1, Math.round(ms / 100)) / 10) });
}

/** How much of a code's time is left, in percent: a full ring when it came, none when it ends. */
export function leftPercent(shownAt: number, expiresAt: number, now: number): number {
  if (expiresAt <= shownAt) return 0;
  return Math.round(Math.min(100, Math.max(0, ((expiresAt - now) / (expiresAt - shownAt)) * 100)));
}

/** 2:41 */
export function clockLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** How far the clock is from WhatsApp's: ahead, or behind where it is negative. */
export function clockOff(ahead: number): string {
  const span = duration(Math.abs(ahead));
  return ahead > 0 ? m.link_clock_ahead({ span }) : m.link_clock_behind({ span });
}

/** How a mobile number is written at home; the examples belong to nobody. */
export function phoneExample(country: string): string {
  return { TR: '0550 000 00 00', ID: '0812 0000 0000' }[country] ?? '+90 550 000 00 00';
}
