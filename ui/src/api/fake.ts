// A believable core in memory, so that every screen can be built and looked at in a plain browser. Never in a
// production bundle. All numbers are fictitious. The address chooses the scene: `?scene=fresh` (first start),
// `?scene=locked`, `?scene=passphrase`, `?scene=failed`, `?scene=many` (100,000 contacts),
// `?scene=numbers` (a number in every state), `?scene=nophone` (nobody scans the code), `?scene=update` (a newer
// version is there), `?scene=package` (a copy that cannot update itself), `?scene=link-passkey` and its like (linking
// stands still at that stage, see `fake/numbers.ts`), else a day in a shop. `&language=tr` and `&theme=dark` are settings.
import type { Api, EventName, Listen, Payload } from './client';
import { campaignCommands } from './fake/campaigns';
import { contactCommands } from './fake/contacts';
import { creditCommands } from './fake/credits';
import { doorCommands } from './fake/door';
import { engine } from './fake/engine';
import { figureCommands } from './fake/figures';
import { importCommands } from './fake/imports';
import { logCommands } from './fake/log';
import { outwardCommands } from './fake/outward';
import { reportCommands } from './fake/report';
import { segmentCommands } from './fake/segments';
import { repeatCommands } from './fake/repeats';
import { revisionCommands } from './fake/revisions';
import { numberCommands } from './fake/numbers';
import { programCommands } from './fake/programs';
import { replyCommands } from './fake/replies';
import { safetyCommands } from './fake/safety';
import { retentionCommands } from './fake/retention';
import { templateCommands } from './fake/templates';
import { updateCommands } from './fake/update';
import { World } from './fake/world';

type Listeners = { [N in EventName]?: Set<(payload: Payload<N>) => void> };

export function fakeCore(): { api: Api; listen: Listen } {
  const listeners: Listeners = {};
  const asked = new URLSearchParams(location.search);
  const world = new World(asked.get('scene') ?? 'shop', (name, payload) => {
    for (const cb of listeners[name] ?? []) (cb as (payload: unknown) => void)(payload);
  });
  for (const key of ['language', 'theme']) if (asked.has(key)) Object.assign(world.settings, { [key]: asked.get(key) });
  const { now, home, dismissNotice, resultSeen, failuresSeen } = engine(world);
  dragged(world);
  const ofCampaigns = campaignCommands(world);
  const commands: Api = { ...doorCommands(world), ...contactCommands(world), ...segmentCommands(world), ...importCommands(world), ...ofCampaigns, ...reportCommands(ofCampaigns.live), ...revisionCommands(world), ...repeatCommands(world), ...templateCommands(world), ...creditCommands(world), ...logCommands(world), ...figureCommands(world), ...numberCommands(world), ...replyCommands(world), ...retentionCommands(world), ...safetyCommands(world), ...programCommands(world), ...updateCommands(world), ...outwardCommands(world), now, home, dismissNotice, resultSeen, failuresSeen };
  const listen: Listen = (name, cb) => {
    const set = (listeners[name] ??= new Set() as never) as unknown as Set<typeof cb>;
    set.add(cb);
    return () => set.delete(cb);
  };
  return { api: slow(commands), listen };
}

/** A browser's own drag and drop stands for the window's; only the names of the files are known here. */
function dragged(world: World): void {
  const files = (event: DragEvent) => (event.dataTransfer?.types.includes('Files') ? event.dataTransfer : null);
  addEventListener('dragover', (event) => {
    const held = files(event);
    if (!held) return;
    event.preventDefault();
    world.emit('filesOver', { paths: Math.max(1, held.items.length) });
  });
  addEventListener('dragleave', (event) => { if (event.relatedTarget === null) world.emit('filesOver', { paths: 0 }); });
  addEventListener('drop', (event) => {
    const dropped = files(event);
    if (!dropped) return;
    event.preventDefault();
    world.emit('filesDropped', { paths: [...dropped.files].map((file) => `/home/shop/${file.name}`), x: event.clientX, y: event.clientY });
  });
}

/** A few milliseconds, and copies: what the window gets must not be the world itself. */
function slow(commands: Api): Api {
  return Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, async (...args: unknown[]) => {
    await new Promise((done) => setTimeout(done, 8 + Math.random() * 20));
    return structuredClone(await (command as (...args: unknown[]) => unknown)(...args));
  }])) as unknown as Api;
}
