// What the button says that leads on from a step.
import { m } from '../../lib/i18n.svelte';
import type { Step } from '../../lib/router.svelte';
import { nextStep, type Kind } from './steps';

export function wayOn(step: Step, kind: Kind): string {
  switch (nextStep(step, kind)) {
    case 'content': return m.composer_to_content();
    case 'schedule': return kind === 'pattern' ? m.composer_to_numbers() : m.composer_to_schedule();
    case 'review': return m.composer_to_review();
    default: return m.composer_to_rule();
  }
}
