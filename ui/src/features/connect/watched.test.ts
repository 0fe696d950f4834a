import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { fakeCore } from '../../api/fake';
import { connectTo, type TriggerFolder } from '../../api/client';
import { Triggers } from './triggers.svelte';
import TriggerEditor from './TriggerEditor.svelte';
import WatchedFolder from './WatchedFolder.svelte';
import { filesWaiting, lastFile } from './watched';

afterEach(() => { vi.restoreAllMocks(); });

const folder: TriggerFolder = { triggerId: 't', path: '/home/shop/Lists', brings: 'messages', waiting: 0, problem: null, last: null };
const nothing = { active: true, busy: false, refused: null, onchoose: () => undefined, onbrings: () => undefined, onstop: () => undefined };

test('files that lie there are counted, and wait for a trigger that is off', () => {
  expect(filesWaiting(folder, true)).toBeNull();
  expect(filesWaiting({ waiting: 1 }, true)).toBe('1 file is there');
  expect(filesWaiting({ waiting: 1_200 }, false)).toBe('1,200 files are there and wait until you switch the trigger on');
});

test('what became of the last file is said in figures', () => {
  const last = { name: 'a.csv', accepted: 1_041, passed: 2, refused: 1 };
  expect(lastFile(last, 'messages')).toBe('a.csv: 1,041 accepted, 2 without a message, 1 refused');
  expect(lastFile(last, 'contacts')).toBe('a.csv: 1,041 new, 2 known, 1 left out');
});

test('a folder that is missing, a file that failed, and one that is being read are told', async () => {
  const last = { name: 'a.xlsx', place: 'failed/a.xlsx', at: 0, accepted: 0, passed: 0, refused: 0, problem: { code: 'watched.too_large', message: '', params: { file: 'a.xlsx', limit: '20' } } };
  const missing = { code: 'watched.missing', message: '', params: { folder: '/home/shop/Lists', reason: 'gone' } };
  const { rerender } = render(WatchedFolder, { ...nothing, folder: { ...folder, problem: missing, last } });
  expect(screen.getByTestId('watched-problem')).toHaveTextContent('The folder /home/shop/Lists is not there (gone).');
  expect(screen.getByTestId('watched-last')).toHaveTextContent('It is now failed/a.xlsx.');
  expect(screen.getByTestId('watched-last-problem')).toHaveTextContent('larger than 20 MB');
  await rerender({ folder: { ...folder, last: { ...last, place: null, problem: null } } });
  expect(screen.queryByTestId('watched-problem')).toBeNull();
  expect(screen.getByTestId('watched-last')).toHaveTextContent('It is being read.');
});

test('in the editor a folder is chosen, and looked at no more', async () => {
  const core = fakeCore();
  const watched = vi.spyOn(core.api, 'watchFolder');
  connectTo(core);
  const triggers = new Triggers();
  await triggers.load();
  const id = triggers.open?.id ?? '';
  render(TriggerEditor, { triggers });
  expect(screen.queryByTestId('watched-path')).toBeNull();
  await fireEvent.click(screen.getByTestId('watched-choose'));
  expect(await screen.findByTestId('watched-path')).toHaveTextContent('/media/lale/LALE YEDEK');
  expect(watched).toHaveBeenLastCalledWith(id, '/media/lale/LALE YEDEK', 'messages');
  await waitFor(() => expect(screen.getByTestId('watched-stop')).not.toHaveAttribute('aria-busy', 'true'));
  await fireEvent.click(screen.getByTestId('watched-stop'));
  await waitFor(() => expect(screen.queryByTestId('watched-path')).toBeNull());
  expect(watched).toHaveBeenLastCalledWith(id, null, 'messages');
});
