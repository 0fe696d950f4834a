import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import { connectTo, type Api, type RepeatEdit, type RepeatView } from '../../api/client';
import { numbers } from '../../lib/numbers.svelte';
import { sample } from '../numbers/sample';
import RepeatCard from './RepeatCard.svelte';

const calendar = { every: { kind: 'day' as const }, from: '2026-11-12', until: null, times: 7, except: ['2099-12-01'] };
const rule: RepeatView = {
  id: 'r1', pattern: 'c1', name: 'Prices', firstText: 'Hi', plan: { kind: 'calendar', calendar }, minute: 600, lateDays: 1, active: true, practice: false, people: 3, next: [], credits: 3, free: 9, last: null,
  missed: [{ day: '2026-11-14', people: null }], waits: false, blockers: [],
};

let saved: RepeatEdit[];
let approved: string[];
let madeUp: [string, string][];

beforeEach(() => {
  [saved, approved, madeUp] = [[], [], []];
  numbers.list = [sample()];
  const api: Partial<Api> = {
    saveRepeat: async (edit: RepeatEdit) => { saved.push(edit); return null; },
    approveRepeat: async (id: string) => { approved.push(id); return null; },
    makeUpRepeat: async (id: string, day: string) => { madeUp.push([id, day]); return null; },
  };
  connectTo({ api: api as Api, listen: () => () => undefined });
});

const show = (change: Partial<RepeatView> = {}) => render(RepeatCard, { rule: { ...rule, ...change }, fields: ['birthday'], onchanged: async () => undefined });

test('what was changed waits until its owner says that it is ready', async () => {
  show({ waits: true });
  await fireEvent.click(screen.getByTestId('repeat-approve'));
  await waitFor(() => expect(approved).toEqual(['r1']));
});

test('what stands in the way is said, with the way there; nobody today is no fault', () => {
  show({ blockers: [{ code: 'campaign.no_number', message: 'No number.', params: {} }, { code: 'campaign.nobody', message: 'Nobody.', params: {} }] });
  expect(screen.getByTestId('repeat-blocker:campaign.no_number').querySelector('a')?.getAttribute('href')).toBe('#/campaigns/c1/schedule');
  expect(screen.queryByTestId('repeat-blocker:campaign.nobody')).toBeNull();
});

test('a rule that practises says so where there are real numbers', () => {
  show({ practice: true });
  expect(screen.getByTestId('repeat-practises').querySelector('a')?.getAttribute('href')).toBe('#/campaigns/c1/schedule');
});

test('a day that was left out is brought back', async () => {
  show();
  await fireEvent.click(screen.getByTestId('repeat-bring-back'));
  await waitFor(() => expect(saved.at(-1)?.plan).toEqual({ kind: 'calendar', calendar: { ...calendar, except: [] } }));
});

test('a day that was missed is sent', async () => {
  show();
  await fireEvent.click(screen.getByTestId('repeat-make-up'));
  await waitFor(() => expect(madeUp).toEqual([['r1', '2026-11-14']]));
});

test('a rule comes as often as its owner types', async () => {
  show();
  const times = screen.getByTestId<HTMLInputElement>('repeat-times');
  expect(times.value).toBe('7');
  times.value = '20';
  await fireEvent.input(times);
  await fireEvent.change(times);
  await waitFor(() => expect(saved.at(-1)?.plan).toEqual({ kind: 'calendar', calendar: { ...calendar, times: 20 } }));
});
