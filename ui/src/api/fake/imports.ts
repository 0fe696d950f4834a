import type { Api, AppError, ImportPreview, ImportReport, ImportTotals, PreviewRow, ReasonTotal, Refusal } from '../client';
import { people } from './people';
import { refuse, type Job, type World } from './world';

const eNotation: AppError = { code: 'phone.excel_shortened', message: 'Excel has shortened this number to 9.05387E+11.', params: { value: '9.05387E+11', lost_digits: '6', candidates: '1000000' } };
const short: AppError = { code: 'phone.too_short', message: '7 digits, too short.', params: { digits: '7', country: 'TR' } };
const noPlus: AppError = { code: 'phone.no_plus', message: 'The plus is missing.', params: { phone: '+62 813 555 0147', country: 'ID' } };
const beside: AppError = { code: 'phone.beside', message: 'More than the number.', params: { phone: '+90 212 555 01 42', rest: '(2)' } };
const none: AppError = { code: 'phone.missing', message: 'No number.', params: {} };

const sample: Omit<PreviewRow, 'name' | 'consent' | 'phoneColumn' | 'repair' | 'lost'>[] = [
  { row: 2, cells: ['Ayşe Demir', '0538 555 02 14', 'İzmir', 'evet'], phone: '+90 538 555 02 14', verdict: { kind: 'new' } },
  { row: 3, cells: ['Mehmet Korkmaz', '+90 533 555 04 61', 'İzmir', 'evet'], phone: '+90 533 555 04 61', verdict: { kind: 'known', adds: ['city'] } },
  { row: 4, cells: ['Zeynep Arslan', '9.05387E+11', 'Manisa', ''], phone: null, verdict: { kind: 'refused', reason: eNotation } },
  { row: 5, cells: ['Budi Santoso', '+62 811 555 0163', 'Bandung', 'ya'], phone: '+62 811 555 0163', verdict: { kind: 'new' } },
  { row: 6, cells: ['Hakan Ersoy', '532 555 0', 'İzmir', 'evet'], phone: null, verdict: { kind: 'refused', reason: short } },
  { row: 7, cells: ['Ayşe Demir', '0090 538 555 02 14', 'İzmir', 'evet'], phone: '+90 538 555 02 14', verdict: { kind: 'twice', row: 2 } },
  { row: 8, cells: ['Gül Çetin', '(542) 555-0733', 'Aydın', 'hayır'], phone: '+90 542 555 07 33', verdict: { kind: 'new' } },
  { row: 9, cells: ['Siti Rahmawati', '62 813 555 0147', 'Jakarta', 'ya'], phone: null, verdict: { kind: 'doubtful', phone: '+628135550147', reason: noPlus } },
  { row: 10, cells: ['Nur Aydın', '', 'Aydın', ''], phone: null, verdict: { kind: 'refused', reason: none } },
];
const totals: ImportTotals = { rows: 1318, new: 1104, known: 151, unchanged: 40, twice: 22, doubtful: 12, refused: 29 };

const report = ({ progress, undone }: Job): ImportReport => ({ id: progress.importId, fileName: 'müşteriler-2026.csv', state: progress.state, startedAt: Date.parse('2026-11-12T09:30:00Z'), totals: progress.totals, undone, canUndo: undone === null });

