// The palette's state: what is typed, what was found, and which line is chosen.
import { api, type CampaignRow, type ContactView, type TagTotal, type TemplateRow } from '../../api/client';
import { doingWord } from '../../lib/doing';
import { fit } from '../../lib/fold';
import { num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';
import { latest } from '../../lib/latest';
import { topics, topicTitle, type Topic } from '../../lib/meaning';
import { now } from '../../lib/now.svelte';
import { navigate } from '../../lib/router.svelte';
import { categoryWord } from '../../lib/words';
import { editOf } from '../campaigns/draft';
import { acts, fitting, grouped, pages, type Entry } from './entries';

/** So many of each kind; the screens themselves have the rest. */
const MOST = 5;
const page = { after: null, skip: 0, limit: MOST };

export class Palette {
  sought = $state('');
  /** The chosen line by its key, so that what comes in meanwhile does not move the choice. */
  chosen = $state<string | null>(null);
  /** What the core found, and for which words. */
  private found = $state.raw<Entry[]>([]);
  private answered = $state('');
  private tags: TagTotal[] = [];
  private templates: TemplateRow[] = [];

  readonly groups = $derived.by(() => {
    const own = fitting([...acts(now.view, this.showKeys), ...pages(), ...topics.map(ofTopic)], this.sought);
    return grouped(this.sought.trim() === '' ? own : [...own, ...this.found.filter((one) => this.answered === this.sought || fit(one.label, this.sought) !== null)], this.sought);
  });
  readonly entries = $derived(this.groups.flatMap(({ entries }) => entries));
  readonly current = $derived(this.entries.find((one) => one.key === this.chosen) ?? this.entries[0]);

  constructor(private readonly showKeys: () => void) {}

  async load(): Promise<void> {
    const [totals, templates] = await Promise.all([api.contactTotals(), api.templates()]);
    this.tags = totals.tags;
    this.templates = templates.filter((one) => one.active);
    void this.ask();
  }

  type(sought: string): void {
    this.sought = sought;
    this.chosen = this.entries[0]?.key ?? null;
    void this.ask();
  }

  move(by: number): void {
    const { entries, current } = this;
    if (current) this.chosen = entries[(entries.indexOf(current) + by + entries.length) % entries.length]?.key ?? null;
  }

  readonly ask = latest(async () => {
    const asked = this.sought;
    const search = asked.trim();
    if (search === '') { this.found = []; return; }
    const [campaigns, contacts] = await Promise.all([
      api.campaigns({ group: 'all', search, order: 'newest', without: [], place: page }),
      api.contacts({ search, order: 'name', descending: false, standing: null, tag: null, filter: null, place: page }),
    ]);
    const fits = <T>(all: T[], text: (one: T) => string) => all.filter((one) => fit(text(one), search) !== null).slice(0, MOST);
    this.answered = asked;
    this.found = [
      ...fits(this.tags, ({ tag }) => tag).map(ofTag), ...campaigns.rows.map(ofCampaign), ...contacts.rows.map(ofContact), ...fits(this.templates, ({ name }) => name).map(ofTemplate),
    ];
  });
}

function ofTag({ tag, contacts }: TagTotal): Entry {
  return { key: `tag:${tag}`, group: 'acts', icon: 'tag', label: m.palette_tag({ count: contacts, n: num(contacts), name: tag }), end: m.palette_new_draft(), run: () => writeTo(tag) };
}

async function writeTo(tag: string): Promise<void> {
  const draft = await api.createDraft();
  await api.saveDraft(editOf({ ...draft, audience: { ...draft.audience, everyone: false, tags: [tag] } }));
  navigate(`/campaigns/${draft.id}/audience`);
}

function ofCampaign(row: CampaignRow): Entry {
  const path = row.doing === 'draft' ? `/campaigns/${row.id}/audience` : `/campaigns/${row.id}`;
  return { key: `campaign:${row.id}`, group: 'campaigns', icon: 'send', label: row.name || m.campaigns_untitled(), end: doingWord(row.doing), run: () => { navigate(path); } };
}

function ofContact(one: ContactView): Entry {
  return { key: `contact:${one.id}`, group: 'contacts', icon: 'user', label: one.name || one.phoneShown, end: one.phoneShown, run: () => { navigate(`/contacts/${one.id}`); } };
}

function ofTopic(topic: Topic): Entry {
  return { key: `help:${topic}`, group: 'help', icon: 'help', label: topicTitle(topic), run: () => { navigate(`/help/${topic}`); } };
}

function ofTemplate(one: TemplateRow): Entry {
  return { key: `template:${one.id}`, group: 'templates', icon: 'file', label: one.name, end: categoryWord(one.category), run: () => { navigate(`/templates/${one.id}`); } };
}
