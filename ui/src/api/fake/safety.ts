import type { Api, BackupContents, BackupsView, HealthRow, BackupPlan } from '../client';
import { refuse, type World } from './world';

const DAY = 86_400_000;
type Commands = 'backups' | 'saveBackupPlan' | 'pickFolder' | 'backUp' | 'backUpTo' | 'pickBackup' | 'lookIntoBackup' | 'restoreBackup' | 'health' | 'checkData' | 'supportFiles' | 'saveSupport' | 'exportEverything';

/** A stick that was not in on one day, and a file from another computer that wants its code ("open sesame"). */
export function safetyCommands(world: World): Pick<Api, Commands> {
  const shop = world.scene !== 'fresh' && world.scene !== 'passphrase';
  let plan: BackupPlan = { folder: shop ? '/media/lale/LALE YEDEK' : '', minute: 18 * 60 + 30, keep: { days: 7, weeks: 4, months: 6 } };
  const evening = (back: number) => Date.parse('2026-11-12T15:30:00Z') - back * DAY;
  let last = shop ? { at: evening(1), file: `${plan.folder}/ulak-2026-11-11-1830.ulak-backup`, bytes: 86_000_000, contacts: 1318, campaigns: 14 } : null;
  let checkedAt: number | null = null;
  const foreign = '/home/shop/Downloads/ulak.ulak-backup';
  const copies = () => (plan.folder === '' ? [] : [1, 2, 3].map((back) => ({ file: `${plan.folder}/ulak-${back}.ulak-backup`, madeAt: evening(back), contacts: 1319 - back, campaigns: 14, bytes: 86_000_000 - back * 400_000 })));
  const make = () => { last = { at: world.now(), file: `${plan.folder === '' ? '/home/shop' : plan.folder}/ulak.ulak-backup`, bytes: 86_200_000, contacts: world.contacts.length, campaigns: world.campaigns.length }; world.emit('backupsChanged', null); return last; };
  const contents: BackupContents = { madeAt: evening(1), version: '0.1.0', business: 'Lale Optik', contacts: 1318, campaigns: 14, messages: 21_940, credits: 4_154, numbers: ['Mağaza', 'Atölye'], bytes: 86_000_000 };
  const view = (): BackupsView => ({
    plan, folderThere: plan.folder !== '', nextAt: plan.folder === '' ? null : evening(0), percent: null, last, problem: null, copies: copies(), codeKnown: world.recoveryCode === null, opensByKeyring: true, opensByPassphrase: false,
    days: [6, 5, 4, 3, 2, 1, 0].map((back) => ({ at: world.now() - back * DAY, state: !shop ? 'none' : back === 4 ? 'missed' : back === 0 ? 'none' : 'good', problem: null })),
  });
  const row = (kind: HealthRow['kind'], state: HealthRow['state'], params: Record<string, string> = {}, more: Partial<HealthRow> = {}): HealthRow => ({ kind, state, params, number: null, problem: null, ...more });
  const rows = (): HealthRow[] => {
    const numbers = world.numbers.filter((one) => one.kind !== 'practice').map((one) => row('number', one.state === 'connected' && !one.phoneWarning ? 'good' : one.state === 'connected' || one.state === 'slow' ? 'look' : 'bad', { state: one.state }, { number: one.id }));
    const all = [
      ...(numbers.length === 0 ? [row('no_number', 'good')] : numbers),
      row(world.pausedAll ? 'paused' : 'sending', world.pausedAll ? 'look' : 'good'), row('ledger', 'good', { credits: '4154' }), row('disk', 'good', { free: '41000000000', used: '213000000' }),
      row('clock', 'good', { zone: 'Europe/Istanbul' }), row('keyring', 'good'), ...(world.recoveryCode === null ? [] : [row('code_unknown', 'look')]),
      checkedAt === null ? row('data_unchecked', 'good') : row('data', 'good', { at: String(checkedAt) }), last === null ? row('no_backup', 'look') : row('backup', 'good', { at: String(last.at), bytes: String(last.bytes) }),
    ];
    const order = { bad: 0, look: 1, good: 2 };
    return all.sort((a, b) => order[a.state] - order[b.state]);
  };
  return {
    backups: async () => view(),
    saveBackupPlan: async (wanted) => { plan = wanted; world.emit('backupsChanged', null); return plan; },
    pickFolder: async () => '/media/lale/LALE YEDEK',
    backUp: async () => make(),
    backUpTo: async () => make(),
    pickBackup: async () => foreign,
    lookIntoBackup: async (file, secret) => {
      if (file !== foreign) return contents;
      if (secret === null) refuse('backup.secret_needed', 'Enter the recovery code.', { file });
      if (secret !== 'open sesame') refuse('backup.wrong_secret', 'This does not open it.', { file });
      return contents;
    },
    restoreBackup: async () => { world.pausedAll = true; world.door = 'open'; return { state: 'open', recoveryCode: null }; },
    health: async () => ({ at: world.now(), version: '0.1.0', rows: rows() }),
    checkData: async () => { checkedAt = world.now(); return { at: checkedAt, sound: true }; },
    supportFiles: async () => [
      { name: 'about.txt', text: 'ulak 0.1.0\nsystem linux\nprocessor x86_64\nlayout 57\n' },
      { name: 'figures.txt', text: `bytes 213000000\ncontacts ${world.contacts.length}\nnumber whatsapp connected 86 0 0\n` },
      { name: 'logs-1.txt', text: '2026-11-12T09:30:00.250Z WARN ulak_core::notice:71 code=unreadable.part\n' },
    ],
    saveSupport: async () => '/home/shop/ulak-support.zip',
    exportEverything: async () => ({ folder: '/home/shop/ulak-2026-11-12-142206', contacts: world.contacts.length, messages: 21_940, replies: 214, files: 6 }),
  };
}
