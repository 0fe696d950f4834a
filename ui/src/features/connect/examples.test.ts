import { expect, test } from 'vitest';
import { example, languages, portOf } from './examples';
import { tabOf } from './tabs';

test('every example goes to the door that is open, with a key that keeps it from going twice', () => {
  for (const { value } of languages) {
    const text = example(value, 8417);
    expect(text).toContain('http://127.0.0.1:8417/api/whatsapp/send');
    for (const needed of ['Idempotency-Key', 'ULAK_TOKEN', 'notification']) expect(text, value).toContain(needed);
    expect(text).not.toMatch(/\$\{(?!process)/);
  }
});

test('an address leads to its tab and anything else to the first one', () => {
  expect([tabOf('triggers'), tabOf(null), tabOf('nothing')]).toEqual(['triggers', 'access', 'access']);
});

test('a port is typed as it is, and lower ones are the system’s own', () => {
  expect(['8417', ' 1024 ', '65535'].map(portOf)).toEqual([8417, 1024, 65_535]);
  expect(['80', '65536', '8.417', '', 'x'].map(portOf)).toEqual([null, null, null, null, null]);
});
