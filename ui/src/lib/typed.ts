// What people type as a number or as a span of time, in any of the three languages. Pure.

/** 1500 for "1500", "1.500", "1,500", "1 500" and, where the comma is the decimal sign, "1.500,00"; null when it is no whole number. */
export function wholeNumber(text: string, decimal: ',' | '.'): number | null {
  const plain = text.trim().replace(/[\u00a0\u202f]/g, ' ');
  if (/^\d+$/.test(plain)) return safe(plain);
  const grouped = /^(\d{1,3})([., ’'])\d{3}(?:\2\d{3})*/.exec(plain);
  if (!grouped) return null;
  const rest = plain.slice(grouped[0].length);
  const whole = rest === '' || (grouped[2] !== decimal && new RegExp(`^\\${decimal}0{1,2}$`).test(rest));
  return whole ? safe(grouped[0].replace(/\D/g, '')) : null;
}

export type Unit = 's' | 'min';

const units: [ms: number, words: string[]][] = [
  [1000, ['s', 'sec', 'secs', 'second', 'seconds', 'sn', 'san', 'saniye', 'dtk', 'detik']],
  [60_000, ['m', 'min', 'mins', 'minute', 'minutes', 'dk', 'dak', 'dakika', 'mnt', 'menit']],
  [3_600_000, ['h', 'hr', 'hrs', 'hour', 'hours', 'sa', 'saat', 'j', 'jam']],
  [86_400_000, ['d', 'day', 'days', 'g', 'gn', 'gün', 'gun', 'hari']],
];

/** Milliseconds for "90", "1,5 dk", "1 min 30 s", "2 jam" or "3 d"; a bare number is of `unit`. Null when it is no span. */
export function spanOf(text: string, unit: Unit, decimal: ',' | '.'): number | null {
  const plain = text.trim().toLowerCase();
  const bare = amount(plain, decimal);
  if (bare !== null) return Math.round(bare * (unit === 's' ? 1000 : 60_000));
  const pieces = [...plain.matchAll(/([\d.,]+)\s*(\p{L}+)\.?\s*/gu)];
  if (pieces.length === 0 || pieces.map(([piece]) => piece).join('') !== plain) return null;
  let total = 0;
  for (const [, digits = '', word = ''] of pieces) {
    const value = amount(digits, decimal);
    const ms = units.find(([, words]) => words.includes(word))?.[0];
    if (value === null || ms === undefined) return null;
    total += value * ms;
  }
  return Math.round(total);
}

/** Days, hours, minutes and seconds of a span, none of them rounded away. */
export function partsOfSpan(ms: number): { d: number; h: number; min: number; s: number } {
  const seconds = Math.floor(ms / 1000);
  return { d: Math.floor(seconds / 86_400), h: Math.floor(seconds / 3600) % 24, min: Math.floor(seconds / 60) % 60, s: (seconds % 60) + (ms % 1000) / 1000 };
}

/** Three digits behind a sign are a group, so only one or two can be a fraction. */
function amount(text: string, decimal: ',' | '.'): number | null {
  const fraction = /^(\d+)[.,](\d{1,2})$/.exec(text);
  return fraction ? Number(`${fraction[1]}.${fraction[2]}`) : wholeNumber(text, decimal);
}

/** "14:00", "14.00", "1400", "9" or "9:5" as minutes since midnight; null when it is no time. */
export function parseClock(text: string): number | null {
  const match = /^\s*(\d{1,2})\s*(?:[:.,h ]\s*(\d{1,2}))?\s*$/.exec(text) ?? /^\s*(\d{1,2})(\d{2})\s*$/.exec(text);
  if (!match) return null;
  const minute = Number(match[1]) * 60 + Number(match[2] ?? 0);
  return Number(match[1]) < 24 && Number(match[2] ?? 0) < 60 ? minute : null;
}

function safe(digits: string): number | null {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : null;
}
