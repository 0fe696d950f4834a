// What a message costs by what the owner set for each kind of part. Pure but for the settings that it asks.
import type { PartKind, PriceLine, Prices } from '../api/client';
import { app } from './app.svelte';
import { num } from './format.svelte';
import { m } from './i18n.svelte';

/** The credits of a message with these parts. */
export function priceOf(kinds: readonly PartKind[], prices: Prices): number {
  return kinds.reduce((sum, kind) => sum + prices[kind], 0);
}

/** The same at what is set now; before the settings are there nothing is claimed. */
export function priceNow(kinds: readonly PartKind[]): number {
  return app.settings === null ? 0 : priceOf(kinds, app.settings.prices);
}

/** "3 credits" */
export function creditsWord(count: number): string {
  return m.campaigns_credits({ count, n: num(count) });
}

/** What one message of a line of the review is: "3 parts", or "7 credits (3 parts)" where they do not cost one each. */
export function messageWord({ parts, credits }: Pick<PriceLine, 'parts' | 'credits'>): string {
  const word = m.campaigns_parts({ count: parts, n: num(parts) });
  return parts === credits ? word : `${creditsWord(credits)} (${word})`;
}
