import type { Api, Condition, ContactView, Filter, Segment, When } from '../client';
import { refuse, type World } from './world';

/** Saved segments, and whom a filter finds among the people of the fake. */
export function segmentCommands(world: World): Pick<Api, 'segments' | 'countFiltered' | 'saveSegment' | 'deleteSegment'> {
  return {
    segments: async () => world.segments,
    countFiltered: async (filter) => world.contacts.filter((one) => fits(filter, one, world.now())).length,
    saveSegment: async ({ id, name, filter }) => {
      const other = world.segments.find((one) => one.name.toLocaleLowerCase() === name.trim().toLocaleLowerCase());
      if (other && other.id !== id) refuse('segment.name_taken', 'There is such a segment.', { name: other.name });
      if (name.trim() === '') refuse('segment.name_missing', 'Give the segment a name.');
      const saved: Segment = { id: id ?? world.id('segment'), name: name.trim(), filter };
      world.segments = [...world.segments.filter((one) => one.id !== saved.id), saved];
      world.emit('contactsChanged', null);
      return saved;
    },
    deleteSegment: async (id) => {
      world.segments = world.segments.filter((one) => one.id !== id);
      world.emit('contactsChanged', null);
      return null;
    },
  };
}

export function fits(filter: Filter | null, one: ContactView, now: number): boolean {
  if (filter === null) return true;
  const held = filter.conditions.map((condition) => holds(condition, one, now));
  if (filter.matching === 'all') return held.every(Boolean);
  return held.some(Boolean) === (filter.matching === 'any');
}

function holds({ not, test }: Condition, one: ContactView, now: number): boolean {
  switch (test.kind) {
    case 'tag': return one.tags.includes(test.tag) !== not;
    case 'standing': return (one.standing === test.standing) !== not;
    case 'contacted': return was(test.when, one.lastMessageAt, now) !== not;
    case 'consent': return (test.consent === (one.withdrawnAt !== null ? 'withdrawn' : one.consent ? 'recorded' : 'none')) !== not;
    case 'field': {
      const value = (one.fields[test.field] ?? '').toLocaleLowerCase();
      const wanted = test.value.is === 'equal' ? test.value.to : test.value.is === 'contains' ? test.value.text : '';
      return value.includes(wanted.toLocaleLowerCase()) !== not;
    }
    default: return not;
  }
}

function was(when: When, at: number | null, now: number): boolean {
  if (when.is === 'never') return at === null;
  return at !== null && (when.is !== 'within' || at >= now - when.days * 86_400_000);
}
