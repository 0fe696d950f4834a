import { beforeEach, expect, test } from 'vitest';
import type { CampaignReport } from '../../api/client';
import { language } from '../../lib/i18n.svelte';
import { amount, answerLines, capital, funnel, hourOf } from './report';

beforeEach(() => { language.locale = 'en'; });

const counts = { pending: 0, sending: 0, sent: 14, delivered: 127, read: 261, played: 10, failed: 6, skipped: 20, cancelled: 0, unknown: 0 };
const report = {
  view: { people: 438, counts, answers: { replied: 96, optedOut: 2, chosen: [{ option: 'Paid', people: 50 }, { option: 'Ask me', people: 40 }] } },
  offered: ['Ask me', 'Paid'], ownWords: 4,
} as unknown as CampaignReport;

test('every step counts in those behind it', () => {
  expect(funnel(report).map(({ people }) => people)).toEqual([438, 412, 398, 271, 96]);
  expect(funnel(report)[1]?.note).toContain('94%');
  const nobody = { ...report, view: { ...report.view, people: 0, counts: { ...counts, sent: 0, delivered: 0, read: 0, played: 0 }, answers: { replied: 0, optedOut: 0, chosen: [] } } };
  expect(funnel(nobody).every(({ share }) => share === 0)).toBe(true);
});

test('answers stand in the order in which they were offered', () => {
  expect(answerLines(report)).toEqual([{ label: '1, Ask me', people: 40 }, { label: '2, Paid', people: 50 }, { label: 'In their own words', people: 4 }, { label: 'Opted out', people: 2 }]);
});

test('an amount is written as the owner writes money', () => {
  const cost = { currency: '₺', perCredit: 5_000, whole: 2_060_000, perDelivered: null };
  expect(amount(cost, cost.perCredit)).toBe('₺0.50');
  expect(amount({ ...cost, currency: 'TL' }, cost.whole)).toBe('206.00 TL');
  expect(hourOf(24)).toBe('00:00');
  language.locale = 'tr';
  expect(amount({ ...cost, currency: '' }, 12_505_000)).toBe('1.250,50');
  expect(hourOf(9)).toBe('09.00');
  expect(capital('iletilmedi')).toBe('İletilmedi');
});
