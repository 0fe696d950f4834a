import { beforeEach, expect, test } from 'vitest';
import { zone } from '../../lib/format.svelte';
import { language, locales } from '../../lib/i18n.svelte';
import { DAY, stateWord } from '../../lib/number-words';
import { chipOf } from './chip';
import { actionsOf, holdOf, notesOf } from './notes';
import { NOW, sample } from './sample';

const STATES = ['disconnected', 'connecting', 'linking', 'connected', 'slow', 'logged_out', 'replaced', 'banned', 'locked', 'outdated', 'needs_attention'];
const text = (change: Parameters<typeof sample>[0]) => notesOf(sample(change), NOW).map((note) => `${note.title} ${note.text} ${note.more ?? ''} ${note.code ?? ''}`).join('\n');

beforeEach(() => { language.locale = 'en'; zone.name = 'Europe/Istanbul'; });

test('a number that is well has nothing to say', () => {
  expect(notesOf(sample(), NOW)).toEqual([]);
  expect(actionsOf(sample())).toEqual([]);
  expect(chipOf(sample(), NOW)).toEqual({ kind: 'ok', word: 'Connected', held: false });
});

test('every other state says in every language what is up, and each has its own word', () => {
  for (const locale of locales) {
    language.locale = locale;
    for (const state of STATES.filter((one) => one !== 'connected')) {
      expect(text({ state }), `${locale} ${state}`).toMatch(/\p{L}{3,}.*[.:]/u);
      expect(text({ state }), `${locale} ${state}`).not.toMatch(/undefined|\{/);
    }
    expect(new Set(STATES.map((state) => stateWord(state))).size).toBe(STATES.length);
  }
});

test('a state that this window does not know yet is no silence', () => {
  expect(stateWord('frozen')).toBe('Needs you');
  expect(notesOf(sample({ state: 'frozen' }), NOW)).toHaveLength(1);
});

test('a logged-out number can only be linked again or leave the list', () => {
  expect(actionsOf(sample({ state: 'logged_out' }))).toEqual(['relink', 'remove']);
});

test('a restriction with an end cannot be tried away; one without an end waits for the owner', () => {
  const until = NOW + DAY;
  expect(actionsOf(sample({ state: 'banned', ban: { code: 104, until } }))).toEqual(['unlink']);
  expect(holdOf(sample({ state: 'banned', ban: { code: 104, until } }), NOW)).toEqual({ kind: 'ban', until, from: NOW - 60_000 });
  expect(actionsOf(sample({ state: 'banned', ban: { code: 406, until: null } }))).toContain('reconnect');
  expect(holdOf(sample({ state: 'banned', ban: { code: 406, until: null } }), NOW)).toBeNull();
});

test.each([[101, 'without having saved'], [102, 'blocked'], [103, 'groups'], [104, 'same message'], [106, 'broadcast list'], [199, 'restricted this number']])('ban %i is said in words, with its code at the end', (code, words) => {
  expect(text({ state: 'banned', ban: { code, until: NOW + DAY }, shut: { cause: 'banned', until: NOW + DAY } })).toMatch(new RegExp(`${words}.*Code ${code}$`));
});

test.each([['new_chats_locked', 'no new chats'], ['all_chats_locked', 'takes nothing'], ['new_chats_used_up', 'used up'], ['too_fast', 'too fast'], ['banned', 'restricted'], ['unheard', 'nobody answers'], ['refused_999', 'for a while']])('%s is said in words and counted down', (cause, words) => {
  const held = { shut: { cause, until: NOW + 60_000 } };
  expect(text(held)).toContain(words);
  expect(holdOf(sample(held), NOW)?.until).toBe(NOW + 60_000);
  expect(chipOf(sample(held), NOW).word).toBe('Held back');
});

test('the reach-out lock is told without a breaker too, as long as it holds', () => {
  const limits = { newChatsUsed: 9, newChatsQuota: 9, quotaRenewsAt: null, lockedUntil: NOW + 1000 };
  expect(text({ limits })).toContain('no new chats');
  expect(text({ limits: { ...limits, lockedUntil: NOW - 1000 } })).toBe('');
});

test('the next try is counted down, and its number told', () => {
  expect(text({ state: 'disconnected', nextTryAt: NOW + 48_000, tries: 4 })).toMatch(/in 48 s\..*4 tries so far/);
  expect(text({ state: 'disconnected' })).toContain('not trying');
});

test('an unused phone is warned about with its last day, and urgently on that day', () => {
  const eleven = { phoneWarning: true, phoneSeenAt: NOW - 11 * DAY };
  expect(text(eleven)).toContain('11 days ago. Open WhatsApp on it before Sunday 15 November');
  expect(chipOf(sample(eleven), NOW).word).toBe('Act by Sunday');
  const late = { phoneWarning: true, phoneSeenAt: NOW - 13.5 * DAY };
  expect(notesOf(sample(late), NOW)[0]).toMatchObject({ key: 'phone', kind: 'danger' });
  expect(chipOf(sample(late), NOW).word).toBe('Act now');
});

test('silence is only strange while connected', () => {
  expect(notesOf(sample({ idleWarning: true }), NOW).map((note) => note.key)).toEqual(['idle']);
  expect(notesOf(sample({ idleWarning: true, state: 'logged_out' }), NOW).map((note) => note.key)).toEqual(['state']);
});

test('a number that warms up says how far it is and what it may send today, as long as it can send', () => {
  const warmUp = { day: 3, days: 14, hourly: 20, daily: 75 };
  for (const locale of locales) {
    language.locale = locale;
    const [note] = notesOf(sample({ warmUp }), NOW);
    expect(note).toMatchObject({ key: 'low', kind: 'plain' });
    expect(note?.title).toMatch(/^(?=.*\b3\b)(?=.*14)(?=.*20)(?=.*75)/);
  }
  expect(notesOf(sample({ warmUp, state: 'logged_out' }), NOW).map((note) => note.key)).toEqual(['state']);
});
