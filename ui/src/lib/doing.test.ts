import { beforeEach, expect, test } from 'vitest';
import type { Doing, Wait } from '../api/client';
import { doingHeadline, doingSentence, doingWord } from './doing';
import { zone } from './format.svelte';
import { language, locales, m } from './i18n.svelte';

const NOW = Date.parse('2026-11-12T10:00:00Z');
const every: Doing[] = ['draft', 'planned', 'sending', 'waiting', 'behind', 'checking', 'paused', 'paused_all', 'finished', 'cancelled'];
const wait = (kind: Wait['kind'], until: number | null = null): Wait => ({ kind, until, sessionName: null, behind: null, country: null });
/** What the core says of each. */
const own: Record<Doing, Wait> = {
  draft: wait('nothing'), planned: wait('due', Date.parse('2026-11-14T06:00:00Z')), sending: wait('pace', NOW + 9_000), waiting: wait('hours', NOW + 3_600_000), behind: { ...wait('turn'), behind: 'Spring' },
  checking: wait('checking'), paused: wait('paused'), paused_all: wait('pausedAll'), finished: wait('nothing'), cancelled: wait('nothing'),
};

beforeEach(() => { zone.name = 'UTC'; language.locale = 'en'; });

test('"sending now" is said of what is being sent and of nothing else, in every language', () => {
  for (const locale of locales) {
    language.locale = locale;
    const said = [m.home_sending_now(), m.doing_sending(), m.wait_sending()];
    for (const doing of every.filter((one) => one !== 'sending')) {
      for (const words of [doingWord(doing), doingHeadline(doing, own[doing], NOW), doingSentence(doing, own[doing], NOW)]) expect(said, `${locale} ${doing}`).not.toContain(words);
    }
  }
});

test('a planned campaign says when it starts, and one whose turn has not come who goes first', () => {
  expect(doingHeadline('planned', own.planned, NOW)).toContain('14 Nov');
  expect(doingSentence('behind', own.behind, NOW)).toContain('Spring');
});

test('what is over says so, and a cancelled campaign is not called finished', () => {
  expect(doingSentence('finished', own.finished, NOW)).toBe('Finished. Nothing more is sent.');
  expect(doingSentence('cancelled', own.cancelled, NOW)).toBe('Cancelled. Nothing more is sent.');
});

test('nothing of a campaign that waits is "nothing to send"', () => {
  for (const doing of ['waiting', 'behind', 'checking', 'paused', 'paused_all', 'planned'] as Doing[]) expect(doingSentence(doing, doing === 'waiting' ? wait('nothing') : own[doing], NOW)).not.toBe(m.wait_nothing());
});

test('behind messages that belong to no campaign it is said to wait, in every language', () => {
  for (const locale of locales) {
    language.locale = locale;
    const said = doingSentence('behind', wait('turn'), NOW);
    expect(said).toBe(m.wait_turn_others());
    expect(said).not.toBe(m.wait_sending());
  }
  expect(doingSentence('behind', { ...wait('turn'), behind: '' }, NOW)).toContain(m.campaigns_untitled());
});
