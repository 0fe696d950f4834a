// A connected number for tests, changed where a test says so.
import type { NumberView } from '../../api/client';

export const NOW = Date.parse('2026-11-12T11:22:06Z');

export function sample(change: Partial<NumberView> = {}): NumberView {
  return {
    id: 'n1', kind: 'whatsapp', name: 'Shop', phone: '+905550005142', priority: 1, isPrimary: true, state: 'connected', since: NOW - 60_000, nextTryAt: null, tries: 0, ban: null, shut: null,
    limits: { newChatsUsed: null, newChatsQuota: null, quotaRenewsAt: null, lockedUntil: null }, sentToday: 0, errorsToday: 0, sharePercent: 0, lastActivityAt: null, respondMs: 400, phoneSeenAt: NOW,
    phoneWarning: false, idleWarning: false, linkedAt: NOW - 1, pace: { minMs: 8000, maxMs: 20_000, batch: 50, restMs: 120_000, hourlyCap: 0, dailyCap: 0 }, warmUp: null, typing: false, takeNames: false, ...change,
  };
}
