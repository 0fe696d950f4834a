import { afterEach, expect, test } from 'vitest';
import type { NowView } from '../../api/client';
import { language } from '../../lib/i18n.svelte';
import { acts, fitting, grouped, pages } from './entries';

const sending = { campaignId: 'c', name: 'Sonbahar lens kontrolü', doing: 'sending', pausedAll: false } as NowView;
const nothing = () => undefined;
afterEach(() => { language.locale = 'en'; });

test.each([['tr', 'yanit', 'page:/replies'], ['tr', 'IÇE', 'page:/contacts/import'], ['tr', 'ice kisi', 'act:import'], ['id', 'pengaturan', 'page:/settings'], ['en', 'pause eve', 'act:all'], ['tr', 'lens', 'act:pause'], ['en', 'theme dark', 'act:theme-dark'], ['en', 'turkce', 'act:language-tr']] as const)('in %s "%s" finds %s', (locale, sought, key) => {
  language.locale = locale;
  expect(grouped(fitting([...acts(sending, nothing), ...pages()], sought), sought)[0]?.entries[0]?.key).toBe(key);
});

test('what can be done with a campaign is what it is doing', () => {
  const keys = (now: Partial<NowView>) => acts({ ...sending, ...now }, nothing).map((one) => one.key);
  expect(keys({})).toContain('act:pause');
  expect(keys({ doing: 'paused' })).toContain('act:resume');
  expect(keys({ doing: 'finished' }).filter((key) => /pause|resume/.test(key))).toEqual([]);
  expect(acts(null, nothing)[0]?.key).toBe('act:new');
  expect(acts({ ...sending, pausedAll: true }, nothing).find((one) => one.key === 'act:all')?.icon).toBe('play');
});

test('without a word there are acts first, and every page', () => {
  const shown = grouped(fitting([...pages(), ...acts(sending, nothing)], ' '), ' ');
  expect(shown.map(({ group }) => group)).toEqual(['acts', 'pages']);
  expect(shown[1]?.entries).toHaveLength(pages().length);
});

test('every entry has a key of its own', () => {
  const keys = [...acts(sending, nothing), ...pages()].map((one) => one.key);
  expect(new Set(keys).size).toBe(keys.length);
});
