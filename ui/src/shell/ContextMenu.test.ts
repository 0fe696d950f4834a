import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api } from '../api/client';
import ContextMenu from './ContextMenu.svelte';

const act = vi.fn(() => true);
beforeEach(() => {
  act.mockClear();
  document.execCommand = act;
  document.body.innerHTML = '<input id="field" value="Merhaba"><input id="mail" type="email" value="elif@example.com"><textarea id="letter">Ulak: mehraba!</textarea><p id="text">Ulak</p>';
  connectTo({ api: { copiedText: async () => 'Ayşe', spellingSuggestions: async (word: string) => word === 'mehraba' ? ['merhaba', 'mihraba'] : [] } as unknown as Api, listen: () => () => undefined });
  render(ContextMenu);
});

const field = () => document.querySelector<HTMLInputElement>('#field') as HTMLInputElement;

test('a field is cut, copied, pasted into and undone by our own menu', async () => {
  field().setSelectionRange(0, 3);
  expect(await fireEvent.contextMenu(field())).toBe(false);
  for (const key of ['undo', 'cut', 'copy', 'paste', 'all']) expect(screen.getByTestId(`context-${key}`)).toBeEnabled();
  await fireEvent.click(screen.getByTestId('context-paste'));
  await vi.waitFor(() => expect(act).toHaveBeenCalledWith('insertText', false, 'Ayşe'));
  expect(document.activeElement).toBe(field());
  expect(screen.queryByTestId('context-menu')).toBeNull();
});

test('without a selection nothing can be cut, and a field with an undo of its own hears its key', async () => {
  field().setSelectionRange(2, 2);
  await fireEvent.contextMenu(field());
  expect(screen.queryByTestId('context-cut')).toBeNull();
  field().addEventListener('keydown', (event) => { if (event.key === 'z' && event.ctrlKey) event.preventDefault(); });
  await fireEvent.click(screen.getByTestId('context-undo'));
  expect(act).not.toHaveBeenCalled();
});

test('a field that does not tell its selection can be cut and copied', async () => {
  const mail = document.querySelector<HTMLInputElement>('#mail') as HTMLInputElement;
  mail.select();
  await fireEvent.contextMenu(mail);
  await fireEvent.click(screen.getByTestId('context-cut'));
  expect(act).toHaveBeenCalledWith('cut');
  expect(document.activeElement).toBe(mail);
  mail.value = '';
  await fireEvent.contextMenu(mail);
  expect(screen.queryByTestId('context-copy')).toBeNull();
});

test('where there is nothing to do there is no menu, not even the browser’s', async () => {
  expect(await fireEvent.contextMenu(document.querySelector('#text') as Element)).toBe(false);
  expect(screen.queryByTestId('context-menu')).toBeNull();
});

test('what a dictionary has in place of a wrong word is put there', async () => {
  const letter = document.querySelector<HTMLTextAreaElement>('#letter') as HTMLTextAreaElement;
  letter.setSelectionRange(9, 9);
  await fireEvent.contextMenu(letter);
  await fireEvent.click(await screen.findByTestId('context-word:merhaba'));
  expect(act).toHaveBeenCalledWith('insertText', false, 'merhaba');
  expect([letter.selectionStart, letter.selectionEnd]).toEqual([6, 13]);
  letter.setSelectionRange(2, 2);
  await fireEvent.contextMenu(letter);
  expect(screen.queryByRole('group')).toBeNull();
});
