import { allText, hasPoll, wholeText, written } from '../../features/campaigns/choice';
import { shapeOf as shape, type Shape } from '../../features/campaigns/shape';
import { priceOf } from '../../lib/prices';
import type { Api, Book, CampaignOrder, CampaignRow, ContactView, Counts, DayPlan, Doing, Draft, DraftCheck, LiveView, MediaItem, MediaWish, NumberView, PartPreview, PartState, PriceLine, RecipientRow, Review, SkipReason } from '../client';
import { openSpans } from '../../lib/ribbon';
import { balanceOf } from './credits';
import { mediaItem, picture } from './files';
import { linkOf, lookedAt } from './links';
import { refuse, type Campaign, type Message, type World } from './world';

const CAPTION = 1024;
const DOUBT = 'outcome_unknown';
const isDoubtful = (message: Message): boolean => message.state === 'failed' && message.reason === DOUBT;
const TEXT = 4096;
let picked = 0;
const states: PartState[] = ['pending', 'sending', 'sent', 'delivered', 'read', 'played', 'failed', 'skipped', 'cancelled', 'unknown'];

const groupOf = ({ state }: CampaignRow): 'drafts' | 'going' | 'over' => (state === 'draft' ? 'drafts' : state === 'finished' || state === 'cancelled' ? 'over' : 'going');
const rank = ({ state }: CampaignRow): number => ({ running: 0, paused: 1, scheduled: 2, draft: 3, finished: 4, cancelled: 4 })[state];
const newest = (a: CampaignRow, b: CampaignRow): number => b.updatedAt - a.updatedAt;
const orders: Record<CampaignOrder, (a: CampaignRow, b: CampaignRow) => number> = {
  state: (a, b) => rank(a) - rank(b) || (rank(a) < 3 ? (a.dueAt ?? 0) - (b.dueAt ?? 0) : newest(a, b)),
  newest, oldest: (a, b) => newest(b, a), name: (a, b) => a.name.localeCompare(b.name, 'tr'), nameBackwards: (a, b) => b.name.localeCompare(a.name, 'tr'),
};

type Commands = Pick<Api, 'campaigns' | 'createDraft' | 'createPracticeDraft' | 'draftForSkipped' | 'skippedFor' | 'draft' | 'saveDraft' | 'deleteDraft' | 'dropUntouched' | 'duplicateCampaign' | 'pickMediaFiles' | 'addMedia' | 'pasteMedia' | 'copiedPicture' | 'removeMedia' | 'orderMedia' | 'mediaPicture' | 'fetchLinkPreview' | 'removeLinkPreview'
  | 'sendTest' | 'cancelMessage' | 'retryMessage' | 'dismissMessage' | 'useTemplate' | 'previewMessage' | 'checkDraft' | 'skippedPeople' | 'reviewCampaign' | 'lookUpAudience' | 'scheduleCampaign' | 'pauseCampaign' | 'resumeCampaign' | 'missed' | 'answerMissed' | 'cancelCampaign' | 'retryFailed' | 'retryable' | 'retryDoubtful' | 'stopChecking' | 'stopCheckingMessage' | 'pauseEverything' | 'resumeEverything' | 'live' | 'recipients' | 'recipient'>;

