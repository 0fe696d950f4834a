// One template while it is written.
import { api, listen, type Link, type LinkCard, type MediaItem, type MediaWish, type TemplateCheck, type TemplateEdit, type TemplateView } from '../../api/client';
import { readTotals } from '../../lib/fields.svelte';
import { Answer } from '../campaigns/answer.svelte';
import { allText } from '../campaigns/choice';
import { variablesOf } from '../campaigns/variables';
import { Writing, type Source } from '../campaigns/writing.svelte';
import { sampleOf } from './samples';

export class TemplateWriting extends Writing<TemplateView> {
  readonly check = new Answer<TemplateCheck>();
  #fields = $state.raw<string[]>([]);
  /** In the order they appear, found in the text by themselves. */
  readonly used = $derived(variablesOf(allText(this.draft?.text ?? '', this.choice)));
  readonly #names = $derived([...new Set(['name', ...this.#fields, ...this.used])]);

  get variables(): string[] {
    return this.#names;
  }

  get link(): Link | null {
    return this.check.value?.link ?? null;
  }

  /** Without a sample the hole stays to be seen. */
  valueOf(name: string): string | undefined {
    const { draft } = this;
    return draft ? draft.samples[name] || sampleOf(name, draft.language) : undefined;
  }

  follow = (): (() => void) => {
    void this.#open();
    const stop = listen('contactsChanged', () => void this.#readFields());
    return () => {
      stop();
      void this.flush();
      this.over = true;
    };
  };

  async #open(): Promise<void> {
    try {
      [this.draft] = await Promise.all([api.template(this.id), this.#readFields()]);
      await this.refresh();
    } catch (error) {
      this.error = error;
    }
  }

  async #readFields(): Promise<void> {
    this.#fields = (await readTotals()).fields;
  }

  /** Everything but the content, which has an undo of its own. */
  edit(change: Partial<Pick<TemplateEdit, 'name' | 'category' | 'language' | 'active' | 'samples'>>): void {
    this.put(change);
  }

  async refresh(): Promise<void> {
    if (!this.over) await this.check.ask(() => api.checkTemplate(this.id));
  }

  protected store({ id, name, category, language, active, text, choice, splitLongCaption, samples }: TemplateView): Promise<TemplateView> {
    return api.saveTemplate({ id, name, category, language, active, text, choice, splitLongCaption, samples });
  }

  protected addFile(source: Source, wish: MediaWish): Promise<MediaItem> {
    return 'path' in source ? api.addTemplateMedia(this.id, source.path, wish) : api.pasteTemplateMedia(this.id, source.name, source.base64, wish);
  }

  protected removeFile(id: string): Promise<TemplateView> {
    return api.removeTemplateMedia(this.id, id);
  }

  protected orderFiles(ids: string[]): Promise<TemplateView> {
    return api.orderTemplateMedia(this.id, ids);
  }

  protected fileContent(id: string): Promise<string> {
    return api.mediaPicture(id);
  }

  protected fetchPreview(): Promise<{ linkPreview: LinkCard | null }> {
    return api.fetchTemplateLinkPreview(this.id);
  }

  protected dropPreview(): Promise<{ linkPreview: LinkCard | null }> {
    return api.removeTemplateLinkPreview(this.id);
  }
}
