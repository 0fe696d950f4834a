// The numbers of the fake: three and the practice number in a usual day, every state there is with `?scene=numbers`.
// Linking goes on by itself: codes follow each other, and a phone answers a little later. With `?scene=link-…` it stands
// still, so that a stage can be looked at: `link-qr`, `link-code`, `link-passkey`, `link-passkey_code`, and the ends.
import type { Api, LinkHow, LinkView, NumberView } from '../client';
import { refuse, type World } from './world';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const QR_LIFE = 20_000;
const CODES = 5;
const ANSWER = 30_000;
/** Where a passkey is asked for, somebody scans at once. */
const SCAN = 2500;

const ENDS = ['exhausted', 'refused', 'lost', 'passkey_unavailable', 'passkey_too_late', 'passkey_refused'] as const;

/** The stage at which the scene lets linking stand. */
function still(scene: string, now: number): Partial<LinkView> | null {
  const name = scene.replace(/^link-/, '');
  if (name === scene) return null;
  const end = ENDS.find((one) => one === name);
  if (end) return { stage: 'ended', end };
  const expiresAt = now + 108_000;
  switch (name) {
    case 'clock': return { stage: 'ended', end: 'lost', clockAhead: -3 * HOUR };
    case 'code': return { stage: 'code', code: 'K7PX-2M4Q', expiresAt };
    case 'passkey': return { stage: 'passkey', expiresAt };
    case 'passkey_code': return { stage: 'passkey_code', code: 'K7PX-2M4Q', expiresAt };
    default: return { stage: 'qr', qr: drawn(100), expiresAt };
  }
}

type Attempt = { id: string; again: string | null; how: LinkHow; begun: number; round: number; became: string | null; passkey: 'asked' | 'used' | 'confirmed' };

export function practiceNumber(): NumberView {
  return { ...base('session-practice', '', '', 100), kind: 'practice', sentToday: 486, errorsToday: 5, lastActivityAt: Date.parse('2026-11-12T11:21:50Z'), pace: { minMs: 8000, maxMs: 20_000, batch: 50, restMs: 120_000, hourlyCap: 0, dailyCap: 0 }, linkedAt: null };
}

export function usualNumbers(now: number): NumberView[] {
  return [
    { ...base('n-shop', 'Shop', '+905550005142', 1), isPrimary: true, sentToday: 351, errorsToday: 4, sharePercent: 72, lastActivityAt: now - 16_000, respondMs: 412, since: now - 6 * HOUR, phoneSeenAt: now - 2 * HOUR,
      pace: { minMs: 20_000, maxMs: 40_000, batch: 100, restMs: 600_000, hourlyCap: 0, dailyCap: 1000 }, limits: { newChatsUsed: 38, newChatsQuota: 120, quotaRenewsAt: now + 9 * HOUR, lockedUntil: null }, takeNames: true },
    { ...base('n-workshop', 'Workshop', '+905550005177', 2), state: 'slow', sentToday: 135, errorsToday: 1, sharePercent: 28, lastActivityAt: now - 5 * MINUTE, respondMs: 6210, since: now - 40 * MINUTE, phoneSeenAt: now - 11 * DAY - HOUR, phoneWarning: true,
      pace: { minMs: 60_000, maxMs: 120_000, batch: 50, restMs: 600_000, hourlyCap: 0, dailyCap: 0 } },
    { ...base('n-old', 'Old line', '+905550005109', 3), state: 'banned', since: now - 20 * HOUR, ban: { code: 104, until: now + DAY + 4 * HOUR + 17 * MINUTE + 38_000 }, shut: { cause: 'banned', until: now + DAY + 4 * HOUR }, phoneSeenAt: now - 3 * HOUR },
  ];
}

