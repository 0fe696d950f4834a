// A text with files and answers while it is written: a draft of a campaign, or a template. Every change shows at once,
// can be undone, and is saved on the pause after it; a save that fails keeps what was written and says why.
import type { Category, Choice, Link, LinkCard, MediaItem, MediaWish } from '../../api/client';
import { isBlank } from '../../lib/blank';
import { asAppError } from '../../lib/errors';
import { allText, hasPoll, wholeText } from './choice';
import { fresh, record, redo, undo, type History } from './history';
import { linkState } from './link-preview';
import { shapeOf } from './shape';
import { fill, withFallback, type Filled } from './variables';
import { whatsappLength } from './whatsapp';

const PAUSE = 600;

export type Content = { text: string; choice: Choice | null; splitLongCaption: boolean };
export type Written = Content & { id: string; name: string; category: Category; media: MediaItem[]; linkPreview: LinkCard | null; updatedAt: number };

export type Source = { path: string } | { name: string; base64: string };
/** A file on its way in, or one that did not get in, with so many more that did not for the same reason. */
export type Incoming = { key: number; name: string; source: Source; error: unknown; more: number };
/** A file as it came, and what it was to be sent as before another way was chosen for it. */
type Came = { source: Source; before: MediaWish | null };

export abstract class Writing<W extends Written> {
  draft = $state.raw<W | null>(null);
  error = $state.raw<unknown>(null);
  saveError = $state.raw<unknown>(null);
  saving = $state(false);
  incoming = $state.raw<Incoming[]>([]);
  #history = $state.raw<History<Content>>(fresh());

