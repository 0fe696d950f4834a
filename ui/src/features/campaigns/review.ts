// What the review says of the start and of the cost. Pure.
import type { PriceLine, Review } from '../../api/client';

const MINUTE = 60_000;

/** "Now" may still have to wait for the hours to open, or for a campaign that goes first. */
export function startOf(dueAt: number | null, review: Pick<Review, 'startsAt'>, now: number): { at: number | null; past: boolean; waits: boolean } {
  return { at: dueAt, past: dueAt !== null && dueAt < now - MINUTE, waits: dueAt === null && review.startsAt > now + 2 * MINUTE };
}

export type Cost = { people: number; lines: PriceLine[]; held: number | null; covered: boolean };

/** Of a mixed lot nobody knows beforehand whom the last credits reach, so `held` is then unknown: at most what is free. */
export function costOf(review: Pick<Review, 'price' | 'credits' | 'shortage' | 'coveredPeople' | 'willSend'>, onlyCovered: boolean): Cost {
  if (review.shortage <= 0) return { people: review.willSend, lines: review.price, held: review.credits, covered: true };
  if (!onlyCovered || review.coveredPeople === 0) return { people: review.willSend, lines: review.price, held: review.credits, covered: false };
  const only = review.price.length === 1 ? review.price[0] : undefined;
  const people = review.coveredPeople;
  return { people, lines: only ? [{ ...only, people }] : [], held: only ? people * only.credits : null, covered: true };
}
