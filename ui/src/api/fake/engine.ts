// Makes the fake move: sends by the pace, lets ticks follow, and tells the window. Also the history behind the day.
import type { Api, Attention, NowView } from '../client';
import { blank, bookOf, countsOf, doingOf, liveOf, pending, release, rowOf, senderOf, settle, start, step, waitOf } from './campaigns';
import { openSpans } from '../../lib/ribbon';
import { balanceOf } from './credits';
import type { Campaign, Message, World } from './world';

const DAY = 86_400_000;
const QUARTER = 900_000;

export function engine(world: World): Pick<Api, 'now' | 'home' | 'dismissNotice' | 'resultSeen' | 'failuresSeen'> {
  if (world.scene !== 'fresh' && world.scene !== 'passphrase') history(world);
  setInterval(() => tick(world), 250);
  const current = () => world.campaigns.find((one) => one.state === 'running') ?? world.campaigns.find((one) => one.state === 'paused' && one.messages.some((message) => message.state === 'pending'));
  const hoursUntil = () => Date.parse('2026-11-12T19:00:00Z');
  const nowView: Api['now'] = async () => {
    const one = current();
    const next = one ? undefined : world.campaigns.filter((candidate) => candidate.state === 'scheduled').sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))[0];
    const shown = one ?? next;
    const counts = shown ? countsOf(shown) : null;
    const left = counts ? counts.pending + counts.sending : 0;
    const total = (shown?.messages.length ?? 0) - (counts?.skipped ?? 0);
    return { finished: finishedOf(world), campaignId: shown?.id ?? null, name: shown?.name ?? null, doing: shown ? doingOf(world, shown) : null, done: total - left, total, wait: waitOf(world, shown), hoursUntil: shown && doingOf(world, shown) === 'sending' && shown.keepHours ? hoursUntil() : null, pausedAll: world.pausedAll, clock: world.now() };
  };
  return {
    now: nowView,
    dismissNotice: async () => null,
    failuresSeen: async (id) => { world.failuresSeen.add(id); world.emit('nowChanged', null); return null; },
    resultSeen: async (id) => { world.seen.add(id); world.emit('nowChanged', null); return null; },
    home: async () => {
      const one = current();
      const next = world.campaigns.filter((candidate) => candidate.state === 'scheduled').sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))[0];
      const attention: Attention[] = [];
      if (world.recoveryCode) attention.push({ kind: 'recovery_code', count: 1, campaignId: null, messageId: null, name: null });
      for (const candidate of world.campaigns) {
        const single = candidate.single ? candidate.messages[0] : undefined;
        if (single) {
          if (single.state === 'failed' || single.state === 'unknown') attention.push({ kind: `message_${single.state}`, count: 1, campaignId: null, messageId: single.id, name: single.name });
          continue;
        }
        const counts = countsOf(candidate);
        if (counts.failed > 0 && bookOf(candidate) === 'real' && !world.failuresSeen.has(candidate.id)) attention.push({ kind: 'failed', count: counts.failed, campaignId: candidate.id, messageId: null, name: candidate.name });
        if (counts.unknown > 0 && bookOf(candidate) === 'real') attention.push({ kind: 'unknown', count: counts.unknown, campaignId: candidate.id, messageId: null, name: candidate.name });
        if (candidate.state === 'paused') attention.push({ kind: 'paused', count: counts.pending, campaignId: candidate.id, messageId: null, name: candidate.name });
      }
      const result = finishedOf(world);
      return { now: await nowView(), result: result ? liveOf(world, world.campaigns.find((candidate) => candidate.id === result.id) as Campaign) : null, live: one ? liveOf(world, one) : null, open: openSpans(world.settings.hoursFrom, world.settings.hoursTo), closedFor: null, opensAt: null, hoursLeftMs: hoursUntil() - world.now(), numbers: [...world.numbers].sort((a, b) => a.priority - b.priority), attention, notices: [], found: [], credits: balanceOf(world, 'practice'), next: next ? rowOf(world, next) : null, contacts: world.contacts.length, campaigns: world.campaigns.length, awake: world.settings.keepAwake && one ? 'kept' : 'no' };
    },
  };
}

