// One import from the choice of a list, a file or what was pasted, to its result: a preview of the first rows at once, the totals of the whole
// file by a scan behind it, then the import itself. A change of an option asks for both again; answers to an older
// question are dropped.
import { api, listen, type ColumnUse, type ConsentTotals, type ImportOptions, type ImportPreview, type ImportProgress, type ImportTotals, type Origin, type ReasonTotal, type Refusal, type Ticked, type Undone } from '../../api/client';
import { asAppError } from '../../lib/errors';
import { m } from '../../lib/i18n.svelte';
import { assign } from './columns';

export const REFUSALS_SHOWN = 1000;

const NOTHING_TICKED: Ticked = { reasons: [], rows: [] };

export class Import {
  origin = $state.raw<Origin | null>(null);
  options = $state.raw<ImportOptions>({ encoding: null, separator: null, sheet: null, header: null, country: null, columns: null, standing: 'normal', tags: [], consent: null, ticked: NOTHING_TICKED, eachPhone: false });
  preview = $state.raw<ImportPreview | null>(null);
  reading = $state(false);
  error = $state.raw<unknown>(null);
  scan = $state.raw<ImportProgress | null>(null);
  run = $state.raw<ImportProgress | null>(null);
  /** What became of the run once it was taken back. */
  undone = $state.raw<Undone | null>(null);
  refusals = $state.raw<Refusal[]>([]);
  doubtful = $state.raw<Refusal[]>([]);
  reasons = $state.raw<ReasonTotal[]>([]);
  /** The doubtful rows that come in all the same; what was shown and counted does without them. */
  ticked = $state.raw<Ticked>(NOTHING_TICKED);
  over = $state(0);
  #round = 0;
  #scanId: string | null = null;
  #runId: string | null = null;
  /** Progress that arrived before the command that started it had answered. */
  #early: ImportProgress | null = null;

  follow = (): (() => void) => {
    const stops = [
      listen('importProgress', (progress) => this.#progress(progress)),
      listen('filesOver', ({ paths }) => { this.over = paths; }),
      listen('filesDropped', ({ paths }) => { this.over = 0; if (paths[0] && !this.running) void this.open(paths[0]); }),
    ];
    return () => { for (const stop of stops) stop(); this.#stopScan(); };
  };

  get running(): boolean {
    return this.run?.state === 'running';
  }

  get totals(): ImportTotals | null {
    return this.run?.totals ?? this.scan?.totals ?? null;
  }

  /** What the whole list says about consent; known only after the scan. */
  get consent(): ConsentTotals | null {
    return this.run?.consent ?? (this.scan?.state === 'done' ? this.scan.consent : null);
  }

  /** What its owner chose for the list that no import has taken yet. */
  get decided(): boolean {
    const { columns, consent, tags, standing } = this.options;
    const ticks = this.ticked.reasons.length + this.ticked.rows.length;
    return this.preview !== null && this.run === null && (columns !== null || consent !== null || tags.length + ticks > 0 || standing !== 'normal');
  }

  /** How many contacts an import would bring or complete; known only after the scan. */
  get importable(): number | null {
    if (this.scan?.state !== 'done') return null;
    const { new: fresh, known, unchanged } = this.scan.totals;
    return fresh + known - unchanged + this.#tickedRows;
  }

  /** An import would do nothing; a second row of one person may still complete what the first says. */
  get idle(): boolean {
    return this.importable === 0 && this.scan?.totals.twice === 0;
  }

  get doubts(): ReasonTotal[] {
    return this.reasons.filter((reason) => reason.doubtful);
  }

  get #tickedRows(): number {
    const { reasons, rows } = this.ticked;
    const whole = this.doubts.filter((reason) => reasons.includes(reason.code)).reduce((sum, reason) => sum + reason.rows, 0);
    return whole + this.doubtful.filter((one) => rows.includes(one.row) && !reasons.includes(one.reason.code)).length;
  }

  tickReason(code: string): void {
    this.ticked = { ...this.ticked, reasons: toggled(this.ticked.reasons, code) };
  }

  tickRow(row: number): void {
    this.ticked = { ...this.ticked, rows: toggled(this.ticked.rows, row) };
  }

  async choose(): Promise<void> {
    try {
      const path = await api.pickContactsFile(m.import_choose());
      if (path !== null) await this.open(path);
    } catch (error) {
      this.error = error;
    }
  }

  open(path: string): Promise<void> {
    return this.#take({ from: 'file', path });
  }

  /** Cells, a column of numbers, or a text with phones in it. */
  async paste(text: string): Promise<void> {
    if (text.trim() !== '' && !this.running) await this.#take({ from: 'pasted', name: m.import_pasted(), text });
  }

  async #take(origin: Origin): Promise<void> {
    this.origin = origin;
    this.preview = null;
    this.options = { ...this.options, encoding: null, separator: null, sheet: null, header: null, columns: null };
    await this.#read();
  }

