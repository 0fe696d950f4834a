import { render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api, type LinkView, type Listen } from '../../api/client';
import { language } from '../../lib/i18n.svelte';
import { numbers } from '../../lib/numbers.svelte';
import LinkDialog from './LinkDialog.svelte';
import { sample } from './sample';

// The dialog over a core of which a test says how far linking is.

const waiting: LinkView = { sessionId: 'l1', stage: 'qr', qr: { size: 21, path: 'M0 0h1v1h-1z' }, code: null, expiresAt: null, end: null, problem: null, clockAhead: null };
let view: LinkView;
let tell: () => void;
const asked = vi.fn();
let passkeyAnswer: () => unknown;

beforeEach(() => {
  language.locale = 'en';
  numbers.list = [];
  view = waiting;
  asked.mockReset();
  passkeyAnswer = () => null;
  const call = (name: string, answer: () => unknown) => async (...args: unknown[]) => { asked(name, ...args); return answer(); };
  connectTo({
    api: { numbers: async () => [sample({ id: 'n7', name: '' })], linkView: async () => view, startLink: call('start', () => 'l1'), cancelLink: call('cancel', () => null), refreshLink: call('refresh', () => null), usePasskey: call('use', () => passkeyAnswer()), confirmPasskey: call('same', () => null), renameSession: call('rename', () => null) } as unknown as Api,
    listen: ((_, cb) => { tell = cb as () => void; return () => undefined; }) as Listen,
  });
});

function open(first: boolean, number = null as ReturnType<typeof sample> | null) {
  const onclose = vi.fn();
  return { onclose, ...render(LinkDialog, { number, first, onclose }) };
}

async function become(next: Partial<LinkView>) {
  view = { ...waiting, qr: null, ...next };
  tell();
}

test('before the first number no code is asked for until the risk is accepted', async () => {
  open(true);
  expect(screen.getByTestId('link-risk')).toHaveTextContent('Nothing removes it');
  expect(asked).not.toHaveBeenCalled();
  screen.getByTestId('link-accept').click();
  await waitFor(() => expect(screen.getByTestId('link-qr')).toBeInTheDocument());
  expect(asked).toHaveBeenCalledExactlyOnceWith('start', { kind: 'qr' }, null);
});

test('linking a number again names it, so that it keeps its history', async () => {
  open(false, sample({ id: 'n1', state: 'logged_out' }));
  await screen.findByTestId('link-qr');
  expect(asked).toHaveBeenCalledWith('start', { kind: 'qr' }, 'n1');
  expect(screen.queryByTestId('link-risk')).toBeNull();
});

test('leaving before the phone answered cancels', async () => {
  const { unmount } = open(false);
  await screen.findByTestId('link-qr');
  unmount();
  await waitFor(() => expect(asked).toHaveBeenCalledWith('cancel', 'l1'));
});

test('codes that ran out wait for the owner to ask for new ones', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  await become({ stage: 'ended', end: 'exhausted' });
  (await screen.findByTestId('link-refresh')).click();
  await waitFor(() => expect(asked).toHaveBeenCalledWith('refresh', 'l1'));
});

test('what was in the way is said in its own words', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  await become({ stage: 'ended', end: 'refused', problem: { code: 'number.taken', message: '', params: { phone: '+90 555 000 51 42', name: 'Shop' } } });
  expect(await screen.findByTestId('link-ended')).toHaveTextContent('already linked as Shop');
});

test('a clock that is hours off is named where the link ends', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  await become({ stage: 'ended', end: 'lost', clockAhead: -3 * 3_600_000 });
  expect(await screen.findByTestId('link-clock')).toHaveTextContent('3 h behind WhatsApp’s');
  await become({ stage: 'ended', end: 'lost', clockAhead: 2 * 3_600_000 });
  await waitFor(() => expect(screen.getByTestId('link-clock')).toHaveTextContent('2 h ahead of WhatsApp’s'));
  await become({ stage: 'ended', end: 'lost' });
  await waitFor(() => expect(screen.queryByTestId('link-clock')).toBeNull());
});

