// The state of the fake: settings, people, campaigns with their messages, the ledger, and a clock that starts on a
// Thursday afternoon in a shop in İzmir.
import type { Audience, CampaignState, Category, Choice, ContactView, DayHours, EventName, ImportProgress, LedgerRow, LinkCard, MediaItem, NumberView, PartState, Payload, PracticeOptions, Refusal, RepeatEdit, Revises, RouteStep, Segment, Settings, SkipReason, TemplateView, Undone, VersionView } from '../client';
import { everyNumber, practiceNumber, usualNumbers } from './numbers';
import { people } from './people';

export type Message = { id: string; contactId: string; name: string; phoneShown: string; state: PartState; reason: string | null; steps: RouteStep[]; tries: number; triedAt: number | null; next: { at: number; state: PartState } | null; text: string; price: number; version?: number; own?: boolean };
export type Campaign = {
  id: string; name: string; text: string; choice: Choice | null; audience: Audience; media: MediaItem[]; linkPreview: LinkCard | null; splitLongCaption: boolean; dueAt: number | null; priority: number; hours: DayHours | null; localHours: boolean; sessionIds: string[];
  keepHours: boolean; category: Category; consentBasis: string; updatedAt: number; state: CampaignState; startedAt: number | null; finishedAt: number | null; messages: Message[];
  skipped: { reason: SkipReason; people: number; variable: string | null }[]; nextAt: number; perQuarter: { at: number; sent: number }[];
  /** A message to one person, which is in no list of campaigns. */
  single?: boolean;
  /** What this draft is to take the place of. */
  revises?: Revises;
  /** The rule whose pattern it is. */
  repeat?: string;
  versions?: VersionView[];
};
export type Job = { progress: ImportProgress; refusals: Refusal[]; cancelled: boolean; undone: Undone | null };
export type Emit = <N extends EventName>(name: N, payload: Payload<N>) => void;
export type Entry = LedgerRow & { book: 'practice' | 'real' };

export class World {
  scene: string;
  emit: Emit;
  settings: Settings = { language: null, theme: 'system', country: 'TR', businessName: 'Lale Optik', hoursFrom: 540, hoursTo: 1320, weekdays: [], closedDays: [], zone: 'Europe/Istanbul', welcomed: true, testPhone: '', stopWords: ['STOP', 'DUR', 'BERHENTI'], startWords: ['START', 'BAŞLA', 'MULAI'], stopReply: false, promotionDays: 3, stopFailedPercent: 30, stopOptedOutPercent: 5, contactColumns: ['phone', 'tags', 'consent', 'contacted'], news: { campaigns: true, numbers: true, replies: false, credits: true, backups: true }, lowCredits: { credits: 100, days: 7 }, prices: { text: 1, image: 1, video: 1, document: 1, voice: 1, audio: 1, poll: 1 }, kept: { textsDays: 15, triesDays: 30, numbersDays: 90 }, keepAwake: true, reactionsAnswer: false, lookForUpdates: true };
  door: 'open' | 'needsPassphrase' | 'locked' | 'failed' = 'open';
  recoveryCode: string | null = null;
  practice: Required<PracticeOptions> = { readPercent: 70, failPercent: 2, unreachablePercent: 1, delayMs: 2000 };
  readonly practiceNumber = practiceNumber();
  numbers: NumberView[] = [];
  contacts: ContactView[] = [];
  segments: Segment[] = [];
  campaigns: Campaign[] = [];
  repeats: RepeatEdit[] = [];
  templates: TemplateView[] = [];
  ledger: Entry[] = [];
  imports = new Map<string, Job>();
  pausedAll = false;
  readonly seen = new Set<string>();
  readonly failuresSeen = new Set<string>();
  #start = Date.parse('2026-11-12T11:22:06Z');
  #loaded = performance.now();
  #ids = 0;

  constructor(scene: string, emit: Emit) {
    this.scene = scene;
    this.emit = emit;
    if (scene === 'fresh' || scene === 'passphrase') {
      this.settings = { ...this.settings, welcomed: false, businessName: '' };
      Object.assign(this.practiceNumber, { sentToday: 0, errorsToday: 0, lastActivityAt: null });
      this.recoveryCode = scene === 'fresh' ? 'F4KE-7M2Q-9XTB-C3WN-8RHD-5PVJ' : null;
      this.book('grant', 10_000, 0, { at: this.now() - 60_000, note: '' });
    } else {
      this.contacts = people(scene === 'many' ? 100_000 : 1318, this.now());
    }
    this.numbers = [...(scene === 'numbers' ? everyNumber(this.now()) : scene === 'fresh' || scene === 'passphrase' || scene === 'nophone' ? [] : usualNumbers(this.now())), this.practiceNumber];
    if (scene === 'passphrase') this.door = 'needsPassphrase';
    if (scene === 'locked') this.door = 'locked';
    if (scene === 'failed') this.door = 'failed';
  }

  now(): number {
    return this.#start + (performance.now() - this.#loaded);
  }

  id(kind: string): string {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }

  balance(book: 'practice' | 'real') {
    const last = this.ledger.filter((entry) => entry.book === book).at(-1);
    return { balance: last?.balanceAfter ?? 0, held: last?.heldAfter ?? 0 };
  }

  /** Appends one line; the sums after it follow from the line before. */
  book(kind: Entry['kind'], credits: number, held: number, more: Partial<Entry> = {}): void {
    const book = more.book ?? 'practice';
    const before = this.balance(book);
    this.ledger.push({ seq: this.ledger.length + 1, at: this.now(), kind, credits, held, balanceAfter: before.balance + credits, heldAfter: before.held + held, count: 1,
      campaignId: null, campaignName: null, messageId: null, contactName: null, note: '', price: '', ...more, book });
  }
}

export function refuse(code: string, message: string, params: Record<string, string> = {}): never {
  throw { code, message, params };
}
