import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api, type AppError, type ContactView, type Draft, type DraftEdit, type MediaItem, type TestSend } from '../../api/client';
import { numbers } from '../../lib/numbers.svelte';
import { sample } from '../numbers/sample';
import { Composer } from './composer.svelte';
import ContentStep from './ContentStep.svelte';
import TestDialog from './TestDialog.svelte';

const photo: MediaItem = { id: 'p1', name: 'frames.jpg', kind: 'image', verdict: { kind: 'fine' }, width: 1600, height: 1200, durationMs: null, pages: null, waveform: null, bytes: 300_000, sourceBytes: 300_000, place: false, thumbnail: null };
const elif: ContactView = { id: 'c1', phone: '+905325550218', phoneShown: '+90 532 555 02 18', name: 'Elif', email: '', fields: {}, tags: [], standing: 'normal', consent: null, withdrawnAt: null, createdAt: 0, lastMessageAt: null, lastReplyAt: null };
const draft: Draft = { id: 'd1', name: 'Frames', text: '', choice: null, audience: { everyone: true, tags: [] }, media: [photo], linkPreview: null, splitLongCaption: false, dueAt: null, priority: 5, sessionIds: ['n1'], keepHours: true, hours: null, localHours: false, category: 'promotion', consentBasis: '', updatedAt: 0, revises: null, repeat: null };

const shop = sample();

let saves: DraftEdit[];
let tests: TestSend[];
let failing: boolean;
let warnings: AppError[];
let leave: () => void;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  saves = [];
  tests = [];
  numbers.list = [shop];
  failing = false;
  warnings = [];
  const api: Partial<Api> = {
    draft: async () => draft,
    numbers: async () => [shop],
    sendTest: async (test: TestSend) => { tests.push(test); return 'test'; },
    contactTotals: async () => ({ all: 1, normal: 1, gray: 0, black: 0, tags: [], fields: ['city'], labels: {} }),
    contact: async () => elif,
    checkDraft: async () => ({ people: 1, shape: ['image'], caption: true, limit: 1024, longest: { index: 0, length: 0 }, emptiest: null, over: saves.at(-1)?.text.length === 1025 ? 1 : 0, tooLong: 0, missing: [], link: null, warnings }),
    previewMessage: async () => ({ index: 0, total: 1, contactId: 'c1', name: 'Elif', phoneShown: elif.phoneShown, parts: [], length: 0, missing: [] }),
    reviewCampaign: async () => { throw { code: 'x', message: '', params: {} }; },
    mediaPicture: async () => 'data:image/gif;base64,R0lGODlhAQABAAAAACw=',
    dropUntouched: async () => null,
    saveDraft: async (edit: DraftEdit) => {
      if (failing) throw { code: 'storage.disk_full', message: 'The disk is full.', params: {} };
      saves.push(edit);
      return { ...draft, ...edit, updatedAt: 1 };
    },
  };
  connectTo({ api: api as Api, listen: () => () => {} });
});

afterEach(() => { leave(); vi.useRealTimers(); });

async function open(): Promise<Composer> {
  const composer = new Composer('d1');
  composer.enter('content');
  leave = composer.follow();
  await waitFor(() => expect(composer.preview.contact).not.toBeNull());
  render(ContentStep, { composer });
  return composer;
}

const write = (text: string) => fireEvent.input(screen.getByTestId('composer-text'), { target: { value: text } });

test('1024 with an emoji fit a caption, 1025 do not, and the way out is offered', async () => {
  await open();
  await write(`${'a'.repeat(1022)}👓`);
  expect(screen.getByTestId('counter')).toHaveAttribute('data-length', '1024');
  expect(screen.getByTestId('counter')).toHaveAttribute('data-mood', 'near');
  await write(`${'a'.repeat(1023)}👓`);
  expect(screen.getByTestId('counter')).toHaveAttribute('data-mood', 'over');
  await vi.advanceTimersByTimeAsync(700);
  await fireEvent.click(await screen.findByTestId('composer-allow'));
  expect(screen.getByTestId('counter')).toHaveAttribute('data-limit', '4096');
});

test('the counter and the phone take the name of the contact', async () => {
  await open();
  await write('Hi *{{name}}*');
  expect(screen.getByTestId('counter')).toHaveAttribute('data-length', '9');
  expect(screen.getByTestId('phone-text')).toHaveTextContent('Hi Elif');
});

test('saves on a pause in typing, once', async () => {
  await open();
  await write('a');
  await write('ab');
  expect(saves).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(700);
  expect(saves.map((save) => save.text)).toEqual(['ab']);
});