/** One card for each thing that can be up with a number. */
export function everyNumber(now: number): NumberView[] {
  const of = (key: string, name: string, change: Partial<NumberView>): NumberView => ({ ...base(`n-${key}`, name, '', 0), ...change });
  const all = [
    ...usualNumbers(now),
    of('lost', 'Market stall', { state: 'disconnected', since: now - 3 * MINUTE, nextTryAt: now + 48_000, tries: 4, lastActivityAt: now - 4 * MINUTE }),
    of('connecting', 'Van', { state: 'connecting', since: now - 4000, typing: true }),
    of('needs', 'Warehouse', { state: 'needs_attention', since: now - 50 * MINUTE, nextTryAt: now + 4 * MINUTE + 20_000, tries: 13 }),
    of('out', 'Evening desk', { state: 'logged_out', since: now - 2 * DAY }),
    of('replaced', 'Second desk', { state: 'replaced', since: now - 10 * MINUTE }),
    of('banned', 'Club', { state: 'banned', since: now - 3 * DAY, ban: { code: 406, until: null } }),
    of('locked', 'Reception', { state: 'locked', since: now - 5 * HOUR }),
    of('outdated', 'Office', { state: 'outdated', since: now - HOUR }),
    of('new-chats', 'Fairs', { shut: { cause: 'new_chats_locked', until: now + 5 * HOUR + 12 * MINUTE }, limits: { newChatsUsed: 120, newChatsQuota: 120, quotaRenewsAt: now + DAY, lockedUntil: now + 5 * HOUR }, respondMs: 380, lastActivityAt: now - 3 * HOUR, sentToday: 61, errorsToday: 7 }),
    of('fast', 'Çırağan ve Beşiktaş şubelerinin hafta sonu hattı', { shut: { cause: 'too_fast', until: now + 11 * MINUTE }, respondMs: 700 }),
    of('used', 'Events', { shut: { cause: 'new_chats_used_up', until: now + 20 * HOUR }, idleWarning: true, lastActivityAt: now - 30 * HOUR, respondMs: 640, phoneSeenAt: now - 13 * DAY - 5 * HOUR, phoneWarning: true }),
    of('linking', 'Back room', { state: 'linking' }),
    of('all', 'Fairs, old', { shut: { cause: 'all_chats_locked', until: now + 2 * HOUR }, respondMs: 380 }),
  ];
  return all.map((number, index) => ({ ...number, priority: index + 1, phone: number.phone || `+9055500052${String(index + 10)}` }));
}


export function numberCommands(world: World): Pick<Api, 'numbers' | 'startLink' | 'linkView' | 'refreshLink' | 'usePasskey' | 'confirmPasskey' | 'cancelLink' | 'unlinkNumber' | 'removeNumber' | 'reconnectNumber' | 'orderNumbers' | 'setNumberOptions'> {
  const attempts = new Map<string, Attempt>();
  const find = (id: string) => world.numbers.find((one) => one.id === id) ?? refuse('session.unknown', 'There is no such number.');
  const changed = () => world.emit('numbersChanged', null);
  const change = (id: string, what: Partial<NumberView>) => { Object.assign(find(id), what); changed(); };
  const drop = (id: string) => { world.numbers = world.numbers.filter((one) => one.id !== id); changed(); };
  const connect = (id: string) => {
    const fresh = { tries: 0, nextTryAt: null, ban: null, shut: null };
    change(id, { state: 'connecting', since: world.now(), ...fresh });
    setTimeout(() => { if (world.numbers.some((one) => one.id === id)) change(id, { state: 'connected', since: world.now(), respondMs: 520, lastActivityAt: world.now(), phoneSeenAt: world.now(), phoneWarning: false }); }, 2500);
  };

  /** What an attempt has come to by now; the phone answers once, some seconds after a code was shown. */
  function viewOf(attempt: Attempt): LinkView {
    const now = world.now();
    const age = now - attempt.begun;
    const none = { sessionId: attempt.became ?? attempt.id, qr: null, code: null, expiresAt: null, end: null, problem: null, clockAhead: null };
    const standing = still(world.scene, attempt.begun);
    if (standing) return { ...none, stage: 'starting', ...standing };
    if (attempt.became !== null) return { ...none, stage: 'linked' };
    if (age < 1200) return { ...none, stage: 'starting' };
    if (world.scene === 'nopasskey' && age > SCAN) return { ...none, stage: 'ended', end: 'passkey_unavailable' };
    if (world.scene === 'passkey' && age > SCAN && attempt.passkey !== 'confirmed') {
      return attempt.passkey === 'asked' ? { ...none, stage: 'passkey', expiresAt: attempt.begun + SCAN + 120_000 } : { ...none, stage: 'passkey_code', code: 'K7PX-2M4Q' };
    }
    if (attempt.passkey === 'confirmed' || (world.scene !== 'nophone' && age > ANSWER)) {
      const id = attempt.again ?? attempt.id;
      attempt.became = id;
      if (attempt.again === null) world.numbers = [...world.numbers, fresh(id, world.numbers.length)];
      connect(id);
      return { ...none, sessionId: id, stage: 'linked' };
    }
    if (attempt.how.kind === 'pairing_code') return age > 160_000 ? { ...none, stage: 'ended', end: 'refused' } : { ...none, stage: 'code', code: 'K7PX-2M4Q', expiresAt: attempt.begun + 160_000 };
    const step = Math.floor(age / QR_LIFE);
    if (step >= CODES) return { ...none, stage: 'ended', end: 'exhausted' };
    return { ...none, stage: 'qr', qr: drawn(attempt.round * 100 + step), expiresAt: attempt.begun + (step + 1) * QR_LIFE };
  }

  function passkeyStep(id: string, passkey: Attempt['passkey']): null {
    Object.assign(attempts.get(id) ?? refuse('passkey.not_asked', 'WhatsApp does not ask for a passkey here.'), { passkey });
    changed();
    return null;
  }

  // The core tells the window of every new code; so does the fake.
  setInterval(() => { if (attempts.size > 0) changed(); }, 1000);

  return {
    numbers: async () => world.numbers,
    startLink: async (how, session) => {
      if (how.kind === 'pairing_code' && how.phone.replace(/\D/g, '').length < 10) refuse('phone.too_short', 'The number is too short.', { digits: String(how.phone.replace(/\D/g, '').length), country: 'TR' });
      const id = world.id('number');
      if (session !== null) find(session).state = 'linking';
      attempts.set(id, { id, again: session, how, begun: world.now(), round: 1, became: null, passkey: 'asked' });
      changed();
      return id;
    },
    linkView: async (id) => viewOf(attempts.get(id) ?? refuse('number.not_linking', 'This number is not being linked.')),
    refreshLink: async (id) => {
      const attempt = attempts.get(id) ?? refuse('number.not_linking', 'This number is not being linked.');
      attempts.set(id, { ...attempt, begun: world.now(), round: attempt.round + 1, passkey: 'asked' });
      return null;
    },
    usePasskey: async (id) => passkeyStep(id, 'used'),
    confirmPasskey: async (id) => passkeyStep(id, 'confirmed'),
    cancelLink: async (id) => {
      const again = attempts.get(id)?.again;
      attempts.delete(id);
      if (again) change(again, { state: 'logged_out' });
      return null;
    },
    unlinkNumber: async (id) => { const told = find(id).state !== 'disconnected'; drop(id); return told; },
    removeNumber: async (id) => { find(id); drop(id); return null; },
    reconnectNumber: async (id) => { connect(id); return null; },
    orderNumbers: async (ids) => {
      for (const [index, id] of ids.entries()) find(id).priority = index + 1;
      const first = [...world.numbers].filter((one) => one.kind === 'whatsapp' && (one.state === 'connected' || one.state === 'slow')).sort((a, b) => a.priority - b.priority)[0];
      for (const one of world.numbers) one.isPrimary = one.id === first?.id;
      changed();
      return world.numbers;
    },
    setNumberOptions: async (id, typing, takeNames) => { change(id, { typing, takeNames }); return null; },
  };
}

