// Which variables an event fills, and what they look like. Pure.
import type { TemplateRow, TriggerBinding } from '../../api/client';
import { sampleOf } from '../templates/samples';

export type Variable = { name: string; sample: string };

/** A field of their own fills them. */
const OWN_FIELDS = ['name', 'phone'];

/** The variables of every template that may be chosen, each once: the usual one's first. */
export function variablesOf(binding: Pick<TriggerBinding, 'template' | 'byLanguage'>, templates: TemplateRow[]): Variable[] {
  const found = new Map<string, string>();
  for (const id of [binding.template, ...binding.byLanguage.map((one) => one.template)]) {
    const template = templates.find((one) => one.id === id);
    for (const name of template?.variables ?? []) {
      if (!found.has(name)) found.set(name, template?.samples[name] || sampleOf(name, template?.language ?? 'en') || '');
    }
  }
  return [...found].filter(([name]) => !OWN_FIELDS.includes(name)).map(([name, sample]) => ({ name, sample }));
}
