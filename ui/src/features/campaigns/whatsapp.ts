// How WhatsApp reads a text: its formatting marks, and how long it takes the text to be. Pure.
import { mask } from './variables';

export const CAPTION_LIMIT = 1024;
export const TEXT_LIMIT = 4096;

/** UTF-16 units, as the text fields of WhatsApp's clients count: an emoji outside the basic plane is two. */
export function whatsappLength(text: string): number {
  return text.length;
}

/** What phones make a link of; a mark of formatting behind it is none of it. The core knows the same endings of a bare domain (`link.rs`). */
const LINK = /(?:https?:\/\/|www\.)[^\s<>"{}]+[^\s<>"{}.,;:!?)\]*_~]|(?<![\p{L}\p{N}@.-]|[\p{L}\p{N}]_)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(?:com|net|org|info|biz|shop|store|app|io|tr|id)(?![\p{L}\p{N}@-]|[._][\p{L}\p{N}])(?:[/?#][^\s<>"{}]*[^\s<>"{}.,;:!?)\]*_~])?/giu;

/** The text in pieces, those that phones make a link of marked as such. */
export function withLinks(text: string): { text: string; link: boolean }[] {
  const pieces: { text: string; link: boolean }[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), link: false });
    pieces.push({ text: match[0], link: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), link: false });
  return pieces;
}

export type Style = { bold: boolean; italic: boolean; strike: boolean; mono: boolean };
/** `mark`: the sign itself, which the recipient does not see. */
export type Piece = Style & { text: string; mark: boolean };

const plain: Style = { bold: false, italic: false, strike: false, mono: false };
const styles = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
type Sign = keyof typeof styles;

/** Lines that phones show as a quote or as an item of a list; `head` is what stands before an item. */
export type Block = { kind: 'text' | 'quote' | 'item'; head: string; text: string };

/** The text by its lines; those that are nothing else stay together. */
export function blocks(text: string): Block[] {
  const found: Block[] = [];
  let at = 0;
  let inCode = false;
  for (const line of text.split('\n')) {
    const block = inCode ? null : blockOf(line);
    const last = found.at(-1);
    if (block) found.push(block);
    else if (last?.kind === 'text') last.text += `\n${line}`;
    else found.push({ kind: 'text', head: '', text: line });
    for (let fence = line.indexOf('```'); fence >= 0; fence = line.indexOf('```', fence + 3)) {
      inCode = !inCode && text.includes('```', at + fence + 3);
    }
    at += line.length + 1;
  }
  return found;
}

function blockOf(line: string): Block | null {
  const [, sign = '', rest = ''] = /^(>|[*-]|\d{1,3}\.) +(\S.*)$/u.exec(line) ?? [];
  switch (sign) {
    case '': return null;
    case '>': return { kind: 'quote', head: '', text: rest };
    case '*':
    case '-': return { kind: 'item', head: '•', text: rest };
    default: return { kind: 'item', head: sign, text: rest };
  }
}

/** The pieces of a text in order; joined together they are the text again. */
export function formatted(text: string): Piece[] {
  const pieces: Piece[] = [];
  read(text, mask(text).replace(LINK, (link) => '\uE000'.repeat(link.length)), 0, text.length, plain, pieces);
  return pieces;
}

/** `masked` is the text with its variables and links blotted out, so that an underscore in them formats nothing. */
function read(text: string, masked: string, from: number, to: number, style: Style, out: Piece[]): void {
  let start = from;
  let at = from;
  const flush = (end: number) => { if (end > start) out.push({ ...style, text: text.slice(start, end), mark: false }); };
  const marked = (length: number, end: number, inside: () => void) => {
    flush(at);
    out.push({ ...style, text: text.slice(at, at + length), mark: true });
    inside();
    out.push({ ...style, text: text.slice(end, end + length), mark: true });
    at = end + length;
    start = at;
  };
  while (at < to) {
    const ticks = masked.startsWith('```', at) ? 3 : masked[at] === '`' ? 1 : 0;
    const codeEnd = ticks > 0 ? closingTicks(masked, at, to, ticks) : -1;
    if (codeEnd > 0) {
      const begin = at + ticks;
      marked(ticks, codeEnd, () => out.push({ ...style, mono: true, text: text.slice(begin, codeEnd), mark: false }));
      continue;
    }
    const sign = masked[at] as Sign;
    const name = styles[sign];
    const end = name && !style[name] ? closing(masked, sign, at, to) : -1;
    if (end > 0) {
      const begin = at + 1;
      marked(1, end, () => read(text, masked, begin, end, { ...style, [name]: true }, out));
      continue;
    }
    at += 1;
  }
  flush(to);
}

function closingTicks(masked: string, at: number, to: number, ticks: number): number {
  const end = masked.indexOf('`'.repeat(ticks), at + ticks);
  if (end <= at + ticks || end + ticks > to) return -1;
  const inside = masked.slice(at + ticks, end);
  return inside.trim() === '' || (ticks === 1 && inside.includes('\n')) ? -1 : end;
}

/** A sign opens before a word and closes behind one, on the same line. */
function closing(masked: string, sign: Sign, at: number, to: number): number {
  if (isWord(masked[at - 1]) || isGap(masked[at + 1]) || masked[at + 1] === sign) return -1;
  for (let end = at + 2; end < to; end += 1) {
    if (masked[end] === '\n') return -1;
    if (masked[end] === sign && !isGap(masked[end - 1]) && !isWord(masked[end + 1])) return end;
  }
  return -1;
}

function isWord(sign: string | undefined): boolean {
  return sign !== undefined && /[\p{L}\p{N}\uE000]/u.test(sign);
}

function isGap(sign: string | undefined): boolean {
  return sign === undefined || /\s/.test(sign);
}
