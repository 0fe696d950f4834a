import type { Api, ClearedLast, Gone } from '../client';
import type { World } from './world';

const DAY = 86_400_000;
const nothing: Gone = { campaigns: 0, messages: 0, replies: 0, tries: 0, numbers: 0, files: 0, bytes: 0 };

export function retentionCommands(world: World): Pick<Api, 'retention' | 'clearPreview' | 'clearNow'> {
  let due: Gone = world.scene === 'shop' ? { campaigns: 9, messages: 3_412, replies: 214, tries: 3_688, numbers: 1, files: 6, bytes: 48_300_000 } : nothing;
  let last: ClearedLast | null = world.scene === 'shop' ? { at: world.now() - 16 * DAY, gone: { ...nothing, campaigns: 4, messages: 1_240, bytes: 12_700_000 }, more: false } : null;
  const before = (days: number) => (days === 0 ? null : world.now() - days * DAY);
  return {
    retention: async () => ({ last, soFar: null, shrinks: true, dataBytes: 213_000_000 - (last?.gone.bytes ?? 0) }),
    clearPreview: async () => ({ gone: due, textsBefore: before(world.settings.kept.textsDays), triesBefore: before(world.settings.kept.triesDays), numbersBefore: before(world.settings.kept.numbersDays) }),
    clearNow: async () => {
      const gone = due;
      last = { at: world.now(), gone, more: false };
      due = nothing;
      world.emit('retentionChanged', null);
      return gone;
    },
  };
}
