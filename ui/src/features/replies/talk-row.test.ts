import { render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import type { ReplyRow } from '../../api/client';
import { language } from '../../lib/i18n.svelte';
import TalkRow from './TalkRow.svelte';

const row: ReplyRow = { id: 'r1', messageId: 'm1', answersText: 'Merhaba', reaction: null, campaignId: null, campaignName: '', contactId: null, name: 'Ayşe', phone: '', phoneShown: '', sessionId: 'n1', sessionName: '', text: 'Geliyorum', clearedAt: null, chosen: [], files: [], stop: false, nearWord: null, optedOut: false, unread: false, done: false, at: 0 };

test('the emoji that its writer put to the message stands with the reply, once', () => {
  language.locale = 'en';
  const shown = (change: Partial<ReplyRow>) => render(TalkRow, { row: { ...row, ...change }, chosen: false, onchoose: () => undefined });
  const { unmount } = shown({ reaction: '👍' });
  expect(screen.getByTestId('reply-reaction')).toHaveAccessibleName('Reacted 👍');
  expect(screen.getByTestId('reply-row')).toHaveTextContent('👍 Geliyorum');
  unmount();
  // Where reactions count as answers, it is the reply itself.
  shown({ reaction: '👍', text: '👍' });
  expect(screen.queryByTestId('reply-reaction')).toBeNull();
});
