// Where a day is closed, and which hours are written below the ribbon. Minutes since local midnight.
export type Span = { from: number; to: number };

const DAY = 1440;

/** `from` equal to `to` is open all day; a window over midnight is closed in the middle. */
export function closedSpans(from: number, to: number): Span[] {
  if (from === to) return [];
  const spans = from < to ? [{ from: 0, to: from }, { from: to, to: DAY }] : [{ from: to, to: from }];
  return spans.filter((span) => span.to > span.from);
}

/** Every three hours and the edges of the sending hours; an edge pushes out a mark that would touch it. */
export function hourMarks(from: number, to: number): { at: number; edge: boolean }[] {
  const edges = from === to ? [] : [from, to].filter((at) => at > 0 && at < DAY);
  const plain = [0, 360, 720, 900, 1080, DAY].filter((at) => edges.every((edge) => Math.abs(edge - at) >= 90));
  return [...plain.map((at) => ({ at, edge: false })), ...edges.map((at) => ({ at, edge: true }))].sort((a, b) => a.at - b.at);
}

export function isOpen(minute: number, from: number, to: number): boolean {
  return closedSpans(from, to).every((span) => minute < span.from || minute >= span.to);
}
