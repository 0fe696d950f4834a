// Who is chosen: what the groups of an audience hold, and how one more is put in or taken out.
import type { Audience, Without } from '../../api/client';

export type Group = { tags: string[]; segments: string[]; people: string[] };

export function within(audience: Audience): Group {
  return { tags: audience.tags, segments: audience.segments ?? [], people: audience.people ?? [] };
}

export function without(audience: Audience): Without {
  return audience.without ?? { tags: [], segments: [], people: [] };
}

export function isEmpty({ tags, segments, people }: Group): boolean {
  return tags.length + segments.length + people.length === 0;
}

function turned(group: Group, kind: keyof Group, one: string): Group {
  const chosen = group[kind];
  return { ...group, [kind]: chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one] };
}

/** Who is chosen one by one is not everybody, and nobody whom another campaign left out. */
export function withTurned(audience: Audience, kind: keyof Group, one: string): Audience {
  return { ...audience, ...turned(within(audience), kind, one), everyone: false, skipped: null };
}

export function withoutTurned(audience: Audience, kind: keyof Group, one: string): Audience {
  return { ...audience, without: turned(without(audience), kind, one) };
}

/** Whether it is asked for at the time of scheduling who belongs to it. */
export function isAsked(audience: Audience): boolean {
  const named = [within(audience), without(audience)];
  return named.some(({ tags, segments }) => tags.length + segments.length > 0);
}
