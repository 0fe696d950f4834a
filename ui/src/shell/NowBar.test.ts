import { render, screen } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import type { NowView, Wait } from '../api/client';
import { now } from '../lib/now.svelte';
import NowBar from './NowBar.svelte';

const wait = (kind: Wait['kind']): Wait => ({ kind, until: null, sessionName: null, behind: null, country: null });
const nothing: NowView = { finished: null, campaignId: null, name: null, doing: null, done: 0, total: 0, wait: wait('nothing'), hoursUntil: null, pausedAll: false, clock: 0 };

beforeEach(() => { document.body.innerHTML = ''; });

test('whatever goes out or waits can be paused, a campaign or messages that belong to none', () => {
  now.view = { ...nothing, wait: wait('sending') };
  render(NowBar);
  expect(screen.getByTestId('now-pause-all')).toBeEnabled();
});

test('where nothing is to be sent there is nothing to pause', () => {
  now.view = nothing;
  render(NowBar);
  expect(screen.queryByTestId('now-pause-all')).toBeNull();
});

test('what is paused can be resumed', () => {
  now.view = { ...nothing, wait: wait('pausedAll'), pausedAll: true };
  render(NowBar);
  expect(screen.getByTestId('now-resume-all')).toBeEnabled();
});