export function campaignCommands(world: World): Commands {
  const find = (id: string): Campaign => world.campaigns.find((one) => one.id === id) ?? refuse('campaign.unknown', 'There is no such campaign.');
  const changed = (id: string) => { world.emit('campaignChanged', { campaignId: id }); world.emit('nowChanged', null); };
  const move = (id: string, from: Campaign['state'][], to: Campaign['state']) => {
    const one = find(id);
    if (!from.includes(one.state)) refuse('campaign.wrong_state', `This campaign is ${one.state}.`, { state: one.state });
    one.state = to;
    changed(id);
    return one;
  };
  const touch = (one: Campaign): Draft => { one.updatedAt = world.now(); world.emit('campaignChanged', { campaignId: one.id }); return draftOf(one); };
  const add = (one: Campaign, name: string, wish: MediaWish | null): MediaItem => { const item = mediaItem(world, name, wish); one.media.push(item); touch(one); return item; };
  const again = (id: string, wanted: (message: Message) => boolean): number => {
    const one = find(id);
    const failed = one.messages.filter(wanted);
    for (const message of failed) { message.state = 'pending'; message.reason = null; message.steps.push({ at: world.now(), kind: 'queued', sessionName: null, cause: null, part: 1 }); }
    world.book('hold', 0, failed.reduce((sum, message) => sum + message.price, 0), { book: bookOf(one), campaignId: id, campaignName: one.name, count: failed.length });
    if (failed.length > 0) { one.state = 'running'; one.finishedAt = null; }
    changed(id);
    return failed.length;
  };
  const stop = (one: Campaign, wanted: (message: Message) => boolean): number => {
    const doubtful = one.messages.filter((message) => message.state === 'unknown' && wanted(message));
    for (const message of doubtful) { message.reason = DOUBT; step(world, one, message, 'failed'); release(world, one, message); }
    changed(one.id);
    return doubtful.length;
  };
  return {
    campaigns: async ({ group, search, order, without, place }) => {
      const all = world.campaigns.filter((one) => !one.single && !one.revises && !one.repeat && !without.includes(one.id)).map((one) => rowOf(world, one));
      const totals = { all: all.length, drafts: 0, going: 0, over: 0 };
      for (const row of all) totals[groupOf(row)] += 1;
      const words = search.toLocaleLowerCase('tr').split(/\s+/);
      const rows = all.filter((row) => (group === 'all' || groupOf(row) === group) && words.every((word) => `${row.name} ${row.firstText}`.toLocaleLowerCase('tr').includes(word))).sort(orders[order]);
      const from = (place.after === null ? 0 : rows.findIndex((row) => row.id === place.after) + 1) + place.skip;
      const found = rows.slice(from, from + place.limit);
      return { total: search.trim() === '' ? rows.length : null, next: from + place.limit < rows.length ? found.at(-1)?.id ?? null : null, rows: found, totals };
    },
    createDraft: async () => { const one = blank(world, world.id('campaign')); world.campaigns.push(one); return draftOf(one); },
    createPracticeDraft: async () => { const one = blank(world, world.id('campaign')); world.campaigns.push(one); return draftOf(one); },
    draft: async (id) => draftOf(find(id)),
    draftForSkipped: async (id, reason, variable) => {
      const copy = { ...structuredClone(find(id)), id: world.id('campaign'), state: 'draft' as const, audience: { everyone: true, tags: [], skipped: { campaign: id, reason, variable } }, messages: [], skipped: [], dueAt: null, startedAt: null, finishedAt: null, perQuarter: [] };
      world.campaigns.push(copy);
      return touch(copy);
    },
    skippedFor: async (id, reason, _, limit) => find(id).messages.filter((message) => message.state === 'skipped' && message.reason === reason).slice(0, limit).map((message) => recipientRow(world, message)),
    saveDraft: async (edit) => touch(Object.assign(find(edit.id), edit)),
    dropUntouched: async (id) => { const { name, text, consentBasis, choice, media, audience, dueAt, state } = find(id); if (state === 'draft' && name + text + consentBasis === '' && choice === null && media.length === 0 && dueAt === null && audience.everyone && audience.tags.length === 0) { world.campaigns = world.campaigns.filter((one) => one.id !== id); world.emit('campaignChanged', { campaignId: id }); } return null; },
    deleteDraft: async (id) => { world.campaigns = world.campaigns.filter((one) => one.id !== id); world.emit('campaignChanged', { campaignId: id }); return null; },
    duplicateCampaign: async (id) => {
      const copy = { ...structuredClone(find(id)), id: world.id('campaign'), state: 'draft' as const, messages: [], skipped: [], dueAt: null, startedAt: null, finishedAt: null, perQuarter: [] };
      world.campaigns.push(copy);
      return touch(copy);
    },
    pickMediaFiles: async () => [['/home/shop/frames-window.jpg'], ['/home/shop/elvan-milano.m4a', '/home/shop/showroom-tour.mov', '/home/shop/price-list.docx'], ['/home/shop/price-list.pdf']][picked++ % 3] ?? [],
    addMedia: async (id, path, wish) => add(find(id), path.split(/[\\/]/).at(-1) ?? path, wish),
    pasteMedia: async (id, name, _, wish) => add(find(id), name, wish),
    copiedPicture: async () => null,
    removeMedia: async (id, mediaId) => { const one = find(id); one.media = one.media.filter((item) => item.id !== mediaId); return touch(one); },
    orderMedia: async (id, order) => { const one = find(id); one.media.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id)); return touch(one); },
    mediaPicture: async () => picture(800, 600),
    fetchLinkPreview: async (id) => { const one = find(id); one.linkPreview = lookedAt(one.text); return touch(one); },
    removeLinkPreview: async (id) => { const one = find(id); one.linkPreview = null; return touch(one); },
    sendTest: async ({ draftId, index, to, over }) => {
      const one = find(draftId);
      if (to.replace(/\D/g, '').length < 10) refuse('phone.too_short', 'The number is too short.', { digits: String(to.replace(/\D/g, '').length), country: 'TR' });
      const person = audience(world, one)[index];
      const { missing } = render(allText(one.text, one.choice), person ?? nobody);
      if (missing[0]) refuse('campaign.test_missing', `This contact has no ${missing[0]}.`, { variable: missing[0] });
      const test: Campaign = { ...structuredClone(one), id: world.id('campaign'), name: `${one.name} · ${to}`, sessionIds: [over], audience: { everyone: false, tags: ['–'], only: person?.id ?? null }, dueAt: null, single: true };
      world.campaigns.push(test);
      start(world, test);
      changed(test.id);
      return test.messages[0]?.id ?? refuse('campaign.nobody', 'Nobody would get this.');
    },
    cancelMessage: async (messageId) => { const one = world.campaigns.find((candidate) => candidate.single && candidate.messages.some((message) => message.id === messageId)) ?? refuse('message.not_waiting', 'Nothing of this message waits any more.'); for (const message of one.messages) if (message.state === 'pending') { step(world, one, message, 'cancelled'); release(world, one, message); } changed(one.id); return null; },
    retryMessage: async (messageId) => { const one = world.campaigns.find((candidate) => candidate.single && candidate.messages.some((message) => message.id === messageId)) ?? refuse('message.not_failed', 'Nothing of this message can be sent again.'); again(one.id, (message) => message.state === 'failed'); return null; },
    dismissMessage: async () => { world.emit('nowChanged', null); return null; },
    useTemplate: async (draftId, templateId) => {
      const template = world.templates.find((candidate) => candidate.id === templateId) ?? refuse('template.gone', 'This template is no longer there.');
      const { text, choice, splitLongCaption, media, linkPreview, category } = structuredClone(template);
      const one = find(draftId);
      return touch(Object.assign(one, { text, choice, splitLongCaption, media, linkPreview, category, name: one.name || template.name }));
    },
    previewMessage: async (id, index) => {
      const one = find(id);
      const list = audience(world, one);
      if (list.length === 0) return { index: 0, total: 0, contactId: '', name: '', phoneShown: '', parts: parts(one, one.text), length: one.text.length, missing: [] };
      const person = list[((index % list.length) + list.length) % list.length] as ContactView;
      const { text } = render(one.text, person);
      const { missing } = render(allText(one.text, one.choice), person);
      return { index, total: list.length, contactId: person.id, name: person.name, phoneShown: person.phoneShown, parts: parts(one, text), length: text.length, missing };
    },
    checkDraft: async (id) => check(world, find(id)),
    skippedPeople: async (id, reason, variable, limit) => audience(world, find(id)).filter((person) => skipReason(find(id), person) === reason && (variable === null || render(allText(find(id).text, find(id).choice), person).missing[0] === variable)).slice(0, limit),
    reviewCampaign: async (id) => review(world, find(id)),
    lookUpAudience: async () => ({ looked: 0, next: null }),
    scheduleCampaign: async (id, onlyCovered) => {
      const one = find(id);
      const seen = review(world, one);
      if (seen.blockers[0]) refuse(seen.blockers[0].code, seen.blockers[0].message, seen.blockers[0].params);
      if (seen.shortage > 0 && !onlyCovered) refuse('ledger.short', `${seen.shortage} credits are missing.`, { shortage: String(seen.shortage), needed: String(seen.credits), free: String(seen.free) });
      start(world, one, world.now(), onlyCovered);
      changed(id);
      world.emit('ledgerChanged', null);
      return id;
    },
    missed: async () => [],
    answerMissed: async () => null,
    pauseCampaign: async (id) => { move(id, ['running', 'scheduled'], 'paused'); return null; },
    resumeCampaign: async (id) => { const one = move(id, ['paused'], 'running'); one.nextAt = world.now() + 3000; return null; },
    cancelCampaign: async (id) => {
      const one = move(id, ['running', 'paused', 'scheduled'], 'cancelled');
      one.finishedAt = world.now();
      for (const message of one.messages) if (message.state === 'pending') { step(world, one, message, 'cancelled'); release(world, one, message); }
      return null;
    },
    retryable: async (id) => { const doubtful = find(id).messages.filter(isDoubtful).length; return { certain: find(id).messages.filter((message) => message.state === 'failed').length - doubtful, doubtful }; },
    retryFailed: async (id) => again(id, (message) => message.state === 'failed' && !isDoubtful(message)),
    retryDoubtful: async (id, people) => {
      const meanwhile = find(id).messages.filter(isDoubtful).length;
      if (meanwhile !== people) refuse('campaign.other_doubt', `Meanwhile it is ${meanwhile} people.`, { people: String(meanwhile) });
      return again(id, isDoubtful);
    },
    stopChecking: async (id) => stop(find(id), () => true),
    stopCheckingMessage: async (id) => { for (const one of world.campaigns) stop(one, (message) => message.id === id); return null; },
    pauseEverything: async () => { world.pausedAll = true; world.emit('nowChanged', null); return null; },
    resumeEverything: async () => { world.pausedAll = false; world.emit('nowChanged', null); return null; },
    live: async (id) => liveOf(world, find(id)),
    recipients: async ({ campaignId, state, search, place }) => {
      const wanted = search.toLocaleLowerCase('tr');
      const rows = find(campaignId).messages.filter((message) => (state === null || message.state === state || (state === 'pending' && message.state === 'sending'))
        && (wanted === '' || message.name.toLocaleLowerCase('tr').includes(wanted) || message.phoneShown.replaceAll(' ', '').includes(wanted.replaceAll(' ', ''))));
      const from = (place.after === null ? 0 : rows.findIndex((row) => row.id === place.after) + 1) + place.skip;
      const found = rows.slice(from, from + place.limit);
      return { total: wanted === '' ? rows.length : null, next: from + place.limit < rows.length ? found.at(-1)?.id ?? null : null, rows: found.map((message) => recipientRow(world, message)) };
    },
    recipient: async (messageId) => {
      for (const one of world.campaigns) {
        const message = one.messages.find((candidate) => candidate.id === messageId);
        if (!message) continue;
        const contact = world.contacts.find((person) => person.id === message.contactId);
        return { row: recipientRow(world, message), parts: parts(one, message.text).map((shown) => ({ ...shown, state: message.state, price: 1, reaction: null })), steps: message.steps, optedOut: contact?.standing === 'black', practice: bookOf(one) === 'practice', cancellable: one.single === true && message.state === 'pending', retryable: { certain: one.single === true && message.state === 'failed' && !isDoubtful(message) ? 1 : 0, doubtful: one.single === true && message.state === 'failed' && isDoubtful(message) ? 1 : 0 }, revisable: !one.single && message.state === 'pending' ? one.id : null, version: one.versions ? message.version ?? 1 : null, own: message.own ?? false, clearedAt: null, mail: null };
      }
      return refuse('message.unknown', 'There is no such message.');
    },
  };
}

