// What the whole window knows: whether the database is open, the settings, and from them language, theme and zone.
import { api, listen, type AppStatus, type Country, type Settings } from '../api/client';
import { zone } from './format.svelte';
import { setLanguage } from './i18n.svelte';

class App {
  status = $state<AppStatus | null>(null);
  settings = $state<Settings | null>(null);
  countries = $state.raw<Country[]>([]);
}
export const app = new App();

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Called once, before the first screen. */
export async function openApp(): Promise<void> {
  setLanguage(null);
  applyTheme();
  dark.addEventListener('change', applyTheme);
  listen('settingsChanged', () => void readSettings());
  await enter(api.appStatus());
}

/** Every command of the door answers with a status; an open door loads the settings. */
export async function enter(asked: Promise<AppStatus>): Promise<void> {
  const status = await asked;
  if (status.state === 'open') await readSettings();
  app.status = status;
}

export async function readSettings(): Promise<void> {
  const before = saves;
  const read = await api.settings();
  // What was read before a save is older than its answer.
  if (before === saves) stored = read;
  show();
  if (app.countries.length === 0) app.countries = await api.countries();
}

let saving: Promise<void> = Promise.resolve();
/** As the core has them. */
let stored: Settings | null = null;
/** How many saves the core has answered. */
let saves = 0;
/** What was chosen and is not stored yet. It shows already, so that the next choice begins from it. */
const unsaved: Partial<Settings>[] = [];

/** One after the other: a save sends all settings, and must know what the one before it changed. */
export function saveSettings(change: Partial<Settings>): Promise<void> {
  unsaved.push(change);
  show();
  const saved = saving.then(async () => {
    try {
      if (stored) stored = await api.saveSettings({ ...stored, ...change });
    } finally {
      saves += 1;
      unsaved.splice(unsaved.indexOf(change), 1);
      show();
    }
  });
  saving = saved.catch(() => undefined);
  return saved;
}

function show(): void {
  if (stored) apply(Object.assign({}, stored, ...unsaved) as Settings);
}

function apply(settings: Settings): void {
  app.settings = settings;
  zone.name = known(settings.zone) ? settings.zone : undefined;
  setLanguage(settings.language);
  applyTheme();
}

function applyTheme(): void {
  const theme = app.settings?.theme ?? 'system';
  document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
}

function known(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}
