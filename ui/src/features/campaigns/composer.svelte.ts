// One draft while it is composed. Every change shows at once and is saved on the pause after it; a save that fails
// keeps the text and says why. Questions to the core are asked about what is saved.
import { api, listen, type ContactTotals, type Draft, type DraftCheck, type DraftEdit, type MediaItem, type Review } from '../../api/client';
import type { Step } from '../../lib/router.svelte';
import { Answer } from './answer.svelte';
import { Preview } from './preview.svelte';
import { shapeOf } from './shape';
import { variablesOf } from './variables';
import { whatsappLength } from './whatsapp';

const PAUSE = 600;
const MINUTE = 60_000;

/** A file on its way into the draft, or one that did not get in. */
export type Incoming = { key: number; name: string; error: unknown };
type Source = { path: string } | { name: string; base64: string };

export class Composer {
  draft = $state.raw<Draft | null>(null);
  error = $state.raw<unknown>(null);
  saveError = $state.raw<unknown>(null);
  saving = $state(false);
  totals = $state.raw<ContactTotals | null>(null);
  incoming = $state.raw<Incoming[]>([]);
  readonly check = new Answer<DraftCheck>();
  readonly review = new Answer<Review>();
  readonly preview: Preview;

  readonly photos = $derived(this.draft?.media ?? []);
  readonly filled = $derived.by(() => this.preview.filled(this.draft?.text ?? ''));
  readonly length = $derived(whatsappLength(this.filled.text));
  readonly shape = $derived(shapeOf(this.photos.length, this.filled.text.trim() === '' ? 0 : this.length, this.draft?.splitLongCaption ?? false));
  readonly variables = $derived(['name', ...(this.totals?.fields ?? []).filter((field) => field !== 'name')]);

  #step: Step = 'audience';
  #changes = 0;
  #saved = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #over = false;
  #keys = 0;
  #sources = new Map<string, Source>();

  constructor(readonly id: string) {
    this.preview = new Preview(id);
  }

