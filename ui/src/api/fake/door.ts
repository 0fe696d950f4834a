import type { Api, AppStatus, Holiday } from '../client';
import { refuse, type World } from './world';

const holidays: Holiday[] = [
  { country: 'ID', day: '2026-12-25', en: 'Christmas Day', tr: 'Noel', id: 'Hari Raya Natal', reckoned: false },
  { country: 'TR', day: '2027-01-01', en: "New Year's Day", tr: 'Yılbaşı', id: 'Tahun Baru', reckoned: false },
  { country: 'TR', day: '2027-03-09', en: 'Eid al-Fitr, day 1', tr: 'Ramazan Bayramı 1. gün', id: 'Idulfitri, hari ke-1', reckoned: true },
  { country: 'TR', day: '2027-03-10', en: 'Eid al-Fitr, day 2', tr: 'Ramazan Bayramı 2. gün', id: 'Idulfitri, hari ke-2', reckoned: true },
  { country: 'TR', day: '2027-04-23', en: "National Sovereignty and Children's Day", tr: 'Ulusal Egemenlik ve Çocuk Bayramı', id: 'Hari Kedaulatan Nasional dan Anak', reckoned: false },
];
const countries: [string, number][] = [['TR', 90], ['ID', 62], ['DE', 49], ['GB', 44], ['US', 1], ['NL', 31], ['FR', 33], ['MY', 60], ['SG', 65], ['AZ', 994], ['AU', 61], ['AT', 43], ['BE', 32], ['SA', 966], ['AE', 971], ['IN', 91]];

export function doorCommands(world: World): Pick<Api, 'appStatus' | 'choosePassphrase' | 'unlock' | 'tryAgain' | 'stopOther' | 'saveRecoveryCode' | 'recoveryCodeSaved' | 'settings' | 'saveSettings' | 'countries' | 'holidays' | 'savePace' | 'endWarmUp' | 'renameSession' | 'practiceOptions' | 'savePracticeOptions' | 'zoom' | 'copiedText' | 'spellingSuggestions' | 'askedPage' | 'quit' | 'startsAtLogin' | 'startAtLogin'> {
  const status = (): AppStatus => {
    if (world.door === 'needsPassphrase') return { state: 'needsPassphrase' };
    if (world.door === 'locked') return { state: 'locked', reason: { code: 'vault.secret_needed', message: 'Your data is locked with a passphrase.', params: {} } };
    if (world.door === 'failed') return { state: 'failed', error: { code: 'storage.newer', message: 'The data was written by a newer Ulak.', params: { folder: '/home/shop/.local/share/ulak', found: '12', known: '9' } } };
    return { state: 'open', recoveryCode: world.recoveryCode };
  };
  let startsAtLogin = false;
  const number = (id: string) => world.numbers.find((one) => one.id === id) ?? refuse('session.unknown', 'There is no such number.');
  return {
    appStatus: async () => status(),
    choosePassphrase: async (passphrase) => {
      if (passphrase.length < 8) refuse('vault.too_short', 'The passphrase is too short.', { least: '8' });
      world.door = 'open';
      world.recoveryCode = 'F4KE-7M2Q-9XTB-C3WN-8RHD-5PVJ';
      return status();
    },
    unlock: async (secret) => {
      if (secret !== 'open sesame') refuse('vault.wrong_secret', 'This passphrase or recovery code does not open the data.', { folder: '/home/shop/.local/share/ulak' });
      world.door = 'open';
      return status();
    },
    tryAgain: async () => status(),
    stopOther: async () => {
      world.door = 'open';
      return status();
    },
    saveRecoveryCode: async () => '/home/shop/ulak-recovery-code.txt',
    recoveryCodeSaved: async () => { world.recoveryCode = null; world.emit('nowChanged', null); world.emit('backupsChanged', null); return null; },
    settings: async () => world.settings,
    saveSettings: async (settings) => { world.settings = settings; world.emit('settingsChanged', null); return settings; },
    // The browser zooms by itself, and hands out what was copied.
    zoom: async () => null,
    copiedText: async () => null,
    spellingSuggestions: async (word) => word === 'mehraba' ? ['merhaba', 'mihraba'] : [],
    askedPage: async () => null,
    quit: async () => null,
    startsAtLogin: async () => startsAtLogin,
    startAtLogin: async (wanted) => (startsAtLogin = wanted),
    holidays: async () => holidays,
    countries: async () => countries.map(([code, callingCode]) => ({ code, callingCode })),
    savePace: async (id, pace) => {
      if (pace.minMs < 1000) refuse('pace.too_fast', 'A number sends at most once a second.');
      if (pace.maxMs < pace.minMs) refuse('pace.backwards', 'The longest wait must not be shorter than the shortest one.');
      return { ...Object.assign(number(id), { pace }) };
    },
    endWarmUp: async (id) => ({ ...Object.assign(number(id), { warmUp: null }) }),
    renameSession: async (id, name) => { const renamed = { ...Object.assign(number(id), { name }) }; world.emit('numbersChanged', null); return renamed; },
    practiceOptions: async () => world.practice,
    savePracticeOptions: async (options) => { world.practice = { ...world.practice, ...options }; return world.practice; },
  };
}
