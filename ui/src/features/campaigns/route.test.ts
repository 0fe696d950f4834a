import { expect, test } from 'vitest';
import type { RouteStep } from '../../api/client';
import { stations } from './route';

const step = (at: number, kind: RouteStep['kind'], more: Partial<RouteStep> = {}): RouteStep => ({ at, kind, sessionName: 'Shop', cause: null, part: 1, ...more });

test('a try that succeeded is said by “sent”, a try that failed stands for itself', () => {
  const shown = stations([step(1, 'queued'), step(2, 'try', { cause: 'connection_lost' }), step(3, 'try', { sessionName: 'Workshop' }), step(4, 'sent', { sessionName: 'Workshop' }), step(5, 'settled'), step(6, 'delivered'), step(7, 'read')]);
  expect(shown.map((one) => [one.kind, one.pin])).toEqual([['read', 'blue'], ['delivered', 'grey'], ['sent', 'grey'], ['try', 'bad'], ['queued', 'open']]);
  expect(shown[2]).toMatchObject({ sessionName: 'Workshop', tries: 2, settled: 1 });
});

test('a try without an end is where it stands', () => {
  expect(stations([step(1, 'queued'), step(2, 'try')])[0]).toMatchObject({ kind: 'try', pin: 'here', tries: 1 });
});

test('what was released is said at the failure, part by part', () => {
  const shown = stations([step(1, 'queued'), step(2, 'try'), step(3, 'sent'), step(4, 'settled'), step(5, 'try', { part: 2 }), step(6, 'failed', { part: 2, cause: 'media_gone' }), step(7, 'released', { part: 2 })]);
  expect(shown[0]).toMatchObject({ kind: 'failed', parts: [2], released: 1, settled: 0 });
  expect(shown[1]).toMatchObject({ kind: 'sent', settled: 1 });
});

test('what happens to all parts in one moment is one station', () => {
  const shown = stations([step(1, 'queued'), step(1, 'queued', { part: 2 }), step(9, 'cancelled'), step(9, 'cancelled', { part: 2 }), step(9, 'released'), step(9, 'released', { part: 2 })]);
  expect(shown.map((one) => [one.kind, one.parts, one.released])).toEqual([['cancelled', [1, 2], 2], ['queued', [1, 2], 0]]);
});

test('the try that ended it is said by “failed”, earlier ones stand for themselves', () => {
  const shown = stations([step(1, 'queued'), step(2, 'try', { cause: 'no_answer' }), step(3, 'try', { cause: 'not_on_whatsapp' }), step(3, 'failed', { cause: 'not_on_whatsapp' }), step(3, 'released')]);
  expect(shown.map((one) => [one.kind, one.tries])).toEqual([['failed', 2], ['try', 1], ['queued', 0]]);
});

test('whoever was skipped from the start never stood in the queue', () => {
  expect(stations([step(1, 'queued'), step(1, 'skipped', { cause: 'no_consent' })]).map((one) => one.kind)).toEqual(['skipped']);
});
