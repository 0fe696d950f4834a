import type { Api, Chat, ChatLine, ReplyFile, ReplyQuery, ReplyRow } from '../client';
import type { World } from './world';

type Commands = Pick<Api, 'replies' | 'repliesByIds' | 'replyCounts' | 'markReplies' | 'dismissReply' | 'optOutReply' | 'chat' | 'answerReply' | 'exportReplies' | 'replyPicture' | 'fetchReplyFile' | 'saveReplyFile'>;

type Said = { name: string; text: string; minutes: number; near?: string; stop?: boolean; chosen?: string; files?: ReplyFile[] };
const SAID: Said[] = [
  { name: 'Hatice Güneş', text: 'Stop please, I bought glasses last week.', minutes: 1, near: 'STOP' },
  { name: 'Derya Acar', text: 'DUR', minutes: 2, stop: true },
  { name: 'Elif Şahin', text: '2', minutes: 24, chosen: 'Afternoon' },
  { name: 'Murat Çetin', text: 'Are you open on Saturday?', minutes: 35 },
  { name: 'Okan Yalçın', text: '1', minutes: 51, chosen: 'Morning' },
  { name: 'Fatma Bulut', text: 'Randevumu iptal etmek istiyorum', minutes: 64, near: 'İPTAL' },
  { name: 'Rina Wijaya', text: '2 ya, terima kasih', minutes: 70, chosen: 'Afternoon' },
  { name: 'Selma Koç', text: '3', minutes: 87, chosen: 'Not now' },
  { name: 'Kemal Usta', text: 'İptal', minutes: 102, stop: true },
  { name: 'Ayşe Demir', text: '', minutes: 110, files: [{ nr: 0, kind: 'voice', name: '', mime: 'audio/ogg', seconds: 12, size: 34_000, fetchable: true, fetched: false }] },
  { name: 'Yusuf Bal', text: '1', minutes: 120, chosen: 'Morning' },
  { name: 'Sari Dewi', text: '', minutes: 126, files: [0, 1, 2].map((nr) => ({ nr, kind: 'photo', name: '', mime: 'image/jpeg', seconds: null, size: 84_000 + nr * 31_000, fetchable: true, fetched: false })) },
  { name: 'Nuri Şen', text: 'Do you also repair sunglasses?', minutes: 133 },
];
const ASKED = 'Dear {name}, lenses older than two years tire the eyes. Shall we check yours free of charge? Answer 1 for a morning, 2 for an afternoon, 3 for not now.';

export function replyCommands(world: World): Commands {
  let rows = world.scene === 'fresh' || world.scene === 'passphrase' ? [] : SAID.map((said, index) => row(world, said, index));
  const sent: (ChatLine & { to: string })[] = [];
  const change = (ids: string[], edit: Partial<ReplyRow>) => {
    rows = rows.map((one) => (ids.includes(one.id) ? { ...one, ...edit } : one));
    world.emit('repliesChanged', null);
    return null;
  };
  const counted = (test: (one: ReplyRow) => boolean) => rows.filter(test).length;
  return {
    replies: async (query) => ({ next: null, rows: rows.filter((one) => fits(one, query)) }),
    repliesByIds: async (ids) => rows.filter((one) => ids.includes(one.id)),
    replyCounts: async () => ({ unread: counted((one) => one.unread), answers: counted((one) => one.unread && one.chosen.length > 0), near: counted((one) => one.nearWord !== null && !one.done), stops: counted((one) => one.unread && one.stop) }),
    markReplies: async (ids, mark) => change(ids, { read: { unread: false }, unread: { unread: true, done: false }, done: { unread: false, done: true }, not_done: { done: false } }[mark]),
    dismissReply: async (id) => change([id], { nearWord: null }),
    optOutReply: async (id) => change([id], { nearWord: null, optedOut: true }),
    chat: async (id) => chatOf(world, rows.find((one) => one.id === id), sent.filter((one) => one.to === id)),
    replyPicture: async () => 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
    fetchReplyFile: async (id, nr) => { const files = rows.find((one) => one.id === id)?.files ?? []; return change([id], { files: files.map((file) => (file.nr === nr ? { ...file, fetched: true } : file)) }); },
    saveReplyFile: async (_, __, name) => `/home/shop/${name}`,
    exportReplies: async () => '/home/shop/ulak-replies.xlsx',
    answerReply: async (id, text) => {
      const messageId = world.id('message');
      sent.push({ to: id, at: world.now(), text, clearedAt: null, replyId: null, chosen: [], files: [], messageId, state: 'sent', reaction: null, campaignName: '' });
      world.emit('repliesChanged', null);
      return messageId;
    },
  };
}

function row(world: World, said: Said, index: number): ReplyRow {
  const contact = world.contacts.find((one) => one.name === said.name) ?? world.contacts[index];
  const number = world.numbers[0];
  return {
    id: `reply-${index}`, messageId: null, answersText: ASKED.replace('{name}', said.name), reaction: index === 0 ? '👍' : null, campaignId: null, campaignName: 'Autumn lens check', contactId: contact?.id ?? null, name: said.name, phone: contact?.phone ?? '',
    phoneShown: contact?.phoneShown ?? '', sessionId: number?.id ?? '', sessionName: number?.name ?? '', text: said.text, clearedAt: null, chosen: said.chosen === undefined ? [] : [said.chosen], stop: said.stop ?? false, nearWord: said.near ?? null,
    files: said.files ?? [], optedOut: said.stop ?? false, unread: true, done: false, at: world.now() - said.minutes * 60_000,
  };
}

function fits(one: ReplyRow, { show, campaignId, sessionId, option }: ReplyQuery): boolean {
  const shown = { open: !one.done, unread: one.unread, answers: one.chosen.length > 0 && !one.done, near: one.nearWord !== null && !one.done, stops: one.stop && !one.done, done: one.done, everything: true }[show];
  return shown && (campaignId === null || one.campaignId === campaignId) && (sessionId === null || one.sessionId === sessionId) && (option === null || one.chosen.includes(option));
}

function chatOf(world: World, one: ReplyRow | undefined, sent: ChatLine[]): Chat {
  const asked: ChatLine = { at: (one?.at ?? 0) - 3 * 3_600_000, text: one?.answersText ?? '', clearedAt: null, replyId: null, chosen: [], files: [], messageId: 'asked', state: 'read', reaction: '👍', campaignName: one?.campaignName ?? '' };
  const said: ChatLine = { at: one?.at ?? 0, text: one?.text ?? '', clearedAt: null, replyId: one?.id ?? null, chosen: one?.chosen ?? [], files: one?.files ?? [], messageId: null, state: null, reaction: null, campaignName: '' };
  const contact = world.contacts.find((other) => other.id === one?.contactId) ?? null;
  return { contact, phoneShown: one?.phoneShown ?? '', sessionId: one?.sessionId ?? '', sessionName: one?.sessionName ?? '', lines: [asked, said, ...sent], refusal: one?.optedOut ? 'opted_out' : null };
}
