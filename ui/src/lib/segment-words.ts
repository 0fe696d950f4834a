// A filter in the owner's words.
import type { Condition, ConsentState, Filter, OnWhatsapp, Spoken, Test } from '../api/client';
import { noonOf } from './days';
import { fieldWord } from './fields.svelte';
import { date, num } from './format.svelte';
import { languageName, m } from './i18n.svelte';
import { standingWord } from './words';

export function kindWord(kind: Test['kind']): string {
  return {
    tag: m.segment_kind_tag, field: m.segment_kind_field, standing: m.segment_kind_standing, consent: m.segment_kind_consent, contacted: m.segment_kind_contacted,
    answered: m.segment_kind_answered, onWhatsapp: m.segment_kind_on_whatsapp, language: m.segment_kind_language, import: m.segment_kind_import,
  }[kind]();
}

export function consentWord(consent: ConsentState): string {
  return { recorded: m.segment_consent_recorded, none: m.segment_consent_none, withdrawn: m.segment_consent_withdrawn }[consent]();
}

export function onWhatsappWord(known: OnWhatsapp): string {
  return { yes: m.segment_on_whatsapp_yes, no: m.segment_on_whatsapp_no, unknown: m.segment_on_whatsapp_unknown }[known]();
}

export function spokenWord(spoken: Spoken): string {
  return spoken === 'unknown' ? m.segment_language_unknown() : languageName[spoken];
}

/** The whole filter as a sentence; `importName` says what a list was called. */
export function told({ matching, conditions }: Filter, importName: (id: string) => string): string {
  const said = conditions.map((condition) => one(condition, importName));
  if (matching === 'none') return m.segment_none_of({ conditions: said.join(m.segment_or()) });
  return said.join(matching === 'all' ? m.segment_and() : m.segment_or());
}

function one({ not, test }: Condition, importName: (id: string) => string): string {
  switch (test.kind) {
    case 'tag': return is(not, kindWord('tag'), test.tag);
    case 'standing': return is(not, kindWord('standing'), standingWord(test.standing));
    case 'consent': return is(not, kindWord('consent'), consentWord(test.consent));
    case 'onWhatsapp': return is(not, kindWord('onWhatsapp'), onWhatsappWord(test.known));
    case 'language': return is(not, kindWord('language'), spokenWord(test.spoken));
    case 'import': return is(not, kindWord('import'), importName(test.import));
    case 'contacted': case 'answered': return when(not, test);
    case 'field': return field(not, test);
  }
}

function is(not: boolean, what: string, value: string): string {
  return not ? m.segment_told_is_not({ what, value }) : m.segment_told_is({ what, value });
}

function when(not: boolean, { kind, when }: Extract<Test, { when: unknown }>): string {
  const what = kindWord(kind);
  switch (when.is) {
    case 'never': return not ? m.segment_told_ever({ what }) : m.segment_told_never({ what });
    case 'within': return (not ? m.segment_told_not_within : m.segment_told_within)({ what, count: when.days, n: num(when.days) });
    case 'before': return unless(not, m.segment_told_before({ what, day: date(noonOf(when.day)) }));
    case 'after': return unless(not, m.segment_told_after({ what, day: date(noonOf(when.day)) }));
  }
}

function field(not: boolean, { field: key, value }: Extract<Test, { kind: 'field' }>): string {
  const what = fieldWord(key);
  switch (value.is) {
    case 'filled': return not ? m.segment_told_empty({ what }) : m.segment_told_filled({ what });
    case 'equal': return is(not, what, value.to);
    case 'contains': return (not ? m.segment_told_contains_not : m.segment_told_contains)({ what, value: value.text });
    case 'greater': return unless(not, m.segment_told_greater({ what, value: value.than }));
    case 'less': return unless(not, m.segment_told_less({ what, value: value.than }));
    case 'between': return unless(not, m.segment_told_between({ what, from: value.from, to: value.to }));
  }
}

function unless(not: boolean, condition: string): string {
  return not ? m.segment_told_not({ condition }) : condition;
}