test('a save that fails keeps the text, says so, and works the next time', async () => {
  const composer = await open();
  failing = true;
  await write('precious');
  await vi.advanceTimersByTimeAsync(700);
  expect(composer.saveError).toMatchObject({ code: 'storage.disk_full' });
  expect(screen.getByTestId('composer-text')).toHaveValue('precious');
  failing = false;
  await expect(composer.flush()).resolves.toBe(true);
  expect(composer.saveError).toBeNull();
  expect(saves.at(-1)?.text).toBe('precious');
});

test('leaving saves what the pause has not', async () => {
  const composer = await open();
  await write('last words');
  leave();
  await waitFor(() => expect(saves.at(-1)?.text).toBe('last words'));
  await waitFor(() => expect(composer.unsaved).toBe(false));
});

test('typing {{ offers the variables, and Enter takes one', async () => {
  await open();
  const area = screen.getByTestId<HTMLTextAreaElement>('composer-text');
  area.focus();
  await write('Dear {{ci');
  await fireEvent.keyDown(area, { key: 'Enter' });
  expect(area).toHaveValue('Dear {{city}}');
});

test('Ctrl+B marks what is chosen', async () => {
  await open();
  const area = screen.getByTestId<HTMLTextAreaElement>('composer-text');
  await write('our new frames');
  area.setSelectionRange(4, 7);
  await fireEvent.keyDown(area, { key: 'b', ctrlKey: true });
  expect(area).toHaveValue('our *new* frames');
});

test('undo takes back a stretch of typing, redo brings it again, and both are saved', async () => {
  await open();
  const area = screen.getByTestId<HTMLTextAreaElement>('composer-text');
  await write('our');
  await write('our new');
  await vi.advanceTimersByTimeAsync(2000);
  await write('our new frames');
  await fireEvent.keyDown(area, { key: 'z', ctrlKey: true });
  await waitFor(() => expect(area).toHaveValue('our new'));
  await fireEvent.click(screen.getByTestId('composer-undo'));
  await waitFor(() => expect(area).toHaveValue(''));
  expect(screen.getByTestId('composer-undo')).toBeDisabled();
  await fireEvent.keyDown(area, { key: 'y', ctrlKey: true });
  await waitFor(() => expect(area).toHaveValue('our new'));
  await vi.advanceTimersByTimeAsync(700);
  expect(saves.at(-1)?.text).toBe('our new');
});

test('numbered answers count and show in the text, a poll is a part of its own', async () => {
  const composer = await open();
  await write('Hi');
  await fireEvent.click(screen.getByTestId('composer-choice'));
  await fireEvent.input(screen.getByTestId('choice-option-1'), { target: { value: 'Yes' } });
  await fireEvent.input(screen.getByTestId('choice-option-2'), { target: { value: 'No, {{name}}' } });
  expect(screen.getByTestId('phone-text')).toHaveTextContent('Hi 1. Yes 2. No, Elif');
  expect(screen.getByTestId('counter')).toHaveAttribute('data-length', String('Hi\n\n1. Yes\n2. No, Elif'.length));
  expect(composer.shape.kinds).toEqual(['image']);
  await fireEvent.click(screen.getByTestId('choice-style-poll'));
  expect(composer.shape.kinds).toEqual(['image', 'poll']);
  expect(screen.getByTestId('phone-text')).toHaveTextContent(/^Hi$/);
  await fireEvent.click(screen.getByTestId('choice-remove'));
  expect(composer.choice).toBeNull();
});

test('a test goes to the phone that was typed, as the contact in the preview, over the chosen number', async () => {
  const composer = await open();
  await write('Hi {{name}}');
  render(TestDialog, { open: true, composer });
  await fireEvent.input(await screen.findByTestId('test-to'), { target: { value: ' +905550001234 ' } });
  await fireEvent.submit(screen.getByTestId('test-to').closest('form')!);
  await waitFor(() => expect(tests).toEqual([{ draftId: 'd1', index: 0, to: '+905550001234', over: 'n1' }]));
  expect(saves.at(-1)?.text).toBe('Hi {{name}}');
});

test('a variable that nobody has is named while it is written, and one click makes it the one that is meant', async () => {
  warnings = [{ code: 'campaign.misspelt_variable', message: '', params: { name: 'ctiy', variable: 'city' } }];
  await open();
  await write('Hello {{ctiy|there}}, {{name}}');
  await fireEvent.click(await screen.findByTestId('composer-rename'));
  await waitFor(() => { expect(saves.at(-1)?.text).toBe('Hello {{city|there}}, {{name}}'); });
});