  async change(change: Partial<ImportOptions>): Promise<void> {
    // Other separators or encodings make other columns; what they are used for is detected again.
    const columns = ['separator', 'encoding', 'sheet', 'header'].some((option) => option in change) ? null : this.options.columns;
    this.options = { ...this.options, columns, ...change };
    await this.#read();
  }

  async use(column: number, use: ColumnUse): Promise<void> {
    if (this.preview) await this.change({ columns: assign(this.options.columns ?? this.preview.columns.map((one) => one.use), column, use) });
  }

  async start(): Promise<void> {
    if (this.origin === null || this.running) return;
    this.#stopScan();
    this.error = null;
    try {
      this.#runId = await api.startImport(this.origin, { ...this.#asked(), ticked: this.ticked });
      this.#catchUp();
    } catch (error) {
      this.error = error;
    }
  }

  async cancel(): Promise<void> {
    if (this.#runId !== null) await api.cancelImport(this.#runId);
  }

  async saveRefused(): Promise<string | null> {
    const id = this.#runId ?? this.#scanId;
    return id === null ? null : await api.saveRefused(id, m.import_save_refused());
  }

  close(): void {
    this.#stopScan();
    this.#round += 1;
    this.#runId = null;
    this.origin = this.preview = this.scan = this.run = this.undone = this.error = null;
    this.#forgetRows();
  }

  /** The preview decides what was detected, so that the import does exactly what was shown. */
  #asked(): ImportOptions {
    return { ...this.options, columns: this.options.columns ?? this.preview?.columns.map((one) => one.use) ?? null };
  }

  async #read(): Promise<void> {
    if (this.origin === null) return;
    this.#stopScan();
    this.#round += 1;
    const round = this.#round;
    this.reading = true;
    this.error = this.scan = this.run = this.undone = null;
    this.#runId = null;
    this.#forgetRows();
    try {
      const preview = await api.previewImport(this.origin, this.options);
      if (round !== this.#round) return;
      this.preview = preview;
      const scanId = await api.scanImport(this.origin, this.#asked());
      if (round !== this.#round) { void api.cancelImport(scanId); return; }
      this.#scanId = scanId;
      this.#catchUp();
    } catch (error) {
      if (round !== this.#round) return;
      this.error = error;
      if (this.options.columns === null && asAppError(error).code === 'import.no_phone_column') await this.#readWithoutPhone(round);
    } finally {
      if (round === this.#round) this.reading = false;
    }
  }

  /** No column looks like phones: shows the rows all the same, so that the owner can point at one. */
  async #readWithoutPhone(round: number): Promise<void> {
    if (this.origin === null) return;
    try {
      const preview = await api.previewImport(this.origin, { ...this.options, columns: [{ use: 'phone' }] });
      if (round === this.#round) this.preview = preview;
    } catch {
      // The first refusal is on screen already, and says more.
    }
  }

  #stopScan(): void {
    if (this.#scanId !== null && this.scan?.state === 'running') void api.cancelImport(this.#scanId);
    if (this.scan?.state !== 'done') this.#scanId = null;
  }

  #catchUp(): void {
    if (this.#early) this.#progress(this.#early);
    this.#early = null;
  }

  #progress(progress: ImportProgress): void {
    if (progress.importId === this.#scanId) {
      this.scan = progress;
      if (progress.state === 'done') void this.#readRefusals(progress.importId);
      if (progress.error) this.error = progress.error;
    } else if (progress.importId === this.#runId) {
      this.run = progress;
      if (progress.state !== 'running') void this.#readRefusals(progress.importId);
      if (progress.error) this.error = progress.error;
    } else this.#early = progress;
  }

  /** Another reading of the list makes other rows, so no tick outlives it. */
  #forgetRows(): void {
    this.refusals = this.doubtful = this.reasons = [];
    this.ticked = NOTHING_TICKED;
  }

  async #readRefusals(id: string): Promise<void> {
    try {
      const [refusals, doubtful, reasons] = await Promise.all([api.refusals(id, 'refused', REFUSALS_SHOWN), api.refusals(id, 'doubtful', REFUSALS_SHOWN), api.refusalReasons(id)]);
      if (id === (this.#runId ?? this.#scanId)) Object.assign(this, { refusals, doubtful, reasons });
    } catch (error) {
      this.error = error;
    }
  }
}

function toggled<T>(list: T[], one: T): T[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}
