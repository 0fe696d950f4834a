// Lists that the owner puts in order. Pure.

/** The list with one of its members at another place. */
export function movedTo<T>(list: T[], from: number, to: number): T[] {
  const moved = [...list];
  const [one] = moved.splice(from, 1);
  if (one !== undefined) moved.splice(Math.max(0, Math.min(to, moved.length)), 0, one);
  return moved;
}
