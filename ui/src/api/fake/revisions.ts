// Revising what waits, in the fake: the content of a draft takes the place of what waits at once.
import type { Api, PlannedCampaign, PlannedDay, RevisionReview, VersionView } from '../client';
import { openSpans } from '../../lib/ribbon';
import { bookOf, days, draftOf, pending, priceLines, render } from './campaigns';
import { balanceOf } from './credits';
import { refuse, type Campaign, type Message, type World } from './world';

type Commands = Pick<Api, 'openRevision' | 'reviewRevision' | 'revise' | 'reschedule' | 'planned' | 'reviseText' | 'versions'>;

export function revisionCommands(world: World): Commands {
  const find = (id: string): Campaign => world.campaigns.find((one) => one.id === id) ?? refuse('campaign.gone', 'This campaign is no longer there.');
  const changed = (id: string) => { world.emit('campaignChanged', { campaignId: id }); world.emit('ledgerChanged', null); };
  const whole = (draft: Campaign): Campaign => find(draft.revises?.campaign ?? '');
  const meant = (draft: Campaign, withOwn: boolean): Message[] => pending(whole(draft)).filter((message) => (draft.revises?.message ? message.id === draft.revises.message : withOwn || !message.own));
  return {
    openRevision: async (id, messageId) => {
      const one = find(id);
      const begun = world.campaigns.find(({ revises }) => revises?.campaign === id && revises.message === messageId);
      if (begun) return draftOf(begun);
      const draft: Campaign = { ...structuredClone(one), id: world.id('campaign'), state: 'draft', messages: [], skipped: [], versions: undefined, revises: { campaign: id, message: messageId } };
      world.campaigns.push(draft);
      return draftOf(draft);
    },
    reviewRevision: async (id, { withOwn }) => review(world, find(id), whole(find(id)), meant(find(id), withOwn)),
    revise: async (id, { withOwn, time }) => {
      const draft = find(id);
      const one = whole(draft);
      const waiting = meant(draft, withOwn);
      const version = note(world, one, draft, draft.revises?.message ?? null);
      for (const message of waiting) give(world, message, draft.text, version, draft.revises?.message !== null);
      if (draft.revises?.message === null) Object.assign(one, { text: draft.text, choice: draft.choice, media: draft.media, sessionIds: draft.sessionIds });
      if (time.kind !== 'keep') one.dueAt = time.at;
      world.campaigns = world.campaigns.filter((other) => other !== draft);
      changed(one.id);
      return one.id;
    },
    planned: async () => plannedDays(world),
    reschedule: async (id, time) => {
      if (time.kind !== 'keep') find(id).dueAt = time.at;
      changed(id);
      return null;
    },
    reviseText: async (messageId, text) => {
      const one = world.campaigns.find((candidate) => candidate.messages.some((message) => message.id === messageId));
      const message = one?.messages.find((candidate) => candidate.id === messageId);
      if (!one || message?.state !== 'pending') return refuse('message.fixed', 'This message is on its way.');
      const version = note(world, one, { ...one, text }, messageId);
      give(world, message, text, version, true);
      changed(one.id);
      return null;
    },
    versions: async (id) => (find(id).versions ?? []).map((version) => {
      const people = find(id).messages.filter((message) => message.state !== 'skipped' && (message.version ?? 1) === version.number);
      return { ...version, people: people.length, accepted: people.filter((message) => ['sent', 'delivered', 'read', 'played'].includes(message.state)).length };
    }),
  };
}

/** A week of what waits, as if each campaign went alone. */
function plannedDays(world: World): PlannedDay[] {
  const going = world.campaigns.filter((one) => !one.single && ['scheduled', 'running'].includes(one.state) && pending(one).length > 0);
  return Array.from({ length: 7 }, (_, ahead) => {
    const day = new Date(world.now() + 3 * 3_600_000 + ahead * 86_400_000).toISOString().slice(0, 10);
    const campaigns = going.flatMap((one): PlannedCampaign[] => {
      const from = Math.max(one.dueAt ?? 0, world.now());
      const plan = days(world, from, from + pending(one).length * 20_000, pending(one).length).find((candidate) => candidate.day === day);
      return plan && plan.spans.length > 0 ? [{ id: one.id, name: one.name, spans: plan.spans, parts: plan.parts, movable: one.state === 'scheduled' ? one.dueAt : null }] : [];
    });
    return { day, open: openSpans(world.settings.hoursFrom, world.settings.hoursTo), campaigns };
  });
}

function give(world: World, message: Message, text: string, version: number, own: boolean): void {
  const person = world.contacts.find((candidate) => candidate.id === message.contactId);
  Object.assign(message, { text: person ? render(text, person).text : text, version, own });
}

/** Writes down what the campaign says from here on, and what it said before. */
function note(world: World, one: Campaign, draft: Campaign, message: string | null): number {
  const version = (number: number, { text, choice, media }: Campaign, madeAt: number, only: string | null): VersionView => ({ number, madeAt, text, choice, files: media, people: 0, accepted: 0, onlyFor: only === null ? null : { messageId: only, name: one.messages.find(({ id }) => id === only)?.name ?? '' } });
  one.versions ??= [version(1, one, one.dueAt ?? one.updatedAt, null)];
  one.versions.push(version(one.versions.length + 1, draft, world.now(), message));
  return one.versions.length;
}

function review(world: World, draft: Campaign, one: Campaign, waiting: Message[]): RevisionReview {
  const texts = waiting.map((message) => render(draft.text, world.contacts.find(({ id }) => id === message.contactId) ?? refuse('contact.gone', 'Gone.')).text);
  const held = waiting.reduce((sum, message) => sum + message.price, 0);
  const price = priceLines(world, draft, texts);
  const credits = price.reduce((sum, line) => sum + line.people * line.credits, 0);
  const { free } = balanceOf(world, bookOf(one));
  const count = (state: Message['state']) => one.messages.filter((message) => message.state === state).length;
  return { willGet: waiting.length, regained: 0, skipped: [], had: count('sent') + count('delivered') + count('read'), onTheWay: count('sending'), inDoubt: count('unknown'), byHand: pending(one).filter((message) => message.own).length,
    price, held, credits, free, shortage: Math.max(0, credits - held - free), practice: bookOf(one) === 'practice', dueAt: one.dueAt, blockers: draft.text.trim() === '' && draft.media.length === 0 ? [{ code: 'campaign.empty', message: 'There is nothing to send yet.', params: {} }] : [] };
}
