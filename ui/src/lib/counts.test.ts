import { expect, test } from 'vitest';
import { reached } from './counts';

test('who read it also counts as delivered and sent', () => {
  const counts = { pending: 600, sending: 59, sent: 37, delivered: 148, read: 300, played: 1, failed: 5, skipped: 3, cancelled: 0, unknown: 1 };
  expect(reached(counts)).toMatchObject({ sent: 486, delivered: 449, read: 301, waiting: 659, failed: 5, unknown: 1 });
});
