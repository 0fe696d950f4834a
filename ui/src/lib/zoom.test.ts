import { beforeEach, expect, test, vi } from 'vitest';
import { connectTo, type Api } from '../api/client';
import { followZoom, stepped, zoomKey } from './zoom';

beforeEach(() => localStorage.clear());

test('steps go up, down and back, and end', () => {
  expect([stepped(100, 1), stepped(110, -1), stepped(200, 0), stepped(300, 1), stepped(50, -1)]).toEqual([110, 100, 100, 300, 50]);
});

test('only Ctrl with a sign of its own zooms', () => {
  const key = (key: string, more: Partial<KeyboardEvent> = {}) => zoomKey({ key, ctrlKey: true, metaKey: false, altKey: false, ...more });
  expect(['+', '=', '-', '0', 'a'].map((one) => key(one))).toEqual([1, 1, -1, 0, null]);
  expect(key('+', { ctrlKey: false })).toBeNull();
});

test('what was chosen is there at the next start', () => {
  const zoom = vi.fn(async () => null);
  connectTo({ api: { zoom } as unknown as Api, listen: () => () => undefined });
  const stop = followZoom();
  dispatchEvent(new KeyboardEvent('keydown', { key: '+', ctrlKey: true }));
  stop();
  expect(zoom.mock.calls).toEqual([[110]]);
  followZoom()();
  expect(zoom.mock.calls).toEqual([[110], [110]]);
});