function finishedOf(world: World): NowView['finished'] {
  const one = world.campaigns.find((candidate) => candidate.state === 'finished' && !candidate.single && !world.seen.has(candidate.id) && (candidate.finishedAt ?? 0) > world.now() - 7 * DAY);
  if (!one) return null;
  const counts = countsOf(one);
  return { id: one.id, name: one.name, at: one.finishedAt ?? 0, sent: counts.sent + counts.delivered + counts.read + counts.played, total: one.messages.length - counts.skipped };
}

function tick(world: World): void {
  const now = world.now();
  for (const one of world.campaigns) {
    let moved = false;
    if (one.state === 'scheduled' && one.dueAt !== null && one.dueAt <= now && !world.pausedAll) { one.state = 'running'; one.startedAt = now; one.nextAt = now; moved = true; }
    for (const message of one.messages) if (message.next && message.next.at <= now) { follow(world, one, message); moved = true; }
    if (one.state === 'running' && !world.pausedAll && one.nextAt <= now) moved = sendNext(world, one) || moved;
    if (moved) { world.emit('campaignChanged', { campaignId: one.id }); world.emit('nowChanged', null); world.emit('ledgerChanged', null); }
  }
}

function sendNext(world: World, one: Campaign): boolean {
  const session = senderOf(world, one);
  const message = one.messages.find((candidate) => candidate.state === 'pending');
  if (!message) {
    if (one.messages.some((candidate) => candidate.next || candidate.state === 'unknown')) return false;
    one.state = 'finished';
    one.finishedAt = world.now();
    return true;
  }
  send(world, one, message, world.now());
  session.sentToday += 1;
  session.lastActivityAt = world.now();
  const quarter = Math.floor(world.now() / QUARTER) * QUARTER;
  const last = one.perQuarter.at(-1);
  if (last?.at === quarter) last.sent += 1;
  else one.perQuarter.push({ at: quarter, sent: 1 });
  one.nextAt = world.now() + session.pace.minMs + Math.random() * (session.pace.maxMs - session.pace.minMs);
  return true;
}

function send(world: World, one: Campaign, message: Message, at: number): void {
  message.tries += 1;
  message.triedAt = at;
  message.steps.push({ at, kind: 'try', sessionName: senderOf(world, one).name, cause: null, part: 1 });
  if (Math.random() * 100 < (world.practice.failPercent ?? 0) / 2) {
    message.reason = 'not_on_whatsapp';
    step(world, one, message, 'failed', at + 900);
    release(world, one, message, at + 900);
    return;
  }
  step(world, one, message, 'sent', at + 400);
  settle(world, one, message, at + 400);
  message.next = { at: at + 400 + (world.practice.delayMs ?? 0), state: 'delivered' };
}

function follow(world: World, one: Campaign, message: Message): void {
  if (!message.next) return;
  step(world, one, message, message.next.state, message.next.at);
  const reads = message.next.state === 'delivered' && Math.random() * 100 < (world.practice.readPercent ?? 0);
  message.next = reads ? { at: message.next.at + 4000 + Math.random() * 20_000, state: 'read' } : null;
}