  /** Opens the draft and follows what its numbers depend on; returns the way to leave, which saves. */
  follow = (): (() => void) => {
    void this.#open();
    const ask = () => void this.refresh();
    const people = () => { ask(); void this.#readTotals(); };
    const stops = [listen('contactsChanged', people), listen('ledgerChanged', ask), listen('settingsChanged', ask), listen('numbersChanged', ask)];
    // "Now" moves: so do the finish and the days it needs.
    const timer = setInterval(() => { if (this.#step === 'schedule') ask(); }, MINUTE);
    return () => {
      for (const stop of stops) stop();
      clearInterval(timer);
      void this.flush();
      this.#over = true;
    };
  };

  async #open(): Promise<void> {
    try {
      const [draft, known] = await Promise.all([api.draft(this.id), api.numbers(), this.#readTotals()]);
      this.draft = draft;
      const practice = known.find((number) => number.kind === 'practice');
      if (draft.sessionIds.length === 0 && practice) this.edit({ sessionIds: [practice.id] });
      await this.refresh();
    } catch (error) {
      this.error = error;
    }
  }

  async #readTotals(): Promise<void> {
    this.totals = await api.contactTotals();
  }

  enter(step: Step): void {
    this.#step = step;
    if (this.draft) void this.flush().then(() => this.refresh());
  }

  edit(change: Partial<Omit<DraftEdit, 'id'>>): void {
    if (!this.draft) return;
    this.draft = { ...this.draft, ...change };
    this.#changes += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), PAUSE);
  }

  get unsaved(): boolean {
    return this.#changes !== this.#saved;
  }

  /** Saves what is not saved yet; false when that failed. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.unsaved && !this.#over) {
      this.#running ??= this.#save().finally(() => { this.#running = null; });
      await this.#running;
      if (this.saveError !== null) return false;
    }
    return true;
  }

  async #save(): Promise<void> {
    if (!this.draft) return;
    const edit = editOf(this.draft);
    const changes = this.#changes;
    this.saving = true;
    try {
      const { updatedAt } = await api.saveDraft(edit);
      this.#saved = changes;
      this.saveError = null;
      if (this.draft) this.draft = { ...this.draft, updatedAt };
      if (!this.unsaved) void this.refresh();
    } catch (error) {
      this.saveError = error;
    } finally {
      this.saving = false;
    }
  }

  /** Asks again what the step on screen shows. */
  async refresh(): Promise<void> {
    if (!this.draft || this.#over) return;
    const asked: Promise<void>[] = [this.check.ask(() => api.checkDraft(this.id))];
    if (this.#step === 'content') asked.push(this.preview.load());
    asked.push(this.review.ask(() => api.reviewCampaign(this.id)));
    await Promise.all(asked);
  }

  async addFiles(paths: string[]): Promise<void> {
    await this.#bring(paths.map((path) => ({ name: path.split(/[\\/]/).at(-1) ?? path, source: { path } })));
  }

  async paste(name: string, base64: string): Promise<void> {
    await this.#bring([{ name, source: { name, base64 } }]);
  }

  /** One after the other, so that only one picture at a time is being prepared. */
  async #bring(files: { name: string; source: Source }[]): Promise<void> {
    const rows = files.map(({ name, source }) => ({ row: { key: (this.#keys += 1), name, error: null as unknown }, source }));
    this.incoming = [...this.incoming, ...rows.map(({ row }) => row)];
    for (const { row, source } of rows) {
      try {
        const item = await this.#add(source);
        this.dismiss(row.key);
        if (this.draft) this.draft = { ...this.draft, media: [...this.draft.media, item] };
      } catch (error) {
        this.incoming = this.incoming.map((one) => (one.key === row.key ? { ...one, error } : one));
      }
    }
    await this.#mediaChanged();
  }

  async #add(source: Source): Promise<MediaItem> {
    const item = await ('path' in source ? api.addMedia(this.id, source.path) : api.pasteMedia(this.id, source.name, source.base64));
    this.#sources.set(item.id, source);
    return item;
  }

  /** A file that was refused leaves the list. */
  dismiss(key: number): void {
    this.incoming = this.incoming.filter((one) => one.key !== key);
  }

  /** Returns what brings the file back to its place. */
  async remove(item: MediaItem): Promise<() => Promise<void>> {
    const before = this.draft?.media ?? [];
    const place = before.findIndex((one) => one.id === item.id);
    const source = this.#sources.get(item.id) ?? { name: item.name, base64: (await api.mediaPicture(item.id)).replace(/^data:[^,]*,/, '') };
    this.#setMedia((await api.removeMedia(this.id, item.id)).media);
    await this.#mediaChanged();
    return async () => {
      const back = await this.#add(source);
      const media = [...(this.draft?.media ?? [])];
      media.splice(place, 0, back);
      await this.order(media);
    };
  }

  async order(media: MediaItem[]): Promise<void> {
    this.#setMedia(media);
    this.#setMedia((await api.orderMedia(this.id, media.map((item) => item.id))).media);
    await this.#mediaChanged();
  }

  #setMedia(media: MediaItem[]): void {
    if (this.draft) this.draft = { ...this.draft, media };
  }

  async #mediaChanged(): Promise<void> {
    if (await this.flush()) await this.refresh();
  }

  /** Saves and hands the campaign over; from then on the draft is not touched any more. */
  async schedule(onlyCovered: boolean): Promise<void> {
    if (!(await this.flush())) throw this.saveError;
    await api.scheduleCampaign(this.id, onlyCovered);
    this.#over = true;
  }

  usesVariable(name: string): boolean {
    return variablesOf(this.draft?.text ?? '').includes(name);
  }
}

/** What a save takes: files have commands of their own. */
function editOf({ id, name, text, audience, splitLongCaption, dueAt, priority, sessionIds, keepHours, consentBasis }: Draft): DraftEdit {
  return { id, name, text, audience, splitLongCaption, dueAt, priority, sessionIds, keepHours, consentBasis };
}