/** The first of the chosen numbers plays all of them. */
export function senderOf(world: World, one: Campaign | undefined): NumberView {
  return world.numbers.find((number) => one?.sessionIds.includes(number.id)) ?? world.practiceNumber;
}

export function bookOf(one: Campaign): Book {
  return one.sessionIds.length > 0 && !one.sessionIds.includes('session-practice') ? 'real' : 'practice';
}

export function blank(world: World, id: string): Campaign {
  return { id, name: '', text: '', choice: null, audience: { everyone: true, tags: [] }, media: [], linkPreview: null, splitLongCaption: false, dueAt: null, priority: 5, hours: null, localHours: false, sessionIds: [world.practiceNumber.id], keepHours: true,
    category: 'promotion', consentBasis: '', updatedAt: world.now(), state: 'draft', startedAt: null, finishedAt: null, messages: [], skipped: [], nextAt: 0, perQuarter: [] };
}

/** Freezes the messages and holds their credits. */
export function start(world: World, one: Campaign, at = world.now(), onlyCovered = false): void {
  one.skipped = skipped(world, one);
  one.messages = audience(world, one).map((person): Message => {
    const reason = skipReason(one, person);
    const kind = reason === null ? 'queued' : 'skipped';
    const text = render(one.text, person).text;
    return { id: world.id('message'), contactId: person.id, name: person.name, phoneShown: person.phoneShown, state: reason === null ? 'pending' : 'skipped', reason, tries: 0, triedAt: null, next: null,
      text, price: priceAt(world, one, text), steps: shapeOf(one, text).map((_, index) => ({ at, kind, sessionName: null, cause: reason, part: index + 1 })) };
  });
  if (onlyCovered) trim(world, one);
  const waiting = pending(one);
  const held = waiting.reduce((sum, message) => sum + message.price, 0);
  world.book('hold', 0, held, { book: bookOf(one), at, campaignId: one.id, campaignName: one.name, count: waiting.reduce((sum, message) => sum + shapeOf(one, message.text).length, 0) });
  const due = one.dueAt !== null && one.dueAt > world.now();
  one.state = due ? 'scheduled' : 'running';
  one.startedAt = due ? null : at;
  one.dueAt ??= at;
  one.nextAt = world.now() + 2000;
}

