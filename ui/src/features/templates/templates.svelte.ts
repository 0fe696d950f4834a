// The list of templates, and what is begun from it.
import { api, type ReadyTemplate, type TemplateRow } from '../../api/client';
import { Deleting } from '../../lib/deleting.svelte';
import { sentence } from '../../lib/errors';
import { keepFresh } from '../../lib/fresh';
import { navigate } from '../../lib/router.svelte';
import { toast } from '../../lib/toasts.svelte';

export const deleting = new Deleting();

export class Templates {
  rows = $state.raw<TemplateRow[] | null>(null);
  ready = $state.raw<ReadyTemplate[]>([]);
  error = $state.raw<unknown>(null);
  readonly shown = $derived(this.rows?.filter((row) => !deleting.has(row.id)) ?? []);

  follow = (): (() => void) => keepFresh(['templatesChanged'], () => this.load());

  async load(): Promise<void> {
    try {
      if (this.ready.length === 0) this.ready = await api.readyTemplates();
      this.rows = await api.templates();
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }
}

/** A campaign that begins with the content of a template. */
export async function campaignFrom(templateId: string): Promise<void> {
  await attempt(async () => {
    const draft = await api.createDraft();
    await api.useTemplate(draft.id, templateId);
    navigate(`/campaigns/${draft.id}/content`);
  });
}

export async function attempt(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    toast(sentence(error), { kind: 'warn' });
  }
}
