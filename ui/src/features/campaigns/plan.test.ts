import { expect, test } from 'vitest';
import { afterKey, minuteAt, nameAt, same } from './plan';

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

test('a name stands where a day has room for it', () => {
  const side = (...spans: [number, number][]) => nameAt(spans.map(([from, to]) => ({ from, to })))?.side;
  expect([side([540, 960]), side([1435, 1440]), side([0, 1440])]).toEqual(['after', 'before', 'inside']);
  expect(nameAt([{ from: 60, to: 120 }, { from: 480, to: 1320 }])).toEqual({ side: 'inside', from: 480, to: 1320 });
  expect(nameAt([])).toBeNull();
});
