// What comes again, in the fake: rules and what they would do next; nothing is sent by them.
import type { Api, NextRun, RepeatEdit, RepeatView } from '../client';
import { blank, bookOf, draftOf } from './campaigns';
import { balanceOf } from './credits';
import { refuse, type World } from './world';

const DAY = 86_400_000;

type Commands = Pick<Api, 'repeats' | 'createRepeat' | 'followUp' | 'saveRepeat' | 'approveRepeat' | 'makeUpRepeat' | 'deleteRepeat' | 'dateFields'>;

export function repeatCommands(world: World): Commands {
  const patternOf = (id: string) => world.campaigns.find((one) => one.repeat === id) ?? refuse('campaign.gone', 'This campaign is no longer there.');
  return {
    repeats: async () => world.repeats.map((rule): RepeatView => {
      const pattern = patternOf(rule.id);
      const people = world.contacts.length;
      return { ...rule, pattern: pattern.id, name: pattern.name, firstText: pattern.text.slice(0, 120), practice: bookOf(pattern) === 'practice', people, credits: people, free: balanceOf(world, bookOf(pattern)).free, next: next(world, rule), last: null, missed: [], waits: false, blockers: [] };
    }),
    createRepeat: async (occasion) => {
      const pattern = blank(world, world.id('campaign'));
      pattern.repeat = world.id('repeat');
      world.campaigns.push(pattern);
      const calendar = { every: { kind: 'month' as const, day: 1 }, from: new Date(world.now()).toISOString().slice(0, 10), until: null, times: null, except: [] };
      world.repeats.push({ id: pattern.repeat, plan: occasion ? { kind: 'occasion', occasion } : { kind: 'calendar', calendar }, minute: 600, lateDays: 1, active: false });
      return draftOf(pattern);
    },
    followUp: async ({ campaign }, afterDays) => {
      const one = world.campaigns.find(({ id }) => id === campaign) ?? refuse('campaign.gone', 'This campaign is no longer there.');
      const draft = { ...structuredClone(one), id: world.id('campaign'), state: 'draft' as const, messages: [], skipped: [] };
      world.campaigns.push(draft);
      if (afterDays === null) return draftOf(draft);
      const id = world.id('repeat');
      world.repeats.push({ id, plan: { kind: 'calendar', calendar: { every: { kind: 'day' }, from: new Date(world.now() + afterDays * DAY).toISOString().slice(0, 10), until: null, times: 1, except: [] } }, minute: 600, lateDays: 1, active: false });
      return draftOf(Object.assign(draft, { repeat: id }));
    },
    saveRepeat: async (edit) => {
      if (edit.active && patternOf(edit.id).text === '') refuse('campaign.empty', 'There is nothing to send yet.');
      world.repeats = world.repeats.map((rule) => (rule.id === edit.id ? edit : rule));
      return null;
    },
    approveRepeat: async () => null,
    makeUpRepeat: async () => null,
    deleteRepeat: async (id) => {
      world.repeats = world.repeats.filter((rule) => rule.id !== id);
      world.campaigns = world.campaigns.filter((one) => one.repeat !== id);
      return null;
    },
    dateFields: async () => ['birthday', 'due_date'],
  };
}

function next(world: World, { plan, minute }: RepeatEdit): NextRun[] {
  const comes = (at: Date) => {
    if (plan.kind === 'occasion') return true;
    const { every } = plan.calendar;
    if (every.kind === 'week') return every.on.includes((at.getUTCDay() + 6) % 7);
    if (every.kind === 'month') return at.getUTCDate() === every.day;
    return every.kind === 'day' || (at.getUTCMonth() + 1 === every.month && at.getUTCDate() === every.day);
  };
  const days = Array.from({ length: 1500 }, (_, step) => new Date(Math.floor(world.now() / DAY) * DAY + (step + 1) * DAY)).filter(comes).slice(0, 5);
  return days.map((day, index) => {
    const at = day.getTime() + (minute - 180) * 60_000;
    return { day: day.toISOString().slice(0, 10), at, goesAt: at, people: plan.kind === 'occasion' ? [17, 12, 0, 33, 16][index] ?? 0 : null };
  });
}
