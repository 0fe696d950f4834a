// What each row of the health says, and what can be done about it.
import type { HealthKind, HealthRow, HealthView, NumberView } from '../../api/client';
import { sentence } from '../../lib/errors';
import { bytes, date, dayAndClock, duration, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';
import { nameOf, stateWord } from '../../lib/number-words';

/** What a button beside the row does. */
export type HealthAct = 'numbers' | 'home' | 'check' | 'restore' | 'plan' | null;
export type Said = { title: string; text: string; act: HealthAct };

type Words = (row: HealthRow, numbers: NumberView[]) => Said;

const at = (row: HealthRow) => Number(row.params.at ?? 0);
const size = (row: HealthRow, name: string) => bytes(Number(row.params[name] ?? 0));
const problemOf = (row: HealthRow) => (row.problem === null ? '' : sentence(row.problem));

const words: Record<HealthKind, Words> = {
  number: (row, numbers) => {
    const number = numbers.find((one) => one.id === row.number);
    const text = { good: m.health_number_good, look: m.health_number_look, bad: m.health_number_bad }[row.state]();
    return { title: m.health_number({ name: number ? nameOf(number) : '', state: stateWord(row.params.state ?? '', number?.ban ?? null) }), text, act: row.state === 'good' ? null : 'numbers' };
  },
  no_number: () => ({ title: m.health_no_number(), text: m.health_no_number_text(), act: 'numbers' }),
  found: (row) => ({ title: m.health_found(), text: problemOf(row), act: 'home' }),
  paused: () => ({ title: m.health_paused(), text: m.health_paused_text(), act: null }),
  sending: () => ({ title: m.health_sending(), text: m.health_sending_text(), act: null }),
  door_shut: ({ params: { port = '', reason } }) => ({ title: m.health_door_shut(), text: reason === undefined ? m.connect_taken({ port }) : m.connect_failed({ port, reason }), act: null }),
  ledger: (row) => ({ title: m.health_ledger(), text: m.health_ledger_text({ credits: num(Number(row.params.credits ?? 0)) }), act: null }),
  ledger_stopped: (row) => ({ title: m.health_ledger_stopped(), text: problemOf(row), act: null }),
  disk: (row) => ({ title: row.state === 'good' ? m.health_disk() : m.health_disk_short(), text: m.health_disk_text({ free: size(row, 'free'), used: size(row, 'used') }), act: null }),
  disk_unknown: (row) => ({ title: m.health_disk(), text: m.health_disk_unknown_text({ used: size(row, 'used') }), act: null }),
  clock: (row) => ({ title: m.health_clock(), text: m.health_clock_text({ zone: row.params.zone ?? '' }), act: null }),
  clock_off: (row) => {
    const [ahead, span] = [Number(row.params.ahead ?? 0), duration(Math.abs(Number(row.params.ahead ?? 0)))];
    return { title: m.health_clock_off(), text: ahead > 0 ? m.health_clock_ahead({ span }) : m.health_clock_behind({ span }), act: null };
  },
  fast_clock: (row) => ({ title: m.health_fast_clock(), text: m.health_fast_clock_text({ factor: num(Number(row.params.factor ?? 1)) }), act: null }),
  keyring: () => ({ title: m.health_keyring(), text: m.health_keyring_text(), act: null }),
  passphrase: () => ({ title: m.health_passphrase(), text: m.health_passphrase_text(), act: null }),
  code_unknown: () => ({ title: m.health_code_unknown(), text: m.health_code_unknown_text(), act: null }),
  data: (row) => ({ title: m.health_data(), text: m.health_data_text({ date: date(at(row)) }), act: 'check' }),
  data_unchecked: () => ({ title: m.health_data_unchecked(), text: m.health_data_unchecked_text(), act: 'check' }),
  data_damaged: (row) => ({ title: m.health_data_damaged(), text: row.problem === null ? m.health_data_damaged_text() : problemOf(row), act: 'restore' }),
  backup: (row) => ({ title: m.health_backup(), text: m.health_backup_text({ when: dayAndClock(at(row)), size: size(row, 'bytes') }), act: null }),
  backup_old: (row) => ({ title: m.health_backup_old(), text: m.health_backup_text({ when: dayAndClock(at(row)), size: size(row, 'bytes') }), act: 'plan' }),
  no_backup: () => ({ title: m.health_no_backup(), text: m.health_no_backup_text(), act: 'plan' }),
  backup_fails: (row) => ({ title: m.health_backup_fails(), text: problemOf(row), act: 'plan' }),
};

export function said(row: HealthRow, numbers: NumberView[]): Said {
  return words[row.kind](row, numbers);
}

/** How many rows are not fine. */
export function wanting(view: HealthView): number {
  return view.rows.filter((row) => row.state !== 'good').length;
}
