// Where a day is closed, and which hours are written below the ribbon. Minutes since local midnight.
export type Span = { from: number; to: number };

const DAY = 1440;

/** What hours from one clock to another open of a day: `from` equal to `to` is all of it, over midnight both its ends. */
export function openSpans(from: number, to: number): Span[] {
  if (from === to) return [{ from: 0, to: DAY }];
  const spans = from < to ? [{ from, to }] : [{ from: 0, to }, { from, to: DAY }];
  return spans.filter((span) => span.to > span.from);
}

/** What lies between spans that are in order. */
export function closedSpans(open: Span[]): Span[] {
  const edges = [{ from: 0, to: 0 }, ...open, { from: DAY, to: DAY }];
  return edges.slice(1).map((next, index) => ({ from: edges[index]?.to ?? 0, to: next.from })).filter((span) => span.to > span.from);
}

/** The window that the spans of one day belong to; null when it is closed. */
export function windowOf(open: Span[]): Span | null {
  const [first, last] = [open[0], open.at(-1)];
  if (!first || !last) return null;
  return open.length > 1 && first.from === 0 && last.to === DAY ? { from: last.from, to: first.to } : { from: first.from, to: last.to };
}

/** Every three hours and the edges of the sending hours; an edge pushes out a mark that would touch it. */
export function hourMarks(open: Span[]): { at: number; edge: boolean }[] {
  const edges = open.flatMap((span) => [span.from, span.to]).filter((at) => at > 0 && at < DAY);
  const plain = [0, 360, 720, 900, 1080, DAY].filter((at) => edges.every((edge) => Math.abs(edge - at) >= 90));
  return [...plain.map((at) => ({ at, edge: false })), ...edges.map((at) => ({ at, edge: true }))].sort((a, b) => a.at - b.at);
}

export function isOpen(minute: number, open: Span[]): boolean {
  return open.some((span) => minute >= span.from && minute < span.to);
}