test('the other way is a code for a phone, and lets go of the QR code', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  screen.getByTestId('link-how-code').click();
  await waitFor(() => expect(asked).toHaveBeenCalledWith('cancel', 'l1'));
  (await screen.findByTestId('link-ask-code')).click();
  expect(await screen.findByText('Type the number first.')).toBeInTheDocument();
  view = { ...waiting, stage: 'code', qr: null, code: 'K7PX-2M4Q' };
  const field = screen.getByTestId<HTMLInputElement>('link-phone');
  field.value = '0555 000 52 90';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  screen.getByTestId('link-ask-code').click();
  expect(await screen.findByTestId('link-code')).toHaveTextContent('K7PX-2M4Q');
  expect(asked).toHaveBeenCalledWith('start', { kind: 'pairing_code', phone: '0555 000 52 90' }, null);
});

test('a linked number that gets no name is called by its phone, even when the dialog is just closed', async () => {
  const { onclose } = open(false);
  await screen.findByTestId('link-qr');
  await become({ stage: 'linked', sessionId: 'n7' });
  await screen.findByText('+90 555 000 51 42 is linked.');
  screen.getByLabelText('Close').click();
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(asked).toHaveBeenCalledWith('rename', 'n7', '+90 555 000 51 42');
});

test('a linked number is named, under the id that it became', async () => {
  const { onclose, unmount } = open(false);
  await screen.findByTestId('link-qr');
  await become({ stage: 'linked', sessionId: 'n7' });
  const field = await screen.findByTestId<HTMLInputElement>('link-name');
  await waitFor(() => expect(field).toHaveFocus());
  field.value = 'Shop two';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  screen.getByTestId('link-finish').click();
  await waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(asked).toHaveBeenCalledWith('rename', 'n7', 'Shop two');
  unmount();
  expect(asked).not.toHaveBeenCalledWith('cancel', 'l1');
});

test('the passkey is asked for by the owner, can be tried again, and its code is compared', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  await become({ stage: 'passkey', expiresAt: Date.now() + 108_000 });
  expect(await screen.findByText('WhatsApp asks for your passkey')).toBeInTheDocument();
  expect(screen.getByRole('timer')).toHaveTextContent(/WhatsApp waits for 1:[45]\d/);
  expect(asked).not.toHaveBeenCalledWith('use', 'l1');
  passkeyAnswer = () => { throw { code: 'passkey.cancelled', message: '', params: {} }; };
  screen.getByTestId('link-use-passkey').click();
  expect(await screen.findByTestId('link-passkey-error')).toHaveTextContent('was not confirmed');
  passkeyAnswer = () => null;
  screen.getByTestId('link-use-passkey').click();
  await waitFor(() => expect(screen.queryByTestId('link-passkey-error')).toBeNull());
  await become({ stage: 'passkey_code', code: 'K7PX-2M4Q' });
  expect(await screen.findByTestId('link-passkey-code')).toHaveTextContent('K7PX-2M4Q');
  await waitFor(() => expect(screen.getByTestId('link-same-code')).not.toHaveAttribute('aria-busy', 'true'));
  screen.getByTestId('link-same-code').click();
  await waitFor(() => expect(asked).toHaveBeenCalledWith('same', 'l1'));
});

test('where the computer cannot ask for the passkey there are three ways out', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  await become({ stage: 'ended', end: 'passkey_unavailable' });
  expect(await screen.findByTestId('link-passkey-unavailable')).toHaveTextContent('this computer cannot answer');
  expect(screen.getAllByRole('listitem')).toHaveLength(3);
  screen.getByTestId('link-another').click();
  await waitFor(() => expect(asked).toHaveBeenCalledWith('refresh', 'l1'));
});

test('a passkey that WhatsApp did not wait for, or did not take, is said', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  for (const [end, words] of [['passkey_too_late', 'no longer waits'], ['passkey_refused', 'did not take the passkey']] as const) {
    await become({ stage: 'ended', end });
    await waitFor(() => expect(screen.getByTestId('link-ended')).toHaveTextContent(words));
  }
});

test('what is told while it is being read is not missed', async () => {
  open(false);
  await screen.findByTestId('link-qr');
  tell();
  await become({ stage: 'passkey', expiresAt: Date.now() + 108_000 });
  expect(await screen.findByText('WhatsApp asks for your passkey')).toBeInTheDocument();
});
