import { render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { expect, test, vi } from 'vitest';
import VirtualTable from './VirtualTable.svelte';

const cells = createRawSnippet<[{ id: string }, number]>((row) => ({ render: () => `<td>${row().id}</td>` }));

test('a hundred thousand rows are a few dozen in the page, and the screen reader hears how many there are', () => {
  const onshow = vi.fn();
  render(VirtualTable<{ id: string }>, { total: 100_000, row: (index) => ({ id: `row ${index}` }), rowKey: (row) => row.id, columns: [{ key: 'id', label: 'Id' }], cells, label: 'Rows', onshow });
  const table = screen.getByRole('table', { name: 'Rows' });
  expect(table).toHaveAttribute('aria-rowcount', '100001');
  expect(table.querySelectorAll('tr[data-index]').length).toBeLessThan(60);
  expect(onshow).toHaveBeenCalled();
});

test('a row that is not loaded yet keeps its place', () => {
  render(VirtualTable<{ id: string }>, { total: 2, row: (index) => (index === 0 ? { id: 'here' } : undefined), rowKey: (row) => row.id, columns: [{ key: 'id', label: 'Id' }], cells, label: 'Rows' });
  expect(screen.getByText('here')).toBeInTheDocument();
  expect(document.querySelectorAll('tr[aria-busy]')).toHaveLength(1);
});
