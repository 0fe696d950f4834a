// Which rows of a long table are in sight, and where to scroll for one of them. All rows have one height.
const SPARE = 12;

/** From (inclusive) to (exclusive), with some to spare on both sides. */
export function rowsInSight(top: number, height: number, rowHeight: number, total: number): { from: number; to: number } {
  const first = Math.floor(top / rowHeight);
  const from = Math.max(0, Math.min(first, total) - SPARE);
  return { from, to: Math.min(total, first + Math.ceil(height / rowHeight) + SPARE) };
}

/** The nearest scroll position that shows the whole row below a sticky head of one row. */
export function scrollTo(index: number, top: number, height: number, rowHeight: number): number {
  const start = index * rowHeight;
  if (start < top) return start;
  const below = start + 2 * rowHeight - height;
  return below > top ? below : top;
}