export const pending = (one: Campaign): Message[] => one.messages.filter((message) => message.state === 'pending');

/** Whoever the free credits do not reach is skipped, and said so. */
function trim(world: World, one: Campaign): void {
  const waiting = pending(one);
  const beyond = waiting.slice(covered(waiting.map((message) => message.price), balanceOf(world, bookOf(one)).free));
  for (const message of beyond) { message.state = 'skipped'; message.reason = 'not_covered'; message.steps = [{ at: world.now(), kind: 'skipped', sessionName: null, cause: 'not_covered', part: 1 }]; }
  if (beyond.length > 0) one.skipped.push({ reason: 'not_covered', people: beyond.length, variable: null });
}

export function step(world: World, one: Campaign, message: Message, state: PartState, at = world.now()): void {
  message.state = state;
  if (state !== 'pending' && state !== 'sending') message.steps.push({ at, kind: state, sessionName: senderOf(world, one).name, cause: message.reason, part: 1 });
  one.updatedAt = Math.max(one.updatedAt, at);
}

export function settle(world: World, one: Campaign, message: Message, at = world.now()): void {
  world.book('settle', -message.price, -message.price, { book: bookOf(one), at, campaignId: one.id, campaignName: one.name, messageId: message.id, contactName: message.name });
  message.steps.push({ at, kind: 'settled', sessionName: null, cause: null, part: 1 });
}

