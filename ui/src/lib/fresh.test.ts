import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api, type EventName, type Listen } from '../api/client';
import { keepFresh } from './fresh';

const heard = new Map<EventName, () => void>();
const listen = ((name: EventName, cb: (payload: null) => void) => { heard.set(name, () => { cb(null); }); return () => heard.delete(name); }) as unknown as Listen;
const tell = (...names: EventName[]) => { for (const name of names) heard.get(name)?.(); };

beforeEach(() => { vi.useFakeTimers(); heard.clear(); connectTo({ api: {} as Api, listen }); });
afterEach(() => { vi.useRealTimers(); });

test('one change that is told by two events is read once', async () => {
  const load = vi.fn(async () => {});
  keepFresh(['campaignChanged', 'nowChanged'], load);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(1);
  tell('campaignChanged');
  await vi.advanceTimersByTimeAsync(5);
  tell('nowChanged');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(2);
});

test('what changes while it is read is read once more, and nothing is read when the screen is gone', async () => {
  let answer = () => {};
  const load = vi.fn(() => new Promise<void>((done) => { answer = done; }));
  const stop = keepFresh(['campaignChanged'], load);
  tell('campaignChanged');
  tell('campaignChanged');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(1);
  answer();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(2);
  tell('campaignChanged');
  stop();
  answer();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(load).toHaveBeenCalledTimes(2);
});
