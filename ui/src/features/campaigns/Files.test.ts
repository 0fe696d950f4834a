import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import { connectTo, type Api, type AppError, type Draft, type MediaItem, type MediaWish } from '../../api/client';
import { sample } from '../numbers/sample';
import { Composer } from './composer.svelte';
import Files from './Files.svelte';

const draft: Draft = { id: 'd1', name: 'Frames', text: '', choice: null, audience: { everyone: true, tags: [] }, media: [], linkPreview: null, splitLongCaption: false, dueAt: null, priority: 5, sessionIds: ['n1'], keepHours: true, hours: null, localHours: false, category: 'promotion', consentBasis: '', updatedAt: 0, revises: null, repeat: null };
const stilled: AppError = { code: 'media.stilled', message: '', params: { format: 'GIF' } };
const moving: MediaItem = { id: 'm0', name: 'moving.gif', kind: 'image', verdict: { kind: 'offer', reason: stilled }, width: 40, height: 30, durationMs: null, pages: null, waveform: null, bytes: 900, sourceBytes: 900, place: false, thumbnail: null };

let media: MediaItem[];
let asked: MediaWish[];
let refusal: AppError | null;
let made: number;

/** A GIF that moves: a still picture in the chat, and as it is as a document. */
const prepared = (wish: MediaWish): MediaItem => (wish === 'document' ? { ...moving, id: `m${made}`, kind: 'document', verdict: { kind: 'fine' } } : { ...moving, id: `m${made}` });

beforeEach(() => {
  media = [];
  asked = [];
  refusal = null;
  made = 0;
  const api: Partial<Api> = {
    draft: async () => ({ ...draft, media }),
    numbers: async () => [sample()],
    contactTotals: async () => ({ all: 0, normal: 0, gray: 0, black: 0, tags: [], fields: [], labels: {} }),
    checkDraft: async () => { throw { code: 'x', message: '', params: {} }; },
    reviewCampaign: async () => { throw { code: 'x', message: '', params: {} }; },
    previewMessage: async () => ({ index: 0, total: 0, contactId: 'c1', name: '', phoneShown: '', parts: [], length: 0, missing: [] }),
    pickMediaFiles: async () => ['/home/ayşe/moving.gif'],
    addMedia: async (_draft, _path, wish) => {
      asked.push(wish ?? 'auto');
      if (refusal && wish !== 'document') throw refusal;
      made += 1;
      const item = prepared(wish ?? 'auto');
      media = [...media, item];
      return item;
    },
    removeMedia: async (_draft, id) => { media = media.filter((one) => one.id !== id); return { ...draft, media }; },
    orderMedia: async (_draft, ids) => { media = ids.flatMap((id) => media.filter((one) => one.id === id)); return { ...draft, media }; },
  };
  connectTo({ api: api as Api, listen: () => () => {} });
});

async function open(): Promise<void> {
  const composer = new Composer('d1');
  composer.follow();
  await waitFor(() => expect(composer.draft).not.toBeNull());
  render(Files, { writing: composer });
}

const kind = () => media.map((one) => one.kind);

test('a file goes as a document by choice, and back into the chat', async () => {
  await open();
  await fireEvent.click(screen.getByTestId('composer-choose'));
  await fireEvent.click(await screen.findByTestId('file-as-document:m1'));
  await fireEvent.click(await screen.findByTestId('file-as-auto:m2'));
  await screen.findByTestId('file-as-document:m3');
  expect(asked).toEqual(['auto', 'document', 'auto']);
  expect(kind()).toEqual(['image']);
});

test('what is refused in the chat and fine as a document can go as one', async () => {
  refusal = { code: 'media.too_long', message: '', params: { limit: '60' } };
  await open();
  await fireEvent.click(screen.getByTestId('composer-choose'));
  await fireEvent.click(await screen.findByTestId('refused-as-document'));
  await screen.findByTestId('file-row');
  expect(screen.queryByTestId('file-refused')).toBeNull();
  expect(asked).toEqual(['auto', 'document']);
  expect(kind()).toEqual(['document']);
  // In the chat it would be refused again.
  expect(screen.queryByTestId('file-as-auto:m1')).toBeNull();
});

test('what is refused either way is told without a way that leads nowhere', async () => {
  refusal = { code: 'media.broken', message: '', params: { format: 'GIF' } };
  await open();
  await fireEvent.click(screen.getByTestId('composer-choose'));
  await screen.findByTestId('file-refused');
  expect(screen.queryByTestId('refused-as-document')).toBeNull();
});

test('a draft that was opened again says how a file gets its other way', async () => {
  media = [moving];
  await open();
  await screen.findByTestId('file-row');
  expect(screen.queryByTestId('file-as-document:m0')).toBeNull();
  expect(screen.getByTestId('file-add-again')).toBeInTheDocument();
});

test('a file that is at hand is not asked for again', async () => {
  await open();
  await fireEvent.click(screen.getByTestId('composer-choose'));
  await screen.findByTestId('file-as-document:m1');
  expect(screen.queryByTestId('file-add-again')).toBeNull();
});
