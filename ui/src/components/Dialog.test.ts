import { render, screen } from '@testing-library/svelte';
import { createRawSnippet, tick } from 'svelte';
import { expect, test, vi } from 'vitest';
import { router } from '../lib/router.svelte';
import Dialog from './Dialog.svelte';

const body = createRawSnippet(() => ({ render: () => '<p><input aria-label="Name" value="Ayşe" /></p>' }));
const foot = createRawSnippet((leave: () => () => void) => ({
  render: () => '<button type="button" data-testid="cancel">Cancel</button>',
  setup: (element) => element.addEventListener('click', () => leave()()),
}));

function opened(closable = true) {
  const onclose = vi.fn();
  const before = document.createElement('button');
  document.body.append(before);
  before.focus();
  const { rerender } = render(Dialog, { open: true, title: 'A contact', children: body, foot, closable, onclose });
  return { onclose, before, rerender };
}

test('starts in the first field, and gives the focus back', async () => {
  const { before, rerender } = opened();
  expect(screen.getByLabelText('Name')).toHaveFocus();
  await rerender({ open: false });
  expect(before).toHaveFocus();
});

test('Escape cancels, unless a decision must be made', () => {
  const { onclose } = opened();
  screen.getByRole('dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
  expect(onclose).toHaveBeenCalledOnce();
});

test('what must be decided stays open', () => {
  const { onclose } = opened(false);
  const escape = new Event('cancel', { cancelable: true });
  screen.getByRole('dialog').dispatchEvent(escape);
  expect(escape.defaultPrevented).toBe(true);
  expect(onclose).not.toHaveBeenCalled();
});

/** Types as the owner does. */
function type(text: string) {
  const field = screen.getByLabelText<HTMLInputElement>('Name');
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true }));
}

async function escape() {
  screen.getByRole('dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
  await tick();
}

test('what is half typed is not thrown away unasked', async () => {
  const { onclose } = opened();
  type('Ay');
  await escape();
  expect(onclose).not.toHaveBeenCalled();
  expect(screen.getByTestId('dialog-keep')).toHaveFocus();
  await escape();
  expect(screen.queryByTestId('dialog-unsaved')).toBeNull();
  expect(screen.getByLabelText('Name')).toHaveValue('Ay');
  screen.getByTestId('cancel').click();
  await tick();
  expect(onclose).not.toHaveBeenCalled();
  screen.getByTestId('dialog-throw-away').click();
  expect(onclose).toHaveBeenCalledOnce();
});

test('what was emptied is no less a loss than what was typed', async () => {
  const { onclose } = opened();
  type('');
  await escape();
  expect(onclose).not.toHaveBeenCalled();
});

/** As the key that goes back does, or a link. */
async function goTo(hash: string) {
  location.hash = hash;
  dispatchEvent(new HashChangeEvent('hashchange'));
  await tick();
}

test('another screen waits for the answer too, and comes when what was typed is thrown away', async () => {
  await goTo('#/contacts');
  const { onclose } = opened();
  type('Ay');
  await goTo('#/home');
  expect([router.path, location.hash]).toEqual(['#/contacts', '#/contacts']);
  screen.getByTestId('dialog-keep').click();
  await goTo('#/home');
  expect(router.path).toBe('#/contacts');
  screen.getByTestId('dialog-throw-away').click();
  expect(onclose).toHaveBeenCalledOnce();
  expect([router.path, location.hash]).toEqual(['#/home', '#/home']);
});

test('where nothing was typed another screen comes at once', async () => {
  await goTo('#/contacts');
  opened();
  await goTo('#/home');
  expect(router.path).toBe('#/home');
});

test('what was typed and taken back again asks nothing', async () => {
  const { onclose } = opened();
  type('Ay');
  type('Ayşe');
  await escape();
  expect(onclose).toHaveBeenCalledOnce();
});
