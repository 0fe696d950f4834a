// What the formatting buttons do to a text and its selection. Pure: an edit replaces one stretch and selects another.
export type Edit = { from: number; to: number; text: string; select: [number, number] };
export type Mark = '*' | '_' | '~' | '```';

/** Puts marks around the selection, or takes them away where they are. Blanks at its edges stay outside, and every
    line gets its own marks, because WhatsApp formats no further than a line (except monospace). */
export function toggleMark(text: string, from: number, to: number, mark: Mark): Edit {
  const size = mark.length;
  if (from === to) return { from, to, text: mark + mark, select: [from + size, from + size] };
  const chosen = text.slice(from, to);
  const begin = from + (chosen.length - chosen.trimStart().length);
  const end = Math.max(begin, to - (chosen.length - chosen.trimEnd().length));
  const inner = text.slice(begin, end);
  if (inner === '') return { from: to, to, text: mark + mark, select: [to + size, to + size] };
  if (text.slice(begin - size, begin) === mark && text.slice(end, end + size) === mark) {
    return { from: begin - size, to: end + size, text: inner, select: [begin - size, end - size] };
  }
  if (inner.length > 2 * size && inner.startsWith(mark) && inner.endsWith(mark) && !inner.slice(size, -size).includes('\n')) {
    return { from: begin, to: end, text: inner.slice(size, -size), select: [begin, end - 2 * size] };
  }
  const marked = mark === '```' ? mark + inner + mark : inner.split('\n').map((line) => markLine(line, mark)).join('\n');
  const single = !marked.includes('\n') || mark === '```';
  return { from: begin, to: end, text: marked, select: single ? [begin + size, begin + size + inner.length] : [begin, begin + marked.length] };
}

function markLine(line: string, mark: Mark): string {
  const inner = line.trim();
  return inner === '' ? line : line.replace(inner, () => mark + inner + mark);
}

export function insertAt(from: number, to: number, text: string): Edit {
  return { from, to, text, select: [from + text.length, from + text.length] };
}

/** What could complete the variable that is being written. */
export type Offer = { name: string; fallback: string };

/** Behind an open `{{`, or behind `{{name|`: what may follow, and from where it would be replaced; null when no
    variable is being written or nothing fits. `person` is the variable of the name, `stand` what
    usually stands for a missing one. */
export function offersAt(text: string, caret: number, names: string[], person: string, stand: string): { from: number; offers: Offer[] } | null {
  const match = /\{\{([^{}|\n]{0,40})(\|[^{}|\n]{0,60})?$/.exec(text.slice(0, caret));
  if (!match) return null;
  const typed = match[1]?.trim() ?? '';
  const behindBar = match[2]?.slice(1).trim();
  const offers = behindBar === undefined ? namesLike(typed, names).flatMap((name) => withStand(name, person, stand)) : typed === person && begins(stand, behindBar) ? [{ name: typed, fallback: stand }] : [];
  return offers.length > 0 ? { from: match.index, offers: offers.slice(0, 8) } : null;
}

function withStand(name: string, person: string, stand: string): Offer[] {
  const plain = { name, fallback: '' };
  return name === person ? [plain, { name, fallback: stand }] : [plain];
}

/** Those that begin with what was typed, then those that contain it. */
function namesLike(typed: string, names: string[]): string[] {
  const inside = (name: string) => name.toLowerCase().indexOf(typed.toLowerCase());
  return [...names.filter((name) => inside(name) === 0), ...names.filter((name) => inside(name) > 0)];
}

function begins(whole: string, typed: string): boolean {
  return whole.toLocaleLowerCase().startsWith(typed.toLocaleLowerCase());
}
