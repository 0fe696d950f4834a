import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { fakeCore } from '../../api/fake';
import { connectTo, type HealthKind, type HealthRow } from '../../api/client';
import { said } from './health-words';
import { app } from '../../lib/app.svelte';
import BackupDialog from './BackupDialog.svelte';
import RestoreDialog from './RestoreDialog.svelte';

afterEach(() => { vi.restoreAllMocks(); });

test('a backup of another computer asks for its code, shows what is in it, and comes in only then', async () => {
  const core = fakeCore();
  const restored = vi.spyOn(core.api, 'restoreBackup');
  connectTo(core);
  const onrestored = vi.fn();
  render(RestoreDialog, { onclose: () => undefined, onrestored });
  await fireEvent.click(screen.getByTestId('restore-pick'));
  const field = await screen.findByTestId('restore-secret');
  expect(screen.queryByTestId('restore-confirm')).toBeNull();
  expect(screen.getByTestId('restore-look')).toBeDisabled();
  await fireEvent.input(field, { target: { value: 'wrong' } });
  await fireEvent.click(screen.getByTestId('restore-look'));
  expect(await screen.findByRole('alert')).toHaveTextContent('does not open the backup');
  await fireEvent.input(field, { target: { value: 'open sesame' } });
  await fireEvent.click(screen.getByTestId('restore-look'));
  expect(await screen.findByTestId('restore-contents')).toHaveTextContent('1,318');
  expect(restored).not.toHaveBeenCalled();
  await fireEvent.click(screen.getByTestId('restore-confirm'));
  await waitFor(() => expect(onrestored).toHaveBeenCalled());
  expect(restored).toHaveBeenCalledWith('/home/shop/Downloads/ulak.ulak-backup', 'open sesame');
});

test('each row of the health has a title, and what is not fine says what to do', () => {
  const kinds: HealthKind[] = ['no_number', 'paused', 'sending', 'ledger', 'disk', 'disk_unknown', 'clock', 'clock_off', 'fast_clock', 'keyring', 'passphrase', 'code_unknown', 'data', 'data_unchecked', 'data_damaged', 'backup', 'backup_old', 'no_backup'];
  for (const kind of kinds) {
    const row: HealthRow = { kind, state: 'look', params: { at: '1794441600000', bytes: '5000000', free: '1', used: '2', credits: '3', zone: 'UTC', factor: '60' }, number: null, problem: null };
    const { title, text } = said(row, []);
    expect([kind, title !== '', text !== '', /undefined|NaN|\{/.test(title + text)]).toEqual([kind, true, true, false]);
  }
});

test('a backup by hand opens by a passphrase of its own where nobody has the code yet', async () => {
  const core = fakeCore();
  connectTo(core);
  const made = vi.spyOn(core.api, 'backUpTo');
  const onmade = vi.fn();
  const view = { ...(await core.api.backups()), codeKnown: false, opensByPassphrase: false, folderThere: false };
  app.status = { state: 'open', recoveryCode: null };
  render(BackupDialog, { view, intoFolder: false, onmade, onclose: () => undefined });
  expect(screen.getByTestId('backup-way-usual')).toBeDisabled();
  expect(screen.getByText(/nobody can open the backup/)).toBeVisible();
  const type = async (first: string, again: string) => {
    await fireEvent.input(screen.getByTestId('backup-passphrase'), { target: { value: first } });
    await fireEvent.input(screen.getByTestId('backup-passphrase-again'), { target: { value: again } });
    await fireEvent.click(screen.getByTestId('backup-make'));
  };
  await type('seven77', 'seven77');
  expect(await screen.findByText('This is shorter than 8 characters.')).toBeVisible();
  await type('eight888', 'eight889');
  expect(await screen.findByText('The two are not the same.')).toBeVisible();
  expect(made).not.toHaveBeenCalled();
  await type('eight888', 'eight888');
  await waitFor(() => expect(onmade).toHaveBeenCalled());
  expect(made).toHaveBeenCalledWith(expect.any(String), 'eight888');
});

test('the recovery code is confirmed where the backup is made, and opens it from there on', async () => {
  const core = fakeCore();
  connectTo(core);
  const made = vi.spyOn(core.api, 'backUp');
  const onmade = vi.fn();
  const view = { ...(await core.api.backups()), codeKnown: false, opensByPassphrase: false, folderThere: true };
  app.status = { state: 'open', recoveryCode: 'F4KE-7M2Q-9XTB-C3WN-8RHD-5PVJ' };
  const { rerender } = render(BackupDialog, { view, intoFolder: true, onmade, onclose: () => undefined });
  expect(screen.getByTestId('backup-make')).toBeDisabled();
  await fireEvent.click(screen.getByTestId('backup-code'));
  await fireEvent.click(screen.getByTestId('recovery-written'));
  await fireEvent.click(screen.getByTestId('recovery-done'));
  await waitFor(() => expect(app.status).toEqual({ state: 'open', recoveryCode: null }));
  await rerender({ view: { ...view, codeKnown: true } });
  await fireEvent.click(screen.getByTestId('backup-make'));
  await waitFor(() => expect(onmade).toHaveBeenCalled());
  expect(made).toHaveBeenCalledOnce();
});
