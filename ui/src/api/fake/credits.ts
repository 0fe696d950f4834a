import type { Api, Balance, Book, CreditsView } from '../client';
import { refuse, type World } from './world';

export function creditCommands(world: World): Pick<Api, 'credits' | 'ledger' | 'topUp' | 'adjust' | 'exportLedger' | 'checkLedger' | 'lowCreditsSeen' | 'exportStatement'> {
  return {
    credits: async (book) => creditsView(world, book),
    ledger: async ({ book, kind, campaignId, from: first, until, search, place }) => {
      const wanted = search.toLocaleLowerCase('tr');
      const rows = world.ledger.filter((entry) => entry.book === book && (kind === null || entry.kind === kind) && (campaignId === null || entry.campaignId === campaignId) && (first === null || entry.at >= first) && (until === null || entry.at < until)
        && (wanted === '' || `${entry.campaignName ?? ''} ${entry.contactName ?? ''} ${entry.note}`.toLocaleLowerCase('tr').includes(wanted))).reverse();
      const from = (place.after === null ? 0 : rows.findIndex((row) => String(row.seq) === place.after) + 1) + place.skip;
      const found = rows.slice(from, from + place.limit);
      return { total: wanted === '' ? rows.length : null, next: from + place.limit < rows.length ? String(found.at(-1)?.seq) : null, rows: found };
    },
    topUp: async (book, credits, price, note) => {
      if (!(credits > 0)) refuse('ledger.amount', 'A top-up is a whole number above zero.', { most: '1000000000' });
      world.book('grant', credits, 0, { book, price, note });
      world.emit('ledgerChanged', null);
      return balanceOf(world, book);
    },
    adjust: async (book, credits, reason) => {
      if (reason.trim() === '') refuse('ledger.correction', 'A correction needs a reason.');
      const free = balanceOf(world, book).free;
      if (free + credits < 0) refuse('ledger.below_held', 'There are not that many free credits.', { free: String(free) });
      world.book('adjust', credits, 0, { book, note: reason });
      world.emit('ledgerChanged', null);
      return balanceOf(world, book);
    },
    exportLedger: async () => '/home/shop/ledger.csv',
    checkLedger: async () => null,
    lowCreditsSeen: async () => null,
    exportStatement: async (_, month, format) => `/home/shop/ulak-credits-${month}.${format}`,
  };
}

export function balanceOf(world: World, book: Book): Balance {
  const { balance, held } = world.balance(book);
  const entries = world.ledger.filter((entry) => entry.book === book);
  const sum = (kind: string, of: 'credits' | 'held') => entries.filter((entry) => entry.kind === kind).reduce((total, entry) => total + entry[of], 0);
  return { book, balance, held, free: balance - held, granted: sum('grant', 'credits'), settled: -sum('settle', 'credits'), released: -sum('release', 'held') };
}

function creditsView(world: World, book: Book): CreditsView {
  const entries = world.ledger.filter((entry) => entry.book === book);
  const months = new Map<string, number>();
  for (const entry of entries) {
    const month = new Date(entry.at).toISOString().slice(0, 7);
    months.set(month, (months.get(month) ?? 0) + (entry.kind === 'settle' ? -entry.credits : 0));
  }
  const held = new Map<string, { name: string; held: number }>();
  for (const entry of entries) {
    if (!entry.campaignId) continue;
    const one = held.get(entry.campaignId) ?? { name: entry.campaignName ?? '', held: 0 };
    held.set(entry.campaignId, { ...one, held: one.held + entry.held });
  }
  const running = new Date(world.now()).toISOString().slice(0, 7);
  const full = [...months].filter(([month]) => month !== running).map(([, spent]) => spent);
  const average = full.length === 0 ? null : Math.round(full.reduce((sum, spent) => sum + spent, 0) / full.length);
  const balance = balanceOf(world, book);
  const lately = entries.filter(({ kind, at }) => kind === 'settle' && at >= world.now() - 30 * 86_400_000).reduce((sum, { credits }) => sum - credits, 0);
  return {
    balance, holds: [...held].filter(([, one]) => one.held > 0).map(([campaignId, one]) => ({ campaignId, ...one })), spent: balance.settled, low: book === 'real' && balance.free < world.settings.lowCredits.credits ? { free: balance.free, days: lately > 0 ? Math.floor((balance.free * 30) / lately) : null } : null, firstAt: entries[0]?.at ?? null,
    monthlyAverage: average, fullMonths: full.length, lastsDays: lately > 0 ? Math.floor((balance.free * 30) / lately) : null,
    months: [...months].sort().map(([month, spent]) => ({ month, spent, running: month === running })), checkedAt: Date.parse('2026-11-12T05:52:00Z'), cost: book === 'practice' ? null : { currency: '₺', perCredit: 5_000, perSent: 5_000, perDelivered: 5_180 },
  };
}
