import { describe, expect, test } from 'vitest';
import type { WebhookView } from '../../api/client';
import { condition, hostOf, setbackWord, topicWord, TOPICS } from './webhooks';

const webhook = (change: Partial<WebhookView>): WebhookView => ({ id: 'w', name: 'Shop', url: 'https://shop.example/hook', near: false, topics: ['messages'], createdAt: 0, paused: null, failures: 0, restsUntil: null, answeredAt: null, counts: { waiting: 0, dead: 0 }, ...change });

describe('a webhook', () => {
  test('is told of in one chip, the worst first', () => {
    expect(condition(webhook({}), 10).kind).toBe('plain');
    expect(condition(webhook({ answeredAt: 5 }), 10).kind).toBe('ok');
    expect(condition(webhook({ counts: { waiting: 2, dead: 0 } }), 10).kind).toBe('plain');
    expect(condition(webhook({ counts: { waiting: 2, dead: 0 }, failures: 1 }), 10).kind).toBe('warn');
    expect(condition(webhook({ failures: 6, restsUntil: 20 }), 10).kind).toBe('danger');
    expect(condition(webhook({ failures: 6, restsUntil: 5, answeredAt: 1 }), 10).kind).toBe('ok');
    expect(condition(webhook({ paused: 'gone', answeredAt: 5 }), 10).kind).toBe('danger');
    expect(condition(webhook({ paused: 'owner', failures: 6, restsUntil: 20 }), 10).kind).toBe('plain');
  });

  test('shows its host and never its path', () => {
    expect(hostOf('https://shop.example/hook?key=1')).toBe('shop.example');
    expect(hostOf('nonsense')).toBe('');
  });

  test('has a word for each topic and each setback', () => {
    expect(new Set(TOPICS.map(topicWord)).size).toBe(6);
    expect(setbackWord('status', 500)).toContain('500');
  });
});
