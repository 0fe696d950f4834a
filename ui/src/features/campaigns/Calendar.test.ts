import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import Calendar from './Calendar.svelte';

const open = (onpick = vi.fn()) => { render(Calendar, { value: '2026-11-13', today: '2026-11-12', onpick }); return onpick; };

test('the chosen day is the one in the tab order', () => {
  open();
  const inOrder = screen.getAllByRole('button').filter((one) => one.tabIndex === 0 && one.dataset.day);
  expect(inOrder.map((one) => one.dataset.day)).toEqual(['2026-11-13']);
  expect(screen.getByRole('gridcell', { selected: true })).toHaveTextContent('13');
});

test('arrows walk into the next month, Enter’s click chooses there', async () => {
  const onpick = open();
  await fireEvent.keyDown(screen.getByLabelText(/13 November 2026/), { key: 'PageDown' });
  expect(screen.getByText('December 2026')).toBeInTheDocument();
  const day = screen.getByLabelText(/13 December 2026/);
  expect(day).toHaveFocus();
  await fireEvent.click(day);
  expect(onpick).toHaveBeenCalledWith('2026-12-13');
});

test('days that are past cannot be chosen, and today says that it is', () => {
  open();
  expect(screen.getByLabelText(/11 November 2026/)).toBeDisabled();
  expect(screen.getByLabelText(/12 November 2026, today/)).toBeEnabled();
});
