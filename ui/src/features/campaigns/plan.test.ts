import { expect, test } from 'vitest';
import { afterKey, minuteAt, same } from './plan';

test('a place in the band is a quarter of an hour, and never one of another day', () => {
  expect([minuteAt(100, 100, 960), minuteAt(580, 100, 960), minuteAt(586, 100, 960), minuteAt(2000, 100, 960), minuteAt(0, 100, 960)]).toEqual([0, 720, 735, 1425, 0]);
  expect(minuteAt(5, 0, 0)).toBe(0);
});

test('keys go by quarters and days, over midnight too', () => {
  const at = { day: '2026-11-30', minute: 1430 };
  expect(afterKey(at, 'ArrowRight')).toEqual({ day: '2026-12-01', minute: 0 });
  expect(afterKey(at, 'ArrowLeft')).toEqual({ day: '2026-11-30', minute: 1425 });
  expect(afterKey({ day: '2026-12-01', minute: 0 }, 'ArrowLeft')).toEqual({ day: '2026-11-30', minute: 1425 });
  expect(afterKey(at, 'ArrowDown')).toEqual({ day: '2026-12-01', minute: 1430 });
  expect(afterKey(at, 'ArrowUp')).toEqual({ day: '2026-11-29', minute: 1430 });
  expect(afterKey(at, 'Enter')).toBeNull();
  expect(same(at, { ...at })).toBe(true);
});
