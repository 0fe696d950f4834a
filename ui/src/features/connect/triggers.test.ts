import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { fakeCore } from '../../api/fake';
import { connectTo, type TriggerEventRow } from '../../api/client';
import EventList from './EventList.svelte';
import { Triggers } from './triggers.svelte';
import TriggerEditor from './TriggerEditor.svelte';

afterEach(() => { vi.restoreAllMocks(); });

function connected() {
  const core = fakeCore();
  connectTo(core);
  return { core, triggers: new Triggers() };
}

const row = (index: number): TriggerEventRow => ({ id: `event-${String(index).padStart(3, '0')}`, triggerId: 'trigger-1', at: 0, outcome: 'accepted', code: null, params: {}, accepted: 1, refused: 0, messageId: null, person: `Person ${index}`, state: 'sent', replayed: false, payload: null });

test('what is on the next page of the log is read, and stays when something new comes', async () => {
  const { core, triggers } = connected();
  const all = Array.from({ length: 120 }, (_, index) => row(index));
  vi.spyOn(core.api, 'triggerEvents').mockImplementation(async (_of, _refused, before) => {
    const from = before === null ? 0 : all.findIndex((one) => one.id === before) + 1;
    return { rows: all.slice(from, from + 50), next: from + 50 < all.length ? all[from + 49]?.id ?? null : null };
  });
  await triggers.load();
  render(EventList, { triggers, busy: false, onreplay: () => undefined });
  expect(screen.getAllByText(/^Person/)).toHaveLength(50);
  await fireEvent.click(screen.getByTestId('events-more'));
  await waitFor(() => expect(screen.getAllByText(/^Person/)).toHaveLength(100));
  await triggers.load();
  expect(triggers.events).toHaveLength(100);
  await triggers.more();
  expect(triggers.events).toHaveLength(120);
  expect(triggers.next).toBeNull();
});

test('the log is narrowed to a trigger and to what was refused, and refusals are seen to', async () => {
  const { core, triggers } = connected();
  const seen = vi.spyOn(core.api, 'refusalsSeen');
  await triggers.load();
  render(EventList, { triggers, busy: false, onreplay: () => undefined });
  await fireEvent.click(screen.getByTestId('events-refused'));
  await waitFor(() => expect(triggers.events.map((one) => one.outcome)).toEqual(['refused', 'refused']));
  await fireEvent.change(screen.getByTestId('events-of'), { target: { value: 'trigger-2' } });
  expect(await screen.findByTestId('events-none')).toHaveTextContent('No event is like that.');
  await fireEvent.click(screen.getByTestId('events-seen'));
  expect(seen).toHaveBeenCalledOnce();
});

test('any delay and any time of the day are typed', async () => {
  const { core, triggers } = connected();
  const saved = vi.spyOn(core.api, 'saveTrigger');
  await triggers.load();
  render(TriggerEditor, { triggers });
  await fireEvent.change(screen.getByTestId('trigger-when'), { target: { value: 'later' } });
  await fireEvent.input(screen.getByTestId('trigger-delay'), { target: { value: '2 d 5 min' } });
  await fireEvent.change(screen.getByTestId('trigger-delay'));
  await fireEvent.change(screen.getByTestId('trigger-clock'), { target: { value: 'from' } });
  await fireEvent.input(screen.getByTestId('trigger-time'), { target: { value: '10:45' } });
  await fireEvent.change(screen.getByTestId('trigger-time'));
  await waitFor(() => expect(saved.mock.lastCall?.[0].binding).toMatchObject({ delayMinutes: 2 * 24 * 60 + 5, atMinute: 10 * 60 + 45 }));
  await fireEvent.input(screen.getByTestId('trigger-time'), { target: { value: '25:00' } });
  await fireEvent.change(screen.getByTestId('trigger-time'));
  expect(screen.getByText('Write a time such as 14:00.')).toBeInTheDocument();
  expect(triggers.open?.binding.atMinute).toBe(10 * 60 + 45);
});

test('without a key the editor says what follows, and the message of the preview goes to the own phone', async () => {
  const { core, triggers } = connected();
  const sent = vi.spyOn(core.api, 'sendTried');
  await triggers.load();
  render(TriggerEditor, { triggers });
  expect(screen.queryByText('Without it, the same event told twice is sent twice.')).toBeNull();
  await fireEvent.change(screen.getByTestId('trigger-key'), { target: { value: '' } });
  expect(screen.getByText('Without it, the same event told twice is sent twice.')).toBeInTheDocument();
  await fireEvent.click(screen.getByTestId('trigger-try-open'));
  await fireEvent.input(screen.getByTestId('trigger-try-to'), { target: { value: '0532 555 01 42' } });
  await fireEvent.click(screen.getByTestId('trigger-try-send'));
  await waitFor(() => expect(sent).toHaveBeenCalledWith(triggers.open?.binding, triggers.payload, '0532 555 01 42'));
});
