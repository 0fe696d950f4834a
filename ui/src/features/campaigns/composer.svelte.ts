// One draft of a campaign while it is composed. Questions to the core are asked about what is saved.
import { api, listen, type ContactTotals, type Draft, type DraftCheck, type DraftEdit, type Link, type LinkCard, type MediaItem, type MediaWish, type Review, type RevisionChoice, type RevisionReview } from '../../api/client';
import { fieldWord, readTotals } from '../../lib/fields.svelte';
import type { Step } from '../../lib/router.svelte';
import { Answer } from './answer.svelte';
import { allText } from './choice';
import { editOf } from './draft';
import { Preview, valueOf } from './preview.svelte';
import { variable, variablesOf } from './variables';
import { Writing, type Source } from './writing.svelte';

const MINUTE = 60_000;

export class Composer extends Writing<Draft> {
  totals = $state.raw<ContactTotals | null>(null);
  readonly check = new Answer<DraftCheck>();
  readonly review = new Answer<Review>();
  /** What the review is for a draft, where it revises what is scheduled already. */
  readonly revision = new Answer<RevisionReview>();
  /** What is decided of a revision beside its content. */
  decided = $state.raw<RevisionChoice>({ time: { kind: 'keep' }, withOwn: false });
  readonly preview: Preview;
  readonly #names = $derived(['name', ...(this.totals?.fields ?? []).filter((field) => field !== 'name')]);
  #step: Step = 'audience';

  constructor(id: string) {
    super(id);
    this.preview = new Preview(id);
  }

  get variables(): string[] {
    return this.#names;
  }

  get link(): Link | null {
    return this.check.value?.link ?? null;
  }

  valueOf(name: string): string | undefined {
    const { contact } = this.preview;
    return contact ? valueOf(contact, name) : variable(fieldWord(name));
  }

  /** Opens the draft and follows what its numbers depend on; returns the way to leave, which saves. */
  follow = (): (() => void) => {
    void this.#open();
    const ask = () => void this.refresh();
    const people = () => { ask(); void this.#readTotals(); };
    const stops = [listen('contactsChanged', people), listen('ledgerChanged', ask), listen('settingsChanged', ask), listen('numbersChanged', ask)];
    // "Now" moves: so do the finish and the days it needs.
    const timer = setInterval(() => { if (this.#step === 'schedule' || this.#step === 'review') ask(); }, MINUTE);
    return () => {
      for (const stop of stops) stop();
      clearInterval(timer);
      void this.#leave(this.over || this.draft === null || this.incoming.length > 0);
      this.over = true;
    };
  };

  /** A draft in which nobody did anything leaves nothing behind; one that was handed over, or is still to get files, stays. */
  async #leave(stays: boolean): Promise<void> {
    const saved = await this.flush();
    if (saved && !stays) await api.dropUntouched(this.id).catch(() => undefined);
  }

  async #open(): Promise<void> {
    try {
      const [draft, known] = await Promise.all([api.draft(this.id), api.numbers(), this.#readTotals()]);
      this.draft = draft;
      const practice = known.find((number) => number.kind === 'practice');
      // What comes again by itself never turns into practice by being looked at.
      if (draft.sessionIds.length === 0 && practice && !draft.repeat) this.edit({ sessionIds: [practice.id] });
      await this.refresh();
    } catch (error) {
      this.error = error;
    }
  }

  async #readTotals(): Promise<void> {
    this.totals = await readTotals();
  }

  enter(step: Step): void {
    this.#step = step;
    if (this.draft) void this.flush().then(() => this.refresh());
  }

  /** Everything but the content, which has an undo of its own. */
  edit(change: Partial<Omit<DraftEdit, 'id' | 'text' | 'choice'>>): void {
    this.put(change);
  }

  protected store(draft: Draft): Promise<Draft> {
    return api.saveDraft(editOf(draft));
  }

  /** Asks again what the step on screen shows. */
  async refresh(): Promise<void> {
    if (!this.draft || this.over) return;
    const asked: Promise<void>[] = [this.check.ask(() => api.checkDraft(this.id))];
    if (this.#step === 'content' || this.#step === 'review') asked.push(this.preview.load());
    if (this.draft.revises) asked.push(this.revision.ask(() => api.reviewRevision(this.id, this.decided)));
    else asked.push(this.review.ask(() => api.reviewCampaign(this.id)));
    await Promise.all(asked);
  }

  protected addFile(source: Source, wish: MediaWish): Promise<MediaItem> {
    return 'path' in source ? api.addMedia(this.id, source.path, wish) : api.pasteMedia(this.id, source.name, source.base64, wish);
  }

  protected removeFile(id: string): Promise<Draft> {
    return api.removeMedia(this.id, id);
  }

  protected orderFiles(ids: string[]): Promise<Draft> {
    return api.orderMedia(this.id, ids);
  }

  protected fileContent(id: string): Promise<string> {
    return api.mediaPicture(id);
  }

  protected fetchPreview(): Promise<{ linkPreview: LinkCard | null }> {
    return api.fetchLinkPreview(this.id);
  }

  protected dropPreview(): Promise<{ linkPreview: LinkCard | null }> {
    return api.removeLinkPreview(this.id);
  }

  /** The content of a template in place of this one, files too; what was written can be brought back by undo. */
  async useTemplate(templateId: string): Promise<void> {
    if (!(await this.flush())) throw this.saveError;
    const { text, choice, splitLongCaption, media, linkPreview } = await api.useTemplate(this.id, templateId);
    this.write({ text, choice, splitLongCaption });
    if (this.draft) this.draft = { ...this.draft, media, linkPreview };
    if (await this.flush()) await this.refresh();
  }

  /** Saves and hands the campaign over; from then on the draft is not touched any more. */
  async schedule(onlyCovered: boolean): Promise<void> {
    if (!(await this.flush())) throw this.saveError;
    await api.scheduleCampaign(this.id, onlyCovered);
    this.over = true;
  }

  /** Saves, and everybody who waits gets it. */
  async revise(): Promise<void> {
    if (!(await this.flush())) throw this.saveError;
    await api.revise(this.id, this.decided);
    this.over = true;
  }

  decide(change: Partial<RevisionChoice>): void {
    this.decided = { ...this.decided, ...change };
    void this.refresh();
  }

  usesVariable(name: string): boolean {
    return variablesOf(allText(this.draft?.text ?? '', this.choice)).includes(name);
  }
}