export function release(world: World, one: Campaign, message: Message, at = world.now()): void {
  world.book('release', 0, -message.price, { book: bookOf(one), at, campaignId: one.id, campaignName: one.name, messageId: message.id, contactName: message.name, note: message.reason ?? message.state });
  message.steps.push({ at, kind: 'released', sessionName: null, cause: null, part: 1 });
}

export function countsOf(one: Campaign): Counts {
  const counts = Object.fromEntries(states.map((state) => [state, 0])) as Counts;
  for (const message of one.messages) counts[message.state] += 1;
  return counts;
}

export function rowOf(world: World, one: Campaign): CampaignRow {
  const draft = one.state === 'draft';
  const people = draft ? audience(world, one).length : one.messages.length;
  return { id: one.id, name: one.name, state: one.state, doing: doingOf(world, one), practice: bookOf(one) === 'practice', people, counts: countsOf(one), parts: people * shapeOf(one, one.text).length, dueAt: one.dueAt, startedAt: one.startedAt, finishedAt: one.finishedAt, updatedAt: one.updatedAt, firstText: one.text.slice(0, 120), stoppedFor: null };
}

export function liveOf(world: World, one: Campaign): LiveView {
  const counts = countsOf(one);
  const entries = world.ledger.filter((entry) => entry.campaignId === one.id);
  const sum = (kind: string) => Math.abs(entries.filter((entry) => entry.kind === kind).reduce((total, entry) => total + entry.held, 0));
  const causes = new Map<string, number>();
  for (const message of one.messages) if (message.state === 'failed') causes.set(message.reason ?? 'unknown', (causes.get(message.reason ?? 'unknown') ?? 0) + 1);
  const waiting = counts.pending + counts.sending;
  const { pace } = senderOf(world, one);
  const each = pace ? (pace.minMs + pace.maxMs) / 2 + pace.restMs / pace.batch : 14_000;
  return { id: one.id, name: one.name, state: one.state, doing: doingOf(world, one), practice: bookOf(one) === 'practice', people: one.messages.length, counts, parts: one.messages.length * shapeOf(one, one.text).length, dueAt: one.dueAt ?? world.now(), startedAt: one.startedAt,
    finishesAt: one.state === 'running' && !world.pausedAll ? world.now() + waiting * each * 2 : null, breaksAt: null, finishedAt: one.finishedAt, stoppedFor: null, clearedAt: null, perQuarter: one.perQuarter.slice(-24), lastHour: one.perQuarter.slice(-4).reduce((total, quarter) => total + quarter.sent, 0),
    wait: waitOf(world, one), credits: { held: sum('hold') - sum('settle') - sum('release'), settled: sum('settle'), released: sum('release') }, causes: [...causes].map(([cause, people]) => ({ cause, people })), skipped: one.skipped, sessions: sharesOf(world, one, counts), answers: { replied: Math.floor(counts.read / 9), optedOut: Math.floor(counts.read / 90), chosen: (one.choice?.options ?? []).map((option, index) => ({ option, people: Math.floor(counts.read / (10 + index)) })) }, version: one.versions?.at(-1)?.number ?? 1, revising: false };
}

