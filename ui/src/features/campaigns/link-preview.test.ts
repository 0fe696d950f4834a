import { expect, test } from 'vitest';
import type { Link, LinkCard } from '../../api/client';
import { linkState, sentCard } from './link-preview';

const link: Link = { text: 'https://lale.example/a', host: 'lale.example', varies: false };
const card: LinkCard = { link: link.text, host: link.host, title: 'Lale', description: '', thumbnail: null };

test('a link is offered a preview, and one that differs by person is not', () => {
  expect(linkState(null, null, true)).toEqual({ card: null, unsent: null, offered: null, varies: false });
  expect(linkState(link, null, true)).toMatchObject({ offered: 'lale.example', varies: false });
  expect(linkState({ ...link, varies: true }, null, true)).toMatchObject({ offered: null, varies: true });
  expect(linkState(link, null, false).offered).toBeNull();
});

test('a preview goes with the text that has its link, where that is no caption', () => {
  const going = linkState(link, card, true);
  expect(going).toMatchObject({ unsent: null, offered: null });
  expect(sentCard(going)).toBe(card);
  const other = linkState({ ...link, text: 'https://lale.example/b' }, card, true);
  expect(other).toMatchObject({ unsent: 'other', offered: 'lale.example' });
  expect(sentCard(other)).toBeNull();
  expect(linkState(null, card, true)).toMatchObject({ unsent: 'other', offered: null });
  expect(linkState({ ...link, varies: true }, card, true).unsent).toBe('other');
  expect(linkState(link, card, false)).toMatchObject({ unsent: 'caption', offered: null });
});