/** A number that was linked for the first time. */
function fresh(id: string, priority: number): NumberView {
  const number = base(id, '', '+905550005290', priority);
  return { ...number, pace: { ...number.pace, dailyCap: 0 }, warmUp: { day: 1, days: 14, hourly: 20, daily: 50 } };
}

function base(id: string, name: string, phone: string, priority: number): NumberView {
  return {
    id, kind: 'whatsapp', name, phone, priority, isPrimary: false, state: 'connected', since: null, nextTryAt: null, tries: 0, ban: null, shut: null,
    limits: { newChatsUsed: null, newChatsQuota: null, quotaRenewsAt: null, lockedUntil: null }, sentToday: 0, errorsToday: 0, sharePercent: 0, lastActivityAt: null, respondMs: null,
    phoneSeenAt: null, phoneWarning: false, idleWarning: false, linkedAt: Date.parse('2026-09-02T09:00:00Z'), pace: { minMs: 20_000, maxMs: 40_000, batch: 50, restMs: 300_000, hourlyCap: 0, dailyCap: 60 }, warmUp: null, typing: false, takeNames: false,
  };
}

/** Looks like a QR code of version 6 and says nothing. */
function drawn(seed: number): { size: number; path: string } {
  const size = 41;
  let state = seed * 2_654_435_761 + 1;
  const random = () => { state = (state * 1_103_515_245 + 12_345) % 2_147_483_648; return state / 2_147_483_648; };
  const corner = (x: number, y: number) => (x < 8 && y < 8) || (x > size - 9 && y < 8) || (x < 8 && y > size - 9);
  let path = [[0, 0], [size - 7, 0], [0, size - 7]].map(([x, y]) => `M${x} ${y}h7v7h-7zM${(x ?? 0) + 1} ${(y ?? 0) + 1}v5h5v-5zM${(x ?? 0) + 2} ${(y ?? 0) + 2}h3v3h-3z`).join('');
  for (let y = 0; y < size; y += 1) for (let x = 0; x < size; x += 1) if (!corner(x, y) && random() < 0.48) path += `M${x} ${y}h1v1h-1z`;
  return { size, path };
}