/** Each number's part of what was sent, as the numbers share it out by their priority. */
function sharesOf(world: World, one: Campaign, counts: Counts): LiveView['sessions'] {
  const numbers = world.numbers.filter((number) => one.sessionIds.includes(number.id));
  const sent = counts.sent + counts.delivered + counts.read + counts.played;
  return numbers.map((number, index) => ({ session: number.id, name: number.name, sent: index === 0 ? sent - Math.floor(sent / 4) * (numbers.length - 1) : Math.floor(sent / 4), failed: index === 0 ? counts.failed : 0 }));
}

export function waitOf(world: World, one: Campaign | undefined): LiveView['wait'] {
  const session = senderOf(world, one);
  if (world.pausedAll) return { kind: 'pausedAll', until: null, sessionName: null, behind: null, country: null };
  if (!one) return { kind: 'nothing', until: null, sessionName: null, behind: null, country: null };
  if (one.state === 'paused') return { kind: 'paused', until: null, sessionName: null, behind: null, country: null };
  if (one.state === 'scheduled') return { kind: 'due', until: one.dueAt, sessionName: null, behind: null, country: null };
  if (doingOf(world, one) === 'checking') return { kind: 'checking', until: null, sessionName: null, behind: null, country: null };
  if (one.state !== 'running') return { kind: 'nothing', until: null, sessionName: null, behind: null, country: null };
  return { kind: 'pace', until: Math.max(one.nextAt, world.now()), sessionName: session.name, behind: null, country: null };
}

export function doingOf(world: World, one: Campaign): Doing {
  if (one.state === 'running' || one.state === 'scheduled') {
    if (world.pausedAll) return 'paused_all';
    if (one.state === 'scheduled') return 'planned';
    return one.messages.some((message) => message.state === 'pending' || message.state === 'sending') ? 'sending' : 'checking';
  }
  return one.state;
}

function recipientRow(world: World, message: Message): RecipientRow {
  return { messageId: message.id, contactId: message.contactId, name: message.name, phoneShown: message.phoneShown, state: message.state, reason: message.reason, sessionName: message.tries > 0 ? world.practiceNumber.name : null, triedAt: message.triedAt, tries: message.tries };
}

export function draftOf(one: Campaign): Draft {
  const { id, name, text, choice, audience, media, linkPreview, splitLongCaption, dueAt, priority, hours, localHours, sessionIds, keepHours, category, consentBasis, updatedAt } = one;
  return { id, name, text, choice, audience, media, linkPreview, splitLongCaption, dueAt, priority, hours, localHours, sessionIds, keepHours, category, consentBasis, updatedAt, revises: one.revises ?? null, repeat: one.repeat ?? null };
}

function audience(world: World, one: Campaign): ContactView[] {
  const { revises } = one;
  if (revises) return world.contacts.filter((person) => world.campaigns.find(({ id }) => id === revises.campaign)?.messages.some((message) => message.contactId === person.id && message.state === 'pending' && (revises.message === null || message.id === revises.message)));
  return world.contacts.filter((person) => (one.audience.only ? person.id === one.audience.only : one.audience.everyone) || person.tags.some((tag) => one.audience.tags.includes(tag)));
}

function skipReason(one: Campaign, person: ContactView): SkipReason | null {
  if (person.standing === 'black') return 'black_list';
  if (one.category === 'promotion') {
    if (person.standing === 'gray') return 'gray_list';
    if (person.withdrawnAt !== null) return 'opted_out';
    if (!person.consent && one.consentBasis === '') return 'no_consent';
  }
  if (render(allText(one.text, one.choice), person).missing.length > 0) return 'missing_variable';
  return null;
}

function skipped(world: World, one: Campaign): Campaign['skipped'] {
  const lines = new Map<SkipReason, Campaign['skipped'][number]>();
  for (const person of audience(world, one)) {
    const reason = skipReason(one, person);
    if (!reason) continue;
    const line = lines.get(reason) ?? { reason, people: 0, variable: reason === 'missing_variable' ? render(allText(one.text, one.choice), person).missing[0] ?? null : null };
    lines.set(reason, { ...line, people: line.people + 1 });
  }
  return [...lines.values()];
}

export function render(text: string, person: ContactView): { text: string; missing: string[] } {
  const missing: string[] = [];
  const filled = text.replace(/\{\{\s*([\p{L}\d_ ]+?)\s*(?:\|([^}]*))?\}\}/gu, (whole, name: string, fallback?: string) => {
    const value = name === 'name' ? person.name : name === 'phone' ? person.phoneShown : person.fields[name] ?? '';
    if (value !== '') return value;
    if (fallback !== undefined) return fallback.trim();
    missing.push(name);
    return whole;
  });
  return { text: filled, missing };
}