/** What happened before the window opened: eight months of credits, a finished campaign, one that is running since ten. */
function history(world: World): void {
  const now = world.now();
  const today = Math.floor(now / DAY) * DAY;
  world.book('grant', 10_000, 0, { at: Date.parse('2026-04-02T07:00:00Z') });
  for (const [month, spent] of [['04', 1420], ['05', 1985], ['06', 2310], ['07', 1640], ['08', 1904], ['09', 3120], ['10', 4061]] as const) {
    const at = Date.parse(`2026-${month}-20T09:00:00Z`);
    world.book('hold', 0, spent, { at, campaignId: `past-${month}`, campaignName: `Invoice reminders ${month}`, count: spent });
    world.book('settle', -spent, -spent, { at: at + 3_600_000, campaignId: `past-${month}`, campaignName: `Invoice reminders ${month}`, count: spent });
    if (month === '08') world.book('grant', 9000, 0, { at: at + DAY, price: '₺4.500,00', note: 'bank transfer' });
  }
  if (world.scene !== 'nophone') world.book('grant', 1000, 0, { book: 'real', at: Date.parse('2026-09-02T09:00:00Z'), note: 'start' });
  world.book('grant', 2500, 0, { at: Date.parse('2026-11-03T06:12:00Z'), price: '₺1.250,00', note: 'bank transfer' });
  world.book('adjust', -40, 0, { at: Date.parse('2026-11-11T15:05:00Z'), note: 'Top-up of July was entered twice' });

  const done = sample(world, 'Back to school frames', ['vip'], today - 40 * DAY);
  for (const [index, message] of pending(done).entries()) arrive(world, done, message, today - 40 * DAY + index * 14_000, index % 10 < 7 ? 'read' : 'delivered');
  done.perQuarter = [0, 1].map((step) => ({ at: today - 40 * DAY + step * QUARTER, sent: step === 0 ? 64 : 40 }));
  done.state = 'finished';
  done.finishedAt = today - 40 * DAY + done.messages.length * 14_000;

  const reminders = sample(world, 'Invoice reminders, November', ['frame'], now - 20 * 3_600_000, Date.parse('2026-11-13T07:00:00Z'));
  reminders.text = 'Sayın {{name}}, {{city}} şubemizdeki kasım faturanız hazır.';

  const begin = Date.parse('2026-11-12T07:00:00Z');
  const running = sample(world, 'Autumn lens check', [], begin);
  const going = pending(running);
  const sent = Math.min(492, going.length);
  for (const [index, message] of going.slice(0, sent).entries()) {
    const at = begin + index * ((now - begin) / sent);
    if (index % 98 === 60) { message.reason = index % 2 === 0 ? 'not_on_whatsapp' : 'media_gone'; message.tries = 1; message.triedAt = at; step(world, running, message, 'failed', at); release(world, running, message, at); }
    else if (index === sent - 3) { message.tries = 1; message.triedAt = at; message.reason = 'connection_lost'; step(world, running, message, 'unknown', at); }
    else arrive(world, running, message, at, index > sent - 6 ? 'sent' : index % 10 < 6 ? 'read' : 'delivered');
    const quarter = Math.floor(at / QUARTER) * QUARTER;
    const last = running.perQuarter.at(-1);
    if (last?.at === quarter) last.sent += 1;
    else running.perQuarter.push({ at: quarter, sent: 1 });
  }
  running.nextAt = now + 14_000;
  const draft = { ...blank(world, world.id('campaign')), name: 'Winter sun', text: 'Merhaba {{name}}, ❄️ kış güneşi için yeni camlar geldi.', updatedAt: now - 2 * DAY };
  world.campaigns.push(draft);
}

function sample(world: World, name: string, tags: string[], at: number, dueAt: number | null = null): Campaign {
  const one = { ...blank(world, world.id('campaign')), name, audience: { everyone: tags.length === 0, tags }, dueAt,
    text: 'Merhaba {{name|değerli müşterimiz}}, 👓 sonbahar lens kontrolü başladı.\n\n{{city}} şubemizde *ücretsiz* göz ölçümü sizi bekliyor.' };
  world.campaigns.push(one);
  start(world, one, at);
  one.updatedAt = at;
  return one;
}

function arrive(world: World, one: Campaign, message: Message, at: number, state: 'sent' | 'delivered' | 'read'): void {
  message.tries = 1;
  message.triedAt = at;
  message.steps.push({ at, kind: 'try', sessionName: senderOf(world, one).name, cause: null, part: 1 });
  step(world, one, message, 'sent', at + 400);
  settle(world, one, message, at + 400);
  if (state !== 'sent') step(world, one, message, 'delivered', at + 2400);
  if (state === 'read') step(world, one, message, 'read', at + 60_000);
}
