import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import { connectTo, type Api, type Listen, type UpdateView } from '../../api/client';
import UpdateCard from './UpdateCard.svelte';
import UpdateNotice from './UpdateNotice.svelte';

const offer = { version: '0.3.0', news: 'Faster lists.\nCopies in other languages.', putOff: false };
const newest: UpdateView = { version: '0.1.0', hasSource: true, lookedAt: Date.parse('2026-11-12T11:22:00Z'), offer: null, step: 'idle', percent: null, waitsFor: null, problem: null };

let view: UpdateView;
let asked: string[];
let refusal: unknown;
let changed: () => void;

beforeEach(() => {
  [view, asked, refusal] = [newest, [], null];
  const command = (name: string) => async () => {
    asked.push(name);
    if (refusal) throw refusal;
    return view;
  };
  const api = { newerVersion: async () => view, lookForNewerVersion: command('look'), installNewerVersion: command('install'), putOffNewerVersion: command('later') };
  const listen: Listen = (name, cb) => {
    if (name === 'updateChanged') changed = () => { cb(null as never); };
    return () => undefined;
  };
  connectTo({ api: api as unknown as Api, listen });
});

test('a copy that knows no place to look is updated the way it was installed', async () => {
  view = { ...newest, hasSource: false, lookedAt: null };
  render(UpdateCard, { wanted: true, onkeep: () => undefined });
  await screen.findByTestId('update-no-source');
  expect(screen.queryByTestId('update-look')).toBeNull();
  expect(screen.queryByTestId('settings-look-for-updates')).toBeNull();
});

test('looking by itself is switched off, and the owner still asks', async () => {
  const kept: unknown[] = [];
  render(UpdateCard, { wanted: true, onkeep: (change) => { kept.push(change); } });
  expect(await screen.findByTestId('update-looked')).toHaveTextContent('There is nothing newer');
  await fireEvent.click(screen.getByTestId('settings-look-for-updates'));
  expect(kept).toEqual([{ lookForUpdates: false }]);
  expect(asked).toEqual([]);
  await fireEvent.click(screen.getByTestId('update-look'));
  expect(asked).toEqual(['look']);
});

test('what is new is text, and nothing is installed before the owner says so', async () => {
  view = { ...newest, offer: { ...offer, news: '<b>Faster</b> lists' } };
  render(UpdateCard, { wanted: true, onkeep: () => undefined });
  expect(await screen.findByTestId('update-offer')).toHaveTextContent('Ulak 0.3.0 is there');
  expect(screen.getByTestId('update-news').innerHTML).toBe('&lt;b&gt;Faster&lt;/b&gt; lists');
  expect(asked).toEqual([]);
  await fireEvent.click(screen.getByTestId('update-install'));
  expect(asked).toEqual(['install']);
});

test('while a campaign is sent it says so and waits, and goes on when that is through', async () => {
  view = { ...newest, offer, waitsFor: { kind: 'sending', name: 'Güz indirimi' } };
  render(UpdateNotice);
  expect(await screen.findByTestId('update-waits')).toHaveTextContent('Güz indirimi');
  expect(screen.getByTestId('update-install')).toBeDisabled();
  view = { ...view, waitsFor: null };
  changed();
  await waitFor(() => { expect(screen.getByTestId('update-install')).toBeEnabled(); });
});

test('a refused package is told in the owner’s words and stays an offer', async () => {
  view = { ...newest, offer };
  render(UpdateNotice);
  await screen.findByTestId('update-notice');
  refusal = { code: 'update.damaged', message: 'x', params: {} };
  await fireEvent.click(screen.getByTestId('update-install'));
  expect(await screen.findByTestId('update-problem')).toHaveTextContent('The package is not the one that was signed');
  expect(screen.getByTestId('update-install')).toBeEnabled();
});

test('the notice goes with "later"', async () => {
  view = { ...newest, offer };
  render(UpdateNotice);
  await screen.findByTestId('update-notice');
  view = { ...view, offer: { ...offer, putOff: true } };
  await fireEvent.click(screen.getByTestId('update-later'));
  expect(asked).toEqual(['later']);
  await waitFor(() => { expect(screen.queryByTestId('update-notice')).toBeNull(); });
});
