import { render, screen } from '@testing-library/svelte';
import { createRawSnippet, tick } from 'svelte';
import { expect, test, vi } from 'vitest';
import Dialog from './Dialog.svelte';

const body = createRawSnippet(() => ({ render: () => '<p><input aria-label="Name" /></p>' }));

function opened(closable = true) {
  const onclose = vi.fn();
  const before = document.createElement('button');
  document.body.append(before);
  before.focus();
  const { rerender } = render(Dialog, { open: true, title: 'A contact', children: body, closable, onclose });
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
  await escape();
  screen.getByTestId('dialog-throw-away').click();
  expect(onclose).toHaveBeenCalledOnce();
});

test('what was typed and taken away again asks nothing', async () => {
  const { onclose } = opened();
  type('Ay');
  type('');
  await escape();
  expect(onclose).toHaveBeenCalledOnce();
});
