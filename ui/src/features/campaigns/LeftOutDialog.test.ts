import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api, type Draft } from '../../api/client';
import LeftOutDialog from './LeftOutDialog.svelte';

const row = (contactId: string, name: string) => ({ messageId: `m-${contactId}`, contactId, name, phoneShown: '+90 538 555 01 42', state: 'skipped', reason: 'missing_variable', sessionName: null, triedAt: null, tries: 0 });
const skippedFor = vi.fn(async () => [row('c1', 'Elif'), row('c2', '')]);
const draftForSkipped = vi.fn(async () => ({ id: 'd1', name: 'Güz', audience: { everyone: true, tags: [] }, media: [], sessionIds: [] }) as unknown as Draft);
const saveDraft = vi.fn(async (edit: { id: string; name: string }) => edit as unknown as Draft);

beforeEach(() => {
  location.hash = '';
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) { this.open = true; };
  HTMLDialogElement.prototype.close = function (this: HTMLDialogElement) { this.open = false; };
  connectTo({ api: { skippedFor, draftForSkipped, saveDraft } as unknown as Api, listen: () => () => undefined });
});

test('the people of one line lead to their pages, and the campaign for them is a copy by its name', async () => {
  render(LeftOutDialog, { open: true, campaign: 'k1', cleared: false, line: { reason: 'missing_variable', variable: 'size', people: 2 } });
  const names = await screen.findAllByTestId('left-out');
  expect(names.map((one) => one.querySelector('a')?.getAttribute('href'))).toEqual(['#/contacts/c1', '#/contacts/c2']);
  expect(skippedFor).toHaveBeenCalledWith('k1', 'missing_variable', 'size', 200);
  await fireEvent.click(screen.getByTestId('left-out-send'));
  await vi.waitFor(() => expect(location.hash).toBe('#/campaigns/d1/review'));
  expect(draftForSkipped).toHaveBeenCalledWith('k1', 'missing_variable', 'size');
  expect(saveDraft.mock.calls[0]?.[0].name).toBe('Güz (copy)');
});
