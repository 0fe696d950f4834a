import { afterEach, expect, test } from 'vitest';
import { language, locales } from '../../lib/i18n.svelte';
import { isTopic, ofCode, ofNumber, ofState, topics, topicTitle } from '../../lib/meaning';
import { parse } from '../../lib/router.svelte';
import { foundTopics, linesOf, pageOf } from './articles';

afterEach(() => { language.locale = 'en'; });

test('every topic has a title and as many lines in each language', () => {
  const shape = () => topics.map((topic) => [topic, linesOf(topic).length, topicTitle(topic) !== '']);
  const english = shape();
  expect(english.every(([, lines]) => Number(lines) > 1)).toBe(true);
  for (const locale of locales) {
    language.locale = locale;
    expect(shape()).toEqual(english);
    expect(topics.flatMap(linesOf).every((line) => line.trim() !== '')).toBe(true);
  }
});

test.each([['tr', 'kisi ice', 'contacts'], ['tr', 'YASAK', 'risks'], ['id', 'jeda', 'stop'], ['en', 'uncertain', undefined], ['en', 'excel', 'excel'], ['en', 'ban', 'risks']] as const)('in %s "%s" finds %s', (locale, sought, topic) => {
  language.locale = locale;
  if (topic === undefined) expect(foundTopics(sought)).toEqual([]);
  else expect(foundTopics(sought)).toContain(topic);
});

test('what leads to the help leads to a topic that there is', () => {
  for (const topic of [ofState('unknown'), ofState('failed'), ofState('skipped'), ofNumber('banned'), ofNumber('shut'), ofNumber('logged_out'), ofCode('folder.copied'), ofCode('phone.excel_shortened'), ofCode('stopped_failures')]) expect(isTopic(topic ?? undefined)).toBe(true);
  expect([ofState('read'), ofNumber('connected'), ofCode('template.gone')]).toEqual([null, null, null]);
});

test.each([['media.too_big', 'files'], ['import.no_phone_column', 'contacts'], ['ledger.short', 'credits'], ['backup.no_folder', 'backup'], ['vault.keyring_closed', 'backup'], ['storage.lost', 'backup'], ['campaign.nobody', 'skipped'], ['campaign.no_number', 'link'], ['campaign.text_too_long', 'write'], ['number.not_connected', 'connection']] as const)('a refusal %s leads to %s', (code, topic) => {
  expect(ofCode(code)).toBe(topic);
});

test('every state in which a number does not send as ever has its topic', () => {
  for (const state of ['banned', 'locked', 'logged_out', 'replaced', 'outdated', 'needs_attention', 'slow', 'disconnected']) expect([state, ofNumber(state)]).not.toEqual([state, null]);
});

test('a task leads to a page of its own', () => {
  for (const topic of topics) {
    const page = pageOf(topic);
    if (page !== null) expect(parse(`#${page}`).page).not.toBe('home');
  }
});