  readonly files = $derived(this.draft?.media ?? []);
  readonly choice = $derived(this.draft?.choice ?? null);
  readonly filled = $derived.by(() => this.fill(wholeText(this.draft?.text ?? '', this.choice)));
  /** Variables without a value, in the text and in the answers. */
  readonly missing = $derived.by(() => this.fill(allText(this.draft?.text ?? '', this.choice)).missing);
  readonly length = $derived(whatsappLength(this.filled.text));
  readonly shape = $derived(shapeOf(this.files.map((file) => file.kind), isBlank(this.filled.text) ? 0 : this.length, this.draft?.splitLongCaption ?? false, hasPoll(this.choice)));
  readonly linkState = $derived.by(() => linkState(this.link, this.draft?.linkPreview ?? null, this.shape.kinds.includes('text')));
  readonly canUndo = $derived(this.#history.past.length > 0);
  readonly canRedo = $derived(this.#history.future.length > 0);

  protected over = false;
  #changes = 0;
  #saved = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #keys = 0;
  #came = new Map<string, Came>();

  constructor(readonly id: string) {}

  /** What variables may be named. */
  abstract get variables(): string[];
  /** What one stands for in the preview; undefined: nothing is known. */
  abstract valueOf(name: string): string | undefined;
  /** The first link of the text as it was saved last. */
  abstract get link(): Link | null;
  /** Asks again what the screen shows beside the text. */
  abstract refresh(): Promise<void>;
  protected abstract store(draft: W): Promise<{ updatedAt: number }>;
  protected abstract addFile(source: Source, wish: MediaWish): Promise<MediaItem>;
  protected abstract removeFile(id: string): Promise<{ media: MediaItem[] }>;
  protected abstract orderFiles(ids: string[]): Promise<{ media: MediaItem[] }>;
  protected abstract fileContent(id: string): Promise<string>;
  protected abstract fetchPreview(): Promise<{ linkPreview: LinkCard | null }>;
  protected abstract dropPreview(): Promise<{ linkPreview: LinkCard | null }>;

  fill(text: string): Filled {
    return fill(text, (name) => this.valueOf(name));
  }

  /** `group` names the field that is typed in, so that undo takes back more than a letter. */
  write(change: Partial<Content>, group: string | null = null): void {
    if (!this.draft) return;
    this.#history = record(this.#history, contentOf(this.draft), group, performance.now());
    this.put(change as Partial<W>);
  }

  /** Everybody who lacks the variable gets this instead. */
  giveFallback(name: string, fallback: string): void {
    const given = (text: string) => withFallback(text, name, fallback);
    const choice = this.choice && { ...this.choice, question: given(this.choice.question), options: this.choice.options.map(given) };
    this.write({ text: given(this.draft?.text ?? ''), choice });
  }

  undo(): boolean {
    return this.#travel(undo);
  }

  redo(): boolean {
    return this.#travel(redo);
  }

  #travel(by: typeof undo): boolean {
    const there = this.draft && by(this.#history, contentOf(this.draft));
    if (!there) return false;
    this.#history = there.history;
    this.put(there.present as Partial<W>);
    return true;
  }

  /** A change that undo does not know of. */
  put(change: Partial<W>): void {
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
    while (this.unsaved && !this.over) {
      this.#running ??= this.#save().finally(() => { this.#running = null; });
      await this.#running;
      if (this.saveError !== null) return false;
    }
    return true;
  }

  async #save(): Promise<void> {
    if (!this.draft) return;
    const changes = this.#changes;
    this.saving = true;
    try {
      const { updatedAt } = await this.store(this.draft);
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

  async addPaths(paths: string[]): Promise<void> {
    await this.#bring(paths.map((path) => ({ name: path.split(/[\\/]/).at(-1) ?? path, source: { path } })));
  }

  async paste(name: string, base64: string): Promise<void> {
    await this.#bring([{ name, source: { name, base64 } }]);
  }

  /** One after the other, so that only one file at a time is being prepared. */
  async #bring(files: { name: string; source: Source }[], wish: MediaWish = 'auto'): Promise<void> {
    const rows = files.map(({ name, source }): Incoming => ({ key: (this.#keys += 1), name, source, error: null, more: 0 }));
    this.incoming = [...this.incoming, ...rows];
    for (const [index, row] of rows.entries()) {
      try {
        const item = await this.#add({ source: row.source, before: null }, wish);
        this.dismiss(row.key);
        this.#setFiles([...this.files, item]);
      } catch (error) {
        // What is behind one file too many is too many as well.
        const full = asAppError(error).code === 'campaign.too_many_files';
        const behind = new Set(full ? rows.slice(index + 1).map((one) => one.key) : []);
        const shown = this.incoming.filter((one) => !behind.has(one.key));
        this.incoming = shown.map((one) => (one.key === row.key ? { ...one, error, more: behind.size } : one));
        if (full) break;
      }
    }
    await this.#filesChanged();
  }

  async #add(came: Came, wish: MediaWish): Promise<MediaItem> {
    const item = await this.addFile(came.source, wish);
    this.#came.set(item.id, came);
    return item;
  }

  /** A file that was refused, once more as something else. */
  async bringAs(refused: Incoming, wish: MediaWish): Promise<void> {
    this.dismiss(refused.key);
    await this.#bring([refused], wish);
  }

  /** A file that was refused leaves the list. */
  dismiss(key: number): void {
    this.incoming = this.incoming.filter((one) => one.key !== key);
  }

  /** Returns what brings the file back to its place. */
  async remove(item: MediaItem): Promise<() => Promise<void>> {
    const place = this.files.findIndex((one) => one.id === item.id);
    const came = this.#came.get(item.id) ?? { source: { name: item.name, base64: (await this.fileContent(item.id)).replace(/^data:[^,]*,/, '') }, before: null };
    const wish = wishOf(item);
    this.#setFiles((await this.removeFile(item.id)).media);
    await this.#filesChanged();
    return async () => {
      const back = await this.#add(came, wish);
      await this.#putAt(back, place);
    };
  }

  /** Whether the file as it came is at hand, so that it can be prepared in another way. */
  hasSource(item: MediaItem): boolean {
    return this.#came.has(item.id);
  }

  /** What it was to be sent as before another way was chosen; null where none was. */
  wishBefore(item: MediaItem): MediaWish | null {
    return this.#came.get(item.id)?.before ?? null;
  }

  /** The same file, prepared to be sent as something else. */
  async prepareAs(item: MediaItem, wish: MediaWish): Promise<void> {
    const came = this.#came.get(item.id);
    if (!came) return;
    const place = this.files.findIndex((one) => one.id === item.id);
    const other = await this.#add({ source: came.source, before: wishOf(item) }, wish);
    this.#setFiles((await this.removeFile(item.id)).media.filter((one) => one.id !== other.id));
    await this.#putAt(other, place);
  }

  async #putAt(item: MediaItem, place: number): Promise<void> {
    const files = [...this.files];
    files.splice(place, 0, item);
    await this.order(files);
  }

  async order(media: MediaItem[]): Promise<void> {
    this.#setFiles(media);
    this.#setFiles((await this.orderFiles(media.map((item) => item.id))).media);
    await this.#filesChanged();
  }

  /** The page of the text's link is opened once, and what it says is kept. */
  async lookAtLink(): Promise<void> {
    if (!(await this.flush())) throw this.saveError;
    this.#setLinkPreview((await this.fetchPreview()).linkPreview);
    await this.refresh();
  }

  async removeLinkPreview(): Promise<void> {
    this.#setLinkPreview((await this.dropPreview()).linkPreview);
  }

  #setLinkPreview(linkPreview: LinkCard | null): void {
    if (this.draft) this.draft = { ...this.draft, linkPreview };
  }

  #setFiles(media: MediaItem[]): void {
    if (this.draft) this.draft = { ...this.draft, media };
  }

  async #filesChanged(): Promise<void> {
    if (await this.flush()) await this.refresh();
  }
}

function contentOf({ text, choice, splitLongCaption }: Content): Content {
  return { text, choice, splitLongCaption };
}

/** What would prepare a file as it was prepared. */
function wishOf({ kind, verdict }: MediaItem): MediaWish {
  if (kind === 'audio') return 'audio';
  return kind === 'document' && verdict.kind !== 'offer' ? 'document' : 'auto';
}
