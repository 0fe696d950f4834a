import type { Api, LogReason, LogRow, PartState } from '../client';
import type { World } from './world';

export function logCommands(world: World): Pick<Api, 'messageLog' | 'logReasons' | 'exportLog'> {
  return {
    messageLog: async ({ search, state, cause, campaignId, sessionId, origin, from, until, place }) => {
      const all = rowsOf(world);
      const words = search.toLocaleLowerCase('tr').split(/\s+/);
      const rows = all.filter((row) => (state === null || shownAs(state).includes(row.state)) && (cause === null || row.reason === cause) && (campaignId === null || row.campaignId === campaignId)
        && (sessionId === null || row.sessionName !== null) && (origin === null || row.origin === origin) && (from === null || row.at >= from) && (until === null || row.at < until)
        && words.every((word) => `${row.name} ${row.phoneShown} ${row.begins}`.toLocaleLowerCase('tr').includes(word)));
      const first = (place.after === null ? 0 : rows.findIndex((row) => row.messageId === place.after) + 1) + place.skip;
      const found = rows.slice(first, first + place.limit);
      return { all: all.length, total: search.trim() === '' && from === null && until === null ? rows.length : null, waiting: 0, next: first + place.limit < rows.length ? found.at(-1)?.messageId ?? null : null, rows: found };
    },
    logReasons: async () => {
      const reasons = new Map<string, LogReason>();
      for (const { state, reason } of rowsOf(world)) {
        if ((state !== 'failed' && state !== 'skipped') || reason === null) continue;
        reasons.set(`${state} ${reason}`, { state, reason, people: (reasons.get(`${state} ${reason}`)?.people ?? 0) + 1 });
      }
      return [...reasons.values()].sort((a, b) => b.people - a.people);
    },
    exportLog: async () => '/home/shop/ulak-messages.xlsx',
  };
}

const shownAs = (state: PartState): PartState[] => (state === 'pending' ? ['pending', 'sending'] : [state]);

function rowsOf(world: World): LogRow[] {
  const open: PartState[] = ['pending', 'sending', 'unknown'];
  const rows = world.campaigns.flatMap((one) => one.messages.map((message): LogRow => {
    const accepted = message.steps.find((step) => step.kind === 'sent');
    return {
      messageId: message.id, contactId: message.contactId, name: message.name, phoneShown: message.phoneShown, origin: one.single ? 'direct' : 'campaign', campaignId: one.single ? null : one.id, campaignName: one.single ? '' : one.name,
      begins: message.text.slice(0, 120), clearedAt: null, practice: one.sessionIds.includes(world.practiceNumber.id), state: message.state, reason: message.reason, at: accepted?.at ?? message.triedAt ?? one.dueAt ?? one.updatedAt, stateAt: message.steps.at(-1)?.at ?? null,
      sessionName: message.tries > 0 ? world.practiceNumber.name : null, settled: accepted ? message.price : 0, held: open.includes(message.state) ? message.price : 0,
    };
  }));
  return rows.sort((a, b) => b.at - a.at);
}
