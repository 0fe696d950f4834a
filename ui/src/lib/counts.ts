// What the owner reads as "sent" are all who got at least that far: a read message was sent and delivered too.
import type { Counts } from '../api/client';

export type Reached = { sent: number; delivered: number; read: number; played: number; failed: number; unknown: number; waiting: number; skipped: number; cancelled: number };

export function reached(counts: Counts): Reached {
  const read = counts.read + counts.played;
  const delivered = counts.delivered + read;
  return {
    sent: counts.sent + delivered, delivered, read, played: counts.played, failed: counts.failed, unknown: counts.unknown,
    waiting: counts.pending + counts.sending, skipped: counts.skipped, cancelled: counts.cancelled,
  };
}

/** Who gets a message: everybody but those who were skipped at scheduling. */
export function going(campaign: { people: number | null; counts: Counts }): number {
  return (campaign.people ?? 0) - campaign.counts.skipped;
}
