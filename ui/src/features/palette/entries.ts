// What the palette offers without asking the core: pages and acts, each with the words by which it is looked for.
import type { NowView } from '../../api/client';
import { api } from '../../api/client';
import { saveSettings } from '../../lib/app.svelte';
import { fit } from '../../lib/fold';
import { languageName, locales, m } from '../../lib/i18n.svelte';
import { newCampaign } from '../../lib/new-campaign';
import { navigate } from '../../lib/router.svelte';

export const groups = ['acts', 'pages', 'campaigns', 'contacts', 'templates', 'help'] as const;
export type Group = (typeof groups)[number];
export type Icon = 'pause' | 'play' | 'send' | 'users' | 'user' | 'tag' | 'file' | 'page' | 'phone' | 'credit' | 'look' | 'keys' | 'quit' | 'help';

export type Entry = {
  /** Its own among all; what is typed does not change it. */
  key: string;
  group: Group;
  icon: Icon;
  label: string;
  /** Other words for it. */
  words?: string;
  /** Quiet, at the end of its line. */
  end?: string;
  run: () => unknown;
};

const go = (path: string) => () => { navigate(path); };

export function pages(): Entry[] {
  const page = (path: string, label: string, words = ''): Entry => ({ key: `page:${path}`, group: 'pages', icon: 'page', label, words, run: go(path) });
  return [
    page('/home', m.nav_home()), page('/campaigns', m.nav_campaigns()), page('/plan', m.plan_title()), page('/repeats', m.repeats_title()),
    page('/contacts', m.nav_contacts()), page('/contacts/import', m.import_title()), page('/replies', m.nav_replies()), page('/templates', m.nav_templates()),
    page('/numbers', m.nav_numbers()), page('/credits', m.nav_credits()), page('/log', m.nav_log()), page('/figures', m.nav_figures()),
    page('/settings', m.nav_settings(), `${m.settings_language()} ${m.settings_theme()} ${m.settings_business_name()} ${m.settings_awake()} ${m.settings_start()}`), page('/settings/safety', m.settings_safety()), page('/connect', m.connect_title()), page('/help', m.nav_help()),
  ];
}

/** `showKeys` opens the list of shortcuts. */
export function acts(now: NowView | null, showKeys: () => void): Entry[] {
  const act = (key: string, icon: Icon, label: string, run: () => unknown, end?: string): Entry => ({ key: `act:${key}`, group: 'acts', icon, label, run, end });
  const themes = { light: m.settings_light(), dark: m.settings_dark(), system: m.settings_system() } as const;
  return [
    ...ofCampaign(now).map(({ key, icon, label, run }) => act(key, icon, label, run)),
    act('new', 'send', m.home_new_campaign(), newCampaign),
    act('import', 'users', m.home_import(), go('/contacts/import')),
    now?.pausedAll ? act('all', 'play', m.now_resume_all(), api.resumeEverything) : act('all', 'pause', m.now_pause_all(), api.pauseEverything),
    act('link', 'phone', m.welcome_link_button(), go('/numbers/link')),
    act('practise', 'send', m.home_practise(), go('/practice')),
    act('keys', 'keys', m.keys_title(), showKeys, '?'),
    ...(['light', 'dark', 'system'] as const).map((theme) => act(`theme-${theme}`, 'look', m.palette_theme({ name: themes[theme] }), () => saveSettings({ theme }))),
    ...locales.map((locale) => act(`language-${locale}`, 'look', m.palette_language({ name: languageName[locale] }), () => saveSettings({ language: locale }))),
    act('quit', 'quit', m.tray_quit(), api.quit),
  ];
}

/** The campaign of the now bar can be stopped, or let go on. */
function ofCampaign(now: NowView | null): { key: string; icon: Icon; label: string; run: () => unknown }[] {
  const id = now?.campaignId;
  if (!now || !id) return [];
  const name = now.name || m.campaigns_untitled();
  switch (now.doing) {
    case 'sending': case 'waiting': case 'behind': case 'planned':
      return [{ key: 'pause', icon: 'pause', label: m.palette_pause({ name }), run: () => api.pauseCampaign(id) }];
    case 'paused':
      return [{ key: 'resume', icon: 'play', label: m.palette_resume({ name }), run: () => api.resumeCampaign(id) }];
    default: return [];
  }
}

/** Without a word the first acts and all pages. */
const FIRST = 6;

/** Those that fit, the best first and otherwise in their order. */
export function fitting(all: Entry[], sought: string): Entry[] {
  if (sought.trim() === '') return [...all.filter((one) => one.group === 'acts').slice(0, FIRST), ...all.filter((one) => one.group === 'pages')];
  const fits = all.flatMap((one) => {
    const own = fit(one.label, sought);
    const other = own ?? (one.words && fit(`${one.label} ${one.words}`, sought) !== null ? 2 : null);
    return other === null ? [] : [{ one, fit: other }];
  });
  return fits.sort((a, b) => a.fit - b.fit).map(({ one }) => one);
}

/** In the order of the groups; one in which something begins with what is sought goes before the others. */
export function grouped(entries: Entry[], sought: string): { group: Group; entries: Entry[] }[] {
  const all = groups.map((group) => ({ group, entries: entries.filter((one) => one.group === group) })).filter(({ entries }) => entries.length > 0);
  const best = (one: { entries: Entry[] }) => Math.min(...one.entries.map(({ label }) => fit(label, sought) ?? 1));
  return all.sort((a, b) => best(a) - best(b));
}
