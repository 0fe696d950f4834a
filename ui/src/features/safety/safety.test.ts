import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { fakeCore } from '../../api/fake';
import { connectTo, type HealthKind, type HealthRow } from '../../api/client';
import { said } from './health-words';
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
  const kinds: HealthKind[] = ['no_number', 'paused', 'sending', 'door_shut', 'ledger', 'disk', 'disk_unknown', 'clock', 'fast_clock', 'keyring', 'passphrase', 'code_unknown', 'data', 'data_unchecked', 'data_damaged', 'backup', 'backup_old', 'no_backup'];
  for (const kind of kinds) {
    const row: HealthRow = { kind, state: 'look', params: { at: '1794441600000', bytes: '5000000', free: '1', used: '2', credits: '3', zone: 'UTC', factor: '60' }, number: null, problem: null };
    const { title, text } = said(row, []);
    expect([kind, title !== '', text !== '', /undefined|NaN|\{/.test(title + text)]).toEqual([kind, true, true, false]);
  }
});
