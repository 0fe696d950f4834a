// A condition of a segment as the owner puts it together: what it looks at, how it compares, and with what.
import type { Condition, ConsentState, OnWhatsapp, Spoken, Standing, Test, Value, When } from '../../api/client';

export type Kind = Test['kind'];
export const kinds: readonly Kind[] = ['tag', 'field', 'standing', 'consent', 'contacted', 'answered', 'onWhatsapp', 'language', 'import'];
export const standings: readonly Standing[] = ['normal', 'gray', 'black'];
export const consents: readonly ConsentState[] = ['recorded', 'none', 'withdrawn'];
export const onWhatsapp: readonly OnWhatsapp[] = ['yes', 'no', 'unknown'];
export const languages: readonly Spoken[] = ['tr', 'id', 'en', 'unknown'];

const plain = ['is', 'isNot'] as const;
const ofField = ['equal', 'notEqual', 'contains', 'notContains', 'greater', 'less', 'between', 'filled', 'notFilled'] as const;
const ofTime = ['within', 'notWithin', 'before', 'after', 'never', 'notNever'] as const;
export type How = (typeof plain | typeof ofField | typeof ofTime)[number];

export function hows(kind: Kind): readonly How[] {
  if (kind === 'field') return ofField;
  return kind === 'contacted' || kind === 'answered' ? ofTime : plain;
}

export function howOf({ not, test }: Condition): How {
  const is = 'value' in test ? test.value.is : 'when' in test ? test.when.is : 'is';
  if (!not) return is;
  return is === 'is' ? 'isNot' : (`not${is[0]?.toUpperCase()}${is.slice(1)}` as How);
}

/** The same condition, compared another way; what was typed stays where it still fits. */
export function compared(condition: Condition, how: How, today: string): Condition {
  const { test } = condition;
  const not = how === 'isNot' || how.startsWith('not');
  const is = not && how !== 'isNot' ? how.slice(3).toLowerCase() : how;
  if (test.kind === 'field') return { not, test: { ...test, value: valueFor(is as Value['is'], test.value) } };
  if ('when' in test) return { not, test: { ...test, when: whenFor(is as When['is'], test.when, today) } };
  return { not, test };
}

function valueFor(is: Value['is'], before: Value): Value {
  const text = typed(before);
  switch (is) {
    case 'filled': return { is };
    case 'equal': return { is, to: text };
    case 'contains': return { is, text };
    case 'greater': case 'less': return { is, than: text };
    case 'between': return { is, from: text, to: before.is === 'between' ? before.to : '' };
  }
}

export function typed(value: Value): string {
  switch (value.is) {
    case 'filled': return '';
    case 'equal': return value.to;
    case 'contains': return value.text;
    case 'greater': case 'less': return value.than;
    case 'between': return value.from;
  }
}

/** The same comparison with what is typed first. */
export function retyped(value: Value, text: string): Value {
  return value.is === 'between' ? { ...value, from: text } : valueFor(value.is, { is: 'equal', to: text });
}

function whenFor(is: When['is'], before: When, today: string): When {
  if (is === 'never') return { is };
  if (is === 'within') return { is, days: before.is === 'within' ? before.days : 30 };
  return { is, day: 'day' in before ? before.day : today };
}

export type Known = { tags: string[]; fields: string[]; imports: string[] };

/** What the condition looks at, before the owner says more. */
export function fresh(kind: Kind, known: Known): Condition {
  return { not: false, test: testFor(kind, known) };
}

function testFor(kind: Kind, { tags, fields, imports }: Known): Test {
  switch (kind) {
    case 'tag': return { kind, tag: tags[0] ?? '' };
    case 'field': return { kind, field: fields[0] ?? '', value: { is: 'equal', to: '' } };
    case 'standing': return { kind, standing: 'normal' };
    case 'consent': return { kind, consent: 'recorded' };
    case 'contacted': case 'answered': return { kind, when: { is: 'within', days: 30 } };
    case 'onWhatsapp': return { kind, known: 'yes' };
    case 'language': return { kind, spoken: 'tr' };
    case 'import': return { kind, import: imports[0] ?? '' };
  }
}

/** What can be looked at: not what nobody has. */
export function kindsFor({ tags, fields, imports }: Known): Kind[] {
  const none: Partial<Record<Kind, boolean>> = { tag: tags.length === 0, field: fields.length === 0, import: imports.length === 0 };
  return kinds.filter((kind) => none[kind] !== true);
}