/** `text` is filled already; what stands in the answers is as long as it is for the sum of parts. */
export function shapeOf(one: Campaign, text: string): Shape['kinds'] {
  return wholeShape(one, text).kinds;
}

function wholeShape(one: Campaign, text: string): Shape {
  const whole = wholeText(text, one.choice);
  return shape(one.media.map((file) => file.kind), whole.trim() === '' ? 0 : whole.length, true, hasPoll(one.choice));
}

function parts(one: Campaign, text: string): PartPreview[] {
  const { kinds, captioned } = wholeShape(one, text);
  const whole = wholeText(text, one.choice);
  return kinds.map((kind, index) => {
    if (kind === 'text') return { kind, text: whole, mediaId: null, options: null, linkPreview: one.linkPreview };
    if (kind === 'poll') return { kind, text: one.choice?.question ?? '', mediaId: null, options: written(one.choice), linkPreview: null };
    return { kind, text: captioned === index ? whole : null, mediaId: one.media[index]?.id ?? null, options: null, linkPreview: null };
  });
}

const nobody = { name: '', fields: {} } as ContactView;

function check(world: World, one: Campaign): DraftCheck {
  const open = one.text.lastIndexOf('{{');
  if (open > one.text.lastIndexOf('}}')) refuse('template.unclosed', 'A variable is not closed.', { near: one.text.slice(open + 2, open + 22) });
  const list = audience(world, one);
  const usual = wholeShape(one, render(one.text, list[0] ?? nobody).text);
  const caption = usual.captioned !== null;
  const limit = caption ? CAPTION : TEXT;
  let longest = { index: 0, length: 0 };
  let emptiest = { index: 0, missing: 0 };
  let over = 0;
  let tooLong = 0;
  const missing = new Map<string, number>();
  for (const [index, person] of list.entries()) {
    const filled = render(wholeText(one.text, one.choice), person);
    const gaps = gapsOf(allText(one.text, one.choice), person);
    if (gaps > emptiest.missing) emptiest = { index, missing: gaps };
    const length = filled.text.length;
    if (skipReason(one, person) !== null) {
      if (skipReason(one, person) === 'missing_variable') for (const variable of filled.missing) missing.set(variable, (missing.get(variable) ?? 0) + 1);
      continue;
    }
    if (length > longest.length) longest = { index, length };
    if (caption && length > CAPTION) over += 1;
    if (length > TEXT) tooLong += 1;
  }
  const warnings = [];
  if (/(.)\1{10,}/u.test(one.text)) warnings.push({ code: 'hint.repeated', message: 'One character is repeated more than ten times.', params: { character: '!', times: '11', most: '10' } });
  if (/[A-ZÇĞİÖŞÜ]{4,}/.test(one.text) && one.text === one.text.toLocaleUpperCase('tr')) warnings.push({ code: 'hint.shouting', message: 'The whole text is in capitals.', params: {} });
  return { people: list.length, shape: usual.kinds, caption, limit, longest: list.length > 0 ? longest : null, emptiest: emptiest.missing > 0 ? emptiest : null, over, tooLong, missing: [...missing].map(([variable, people]) => ({ variable, people })), link: linkOf(one.text), warnings };
}

/** Variables that have no value of their own, whether or not a fallback stands in. */
function gapsOf(text: string, person: ContactView): number {
  return render(text.replace(/\|[^}]*\}\}/g, '}}'), person).missing.length;
}

/** Some of them are abroad. */
function clocksOf(people: number): Review['clocks'] {
  const abroad = [{ country: 'DE', people: Math.floor(people / 40), ahead: -120 }, { country: 'AZ', people: Math.floor(people / 90), ahead: 60 }, { country: 'US', people: Math.floor(people / 200), ahead: null }];
  return [{ country: 'TR', people: people - abroad.reduce((sum, line) => sum + line.people, 0), ahead: 0 }, ...abroad.filter((line) => line.people > 0)];
}

