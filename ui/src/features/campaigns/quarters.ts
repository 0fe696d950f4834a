// The bars "sent per quarter of an hour": a quarter in which nothing went out is a gap, not left out. Pure.
export const QUARTER = 900_000;

export type Bar = { at: number; sent: number; running: boolean };

export function bars(perQuarter: { at: number; sent: number }[], now: number, most = 24): Bar[] {
  const known = new Map(perQuarter.map((one) => [Math.floor(one.at / QUARTER), one.sent]));
  if (known.size === 0) return [];
  const current = Math.floor(now / QUARTER);
  const newest = Math.max(...known.keys());
  // A campaign that is long over shows its own last quarters.
  const last = current - newest < most ? Math.max(newest, Math.min(current, newest + 1)) : newest;
  const first = Math.max(Math.min(...known.keys()), last - most + 1);
  return Array.from({ length: last - first + 1 }, (_, step) => first + step)
    .map((quarter) => ({ at: quarter * QUARTER, sent: known.get(quarter) ?? 0, running: quarter === current }));
}

/** 00:14, 12:05, 3:12:05; from a day on null, which is no longer counted down. */
export function countdown(ms: number): string | null {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds >= 86_400) return null;
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const clock = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}