export function importCommands(world: World): Pick<Api, 'pickContactsFile' | 'previewImport' | 'scanImport' | 'startImport' | 'cancelImport' | 'refusals' | 'refusalReasons' | 'importReports' | 'undoImport' | 'saveRefused'> {
  const preview = (name: string, options: Parameters<Api['previewImport']>[1]): ImportPreview => ({
    fileName: name, bytes: 61_440, encoding: options.encoding ?? 'windows-1254', separator: options.separator ?? 'semicolon', sheets: [], sheet: null, header: options.header ?? true, country: options.country ?? world.settings.country,
    columns: ['Ad Soyad', 'Cep Tel', 'Şehir', 'İzin'].map((header, index) => ({ header, use: options.columns?.[index] ?? ([{ use: 'name' }, { use: 'phone' }, { use: 'field', name: 'city' }, { use: 'consent' }] as const)[index] ?? { use: 'ignore' } })),
    rows: [...sample.map((row): PreviewRow => ({ ...row, name: row.phone === null ? null : row.cells[0] ?? '', repair: null, lost: [], phoneColumn: row.phone === null ? null : 1, consent: row.phone === null ? 'nothing' : row.cells[3] === 'hayır' ? 'no' : 'yes' })), ...people(41, world.now()).map((one, index): PreviewRow => ({ row: index + 11, cells: [one.name, one.phoneShown, one.fields.city ?? '', 'evet'], name: one.name, phone: one.phoneShown, phoneColumn: 1, consent: 'yes', repair: null, lost: [], verdict: world.contacts.length > 0 ? { kind: 'known', adds: [] } : { kind: 'new' } }))],
    found: null, notices: [],
  });
  const run = (step: 'scan' | 'import', done: () => void): string => {
    const importId = world.id('import');
    const refusals: Refusal[] = Array.from({ length: totals.refused }, (_, index): Refusal =>
      index < 21 ? { row: 4 + index * 31, phone: null, raw: 'Zeynep Arslan;9.05387E+11;Manisa', reason: eNotation } : index < 26 ? { row: 6 + index * 29, phone: null, raw: 'Hakan Ersoy;532 555 0;İzmir', reason: short } : { row: 10 + index * 30, phone: null, raw: 'Nur Aydın;;Aydın', reason: none }).sort((a, b) => a.row - b.row);
    const doubtful = Array.from({ length: totals.doubtful }, (_, index): Refusal =>
      index < 8 ? { row: 9 + index * 70, phone: '+628135550147', raw: 'Siti Rahmawati;62 813 555 0147;Jakarta', reason: noPlus } : { row: 640 + index * 40, phone: '+902125550142', raw: 'Okan Yalçın;0212 555 01 42 (2);İstanbul', reason: beside });
    refusals.push(...doubtful);
    const job: Job = { progress: { importId, step, state: 'running', percent: 0, totals, consent: { yes: 1060, no: 58, nothing: 156, unclear: 3 }, lostCells: 0, repaired: 0, error: null }, refusals, cancelled: false, undone: null };
    world.imports.set(importId, job);
    let percent = 0;
    const timer = setInterval(() => {
      percent = Math.min(100, percent + (step === 'scan' ? 25 : 8));
      const share = (value: number) => Math.round((value * percent) / 100);
      const state = job.cancelled ? 'cancelled' : percent >= 100 ? 'done' : 'running';
      job.progress = { ...job.progress, state, percent, totals: { rows: share(totals.rows), new: share(totals.new), known: share(totals.known), unchanged: share(totals.unchanged), twice: share(totals.twice), doubtful: share(totals.doubtful), refused: share(totals.refused) } };
      if (state !== 'running') clearInterval(timer);
      if (state === 'done') done();
      world.emit('importProgress', structuredClone(job.progress));
    }, 120);
    return importId;
  };
  return {
    pickContactsFile: async () => '/home/shop/müşteriler-2026.csv',
    previewImport: async (origin, options) => {
      const name = origin.from === 'file' ? origin.path.split(/[\\/]/).at(-1) ?? origin.path : origin.name;
      if (origin.from === 'file' && !/\.(csv|txt|tsv|xlsx|xls|ods|vcf)$/i.test(name)) refuse('import.not_text', 'This file is no list.', { file: name });
      return preview(name, options);
    },
    scanImport: async () => run('scan', () => undefined),
    startImport: async () => run('import', () => {
      if (world.contacts.length === 0) world.contacts = people(1104, world.now());
      world.emit('contactsChanged', null);
      world.emit('nowChanged', null);
    }),
    cancelImport: async (id) => { const job = world.imports.get(id); if (job) job.cancelled = true; return null; },
    refusals: async (id, which, limit) => (world.imports.get(id)?.refusals ?? []).filter((one) => which === 'all' || (which === 'doubtful') === (one.phone !== null)).slice(0, limit),
    refusalReasons: async (id) => {
      const totals = new Map<string, ReasonTotal>();
      for (const { reason, phone } of world.imports.get(id)?.refusals ?? []) totals.set(reason.code, { code: reason.code, doubtful: phone !== null, rows: (totals.get(reason.code)?.rows ?? 0) + 1 });
      return [...totals.values()];
    },
    importReports: async () => ({ rows: [...world.imports.values()].filter((job) => job.progress.step === 'import').map(report).reverse(), next: null }),
    undoImport: async (id) => {
      const job = world.imports.get(id);
      if (!job || job.undone) return refuse('import.nothing_to_undo', 'Nothing is left of this import.', {});
      job.undone = { removed: totals.new, restored: totals.known - totals.unchanged, kept: 0 };
      return report(job);
    },
    saveRefused: async () => '/home/shop/müşteriler-2026-refused.csv',
  };
}