function review(world: World, one: Campaign): Review {
  const list = audience(world, one);
  const lines = skipped(world, one);
  const willSend = list.length - lines.reduce((sum, line) => sum + line.people, 0);
  const texts = list.filter((person) => skipReason(one, person) === null).map((person) => render(one.text, person).text);
  const price = priceLines(world, one, texts);
  const credits = price.reduce((sum, line) => sum + line.people * line.credits, 0);
  const all = price.reduce((sum, line) => sum + line.people * line.parts, 0);
  const { free } = balanceOf(world, bookOf(one));
  const { pace } = senderOf(world, one);
  const gap = pace ? (pace.minMs + pace.maxMs) / 2 + pace.restMs / pace.batch : 14_000;
  const startsAt = Math.max(one.dueAt ?? 0, world.now());
  const finishesAt = startsAt + all * gap;
  const blockers = [];
  const { over, tooLong } = check(world, one);
  if (one.text.trim() === '' && one.media.length === 0) blockers.push({ code: 'campaign.empty', message: 'There is nothing to send yet.', params: {} });
  else if (willSend === 0) blockers.push({ code: 'campaign.nobody', message: 'Nobody would get this campaign.', params: {} });
  if (tooLong > 0) blockers.push({ code: 'campaign.text_too_long', message: 'The text is too long.', params: { people: String(tooLong), limit: String(TEXT), over: '1' } });
  else if (over > 0 && !one.splitLongCaption) blockers.push({ code: 'campaign.caption_too_long', message: 'The caption is too long.', params: { people: String(over), limit: String(CAPTION) } });
  if (one.sessionIds.length === 0) blockers.push({ code: 'campaign.no_number', message: 'No number is chosen.', params: {} });
  const plan = days(world, startsAt, finishesAt, all);
  const lastDay = plan.at(-1);
  const end = lastDay ? Date.parse(`${lastDay.day}T00:00:00+03:00`) + (lastDay.spans.at(-1)?.to ?? 0) * 60_000 : finishesAt;
  return { people: list.length, willSend, skipped: lines, price, credits, free, freeAfter: free - credits, shortage: Math.max(0, credits - free), coveredPeople: covered(texts.map((text) => priceAt(world, one, text)), free),
    practice: bookOf(one) === 'practice', startsAt, finishesAt: willSend > 0 ? end : null, partsPerHour: Math.round(3_600_000 / gap), zone: world.settings.zone, days: plan, clocks: clocksOf(willSend),
    sessions: world.numbers.map((session) => ({ id: session.id, name: session.name, chosen: one.sessionIds.includes(session.id), share: one.sessionIds.includes(session.id) ? Math.round(100 / one.sessionIds.length) : 0 })), blockers, perhapsStops: 2, unknown: 0, absent: 0, canLookUp: false };
}

/** What a message with this text costs at what is set now. */
export const priceAt = (world: World, one: Campaign, text: string): number => priceOf(shapeOf(one, text), world.settings.prices);

/** Messages of one size and one price are one line. */
export function priceLines(world: World, one: Campaign, texts: string[]): PriceLine[] {
  const lines: PriceLine[] = [];
  for (const text of texts) {
    const [parts, credits] = [shapeOf(one, text).length, priceAt(world, one, text)];
    const line = lines.find((candidate) => candidate.parts === parts && candidate.credits === credits);
    if (line) line.people += 1;
    else lines.push({ people: 1, parts, credits });
  }
  return lines.sort((a, b) => a.parts - b.parts || a.credits - b.credits);
}

/** How many people the free credits reach, in the order of sending. */
function covered(sizes: number[], free: number): number {
  let left = free;
  const stop = sizes.findIndex((size) => (left -= size) < 0);
  return stop < 0 ? sizes.length : stop;
}

export function days(world: World, from: number, to: number, parts: number): DayPlan[] {
  const offset = 3 * 3_600_000; // the fake's zone is Europe/Istanbul
  const plans: DayPlan[] = [];
  const { hoursFrom, hoursTo } = world.settings;
  let left = to - from;
  for (let day = Math.floor((from + offset) / 86_400_000); left > 0 && plans.length < 4; day += 1) {
    const minute = plans.length === 0 ? Math.floor(((from + offset) % 86_400_000) / 60_000) : hoursFrom;
    const begin = Math.max(minute, hoursFrom);
    const end = Math.min(hoursTo, begin + left / 60_000);
    if (end > begin) {
      plans.push({ day: new Date(day * 86_400_000).toISOString().slice(0, 10), spans: [{ from: Math.round(begin), to: Math.max(Math.round(begin) + 1, Math.round(end)) }], parts: Math.round((parts * (end - begin) * 60_000) / (to - from || 1)), open: openSpans(hoursFrom, hoursTo), others: [] });
      left -= (end - begin) * 60_000;
    } else plans.push({ day: new Date(day * 86_400_000).toISOString().slice(0, 10), spans: [], parts: 0, open: openSpans(hoursFrom, hoursTo), others: [] });
  }
  return plans;
}
