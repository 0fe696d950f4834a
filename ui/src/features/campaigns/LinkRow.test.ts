import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api, type AppError, type Draft, type DraftEdit, type Link, type LinkCard } from '../../api/client';
import { Composer } from './composer.svelte';
import LinkRow from './LinkRow.svelte';

const link: Link = { text: 'https://lale.example/yeni', host: 'lale.example', varies: false };
const card: LinkCard = { link: link.text, host: link.host, title: 'Yeni çerçeveler', description: 'Bahar', thumbnail: null };
const empty: Draft = { id: 'd1', name: '', text: `Bak: ${link.text}`, choice: null, audience: { everyone: true, tags: [] }, media: [], linkPreview: null, splitLongCaption: false, dueAt: null, priority: 5, sessionIds: ['n1'], keepHours: true, hours: null, localHours: false, category: 'promotion', consentBasis: '', updatedAt: 0, revises: null, repeat: null };

let stored: Draft;
let found: Link | null;
let refusal: AppError | null;
let asked: string[];
let leave: () => void;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  stored = empty;
  found = link;
  refusal = null;
  asked = [];
  const api: Partial<Api> = {
    draft: async () => stored,
    numbers: async () => [],
    contactTotals: async () => ({ all: 1, normal: 1, gray: 0, black: 0, tags: [], fields: [], labels: {} }),
    checkDraft: async () => ({ people: 1, shape: ['text'], caption: false, limit: 4096, longest: null, emptiest: null, over: 0, tooLong: 0, missing: [], link: found, warnings: [] }),
    previewMessage: async () => ({ index: 0, total: 0, contactId: '', name: '', phoneShown: '', parts: [], length: 0, missing: [] }),
    reviewCampaign: async () => { throw { code: 'x', message: '', params: {} }; },
    dropUntouched: async () => null,
    saveDraft: async (edit: DraftEdit) => { asked.push(`save ${edit.text}`); return (stored = { ...stored, ...edit }); },
    fetchLinkPreview: async () => {
      asked.push('fetch');
      if (refusal) throw refusal;
      return (stored = { ...stored, linkPreview: card });
    },
    removeLinkPreview: async () => (stored = { ...stored, linkPreview: null }),
  };
  connectTo({ api: api as Api, listen: () => () => {} });
});

afterEach(() => { leave(); vi.useRealTimers(); });

async function open(): Promise<Composer> {
  const composer = new Composer('d1');
  composer.enter('content');
  leave = composer.follow();
  await waitFor(() => expect(composer.check.value).not.toBeNull());
  render(LinkRow, { writing: composer });
  return composer;
}

test('a page is opened by a click alone, after the text is saved, and its preview can be removed', async () => {
  const composer = await open();
  expect(asked).toEqual([]);
  composer.write({ text: `Yeni: ${link.text}` });
  await fireEvent.click(screen.getByTestId('link-add'));
  await screen.findByTestId('link-preview');
  expect(asked).toEqual([`save Yeni: ${link.text}`, 'fetch']);
  for (const said of ['Yeni çerçeveler', 'Bahar', 'lale.example']) expect(screen.getByText(said)).toBeInTheDocument();
  expect(screen.queryByTestId('link-offer')).toBeNull();
  await fireEvent.click(screen.getByTestId('link-remove'));
  await screen.findByTestId('link-offer');
  expect(screen.queryByTestId('link-preview')).toBeNull();
});

test('a preview whose link is gone is not sent and says so', async () => {
  stored = { ...empty, linkPreview: card };
  found = { ...link, text: 'https://other.example', host: 'other.example' };
  const composer = await open();
  expect(screen.getByTestId('link-preview')).toHaveAttribute('data-unsent', 'other');
  expect(screen.getByTestId('link-unsent')).toBeInTheDocument();
  expect(screen.getByTestId('link-add')).toHaveTextContent('other.example');
  found = link;
  await composer.refresh();
  await waitFor(() => expect(screen.queryByTestId('link-unsent')).toBeNull());
});

test('a link that differs by person is offered none', async () => {
  found = { ...link, varies: true };
  await open();
  expect(screen.getByTestId('link-varies')).toBeInTheDocument();
  expect(screen.queryByTestId('link-add')).toBeNull();
});

test('why there is none is said, until the text has another link', async () => {
  refusal = { code: 'link_preview.unreachable', message: '', params: { host: 'lale.example' } };
  const composer = await open();
  await fireEvent.click(screen.getByTestId('link-add'));
  expect(await screen.findByTestId('link-refused')).toHaveTextContent('lale.example could not be reached.');
  expect(screen.getByTestId('link-add')).toBeEnabled();
  found = { ...link, text: 'https://other.example', host: 'other.example' };
  await composer.refresh();
  await waitFor(() => expect(screen.queryByTestId('link-refused')).toBeNull());
});
