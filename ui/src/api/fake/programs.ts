// Other programs of the fake: a door, three tokens, and triggers that were told something today.
import type { Api, FieldSample, Listening, ProgramDoor, ProgramsView, TokenView, TriedTrigger, TriggerBinding, TriggerEventRow, TriggerFolder, TriggerView } from '../client';
import { refuse, type World } from './world';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const OFFERED = ['invoice.created', 'payment.completed', 'service.expiring', 'appointment.reminder', 'order.ready', 'bulk.send'];
const TAKEN = 8080;
const PAGE = 50;

const first = (): TriggerBinding => ({ each: '', phone: 'customer.phone', country: '', name: 'customer.name', variables: {}, template: null, byLanguage: [], language: '', category: null, priority: 3, delayMinutes: 0, atMinute: null, number: null, key: 'no', keyHours: 720, condition: null, urgent: false });
const sample = JSON.stringify({ no: 'F-2026-1184', customer: { name: 'Mehmet Korkmaz', phone: '0533 555 04 61' }, total: '1.850,00', currency: 'TRY', due_date: '27.11.2026' }, null, 2);

type Payload = Record<string, unknown>;

function fieldsOf(value: unknown, path = ''): FieldSample[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((item) => fieldsOf(item, path === '' ? '0' : `${path}.0`));
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([name, inner]) => fieldsOf(inner, path === '' ? name : `${path}.${name}`));
  return [{ field: path, value: value === null ? '' : String(value) }];
}

export function programCommands(world: World): Pick<Api, 'programs' | 'setProgramDoor' | 'makeToken' | 'revokeToken' | 'triggers' | 'firstTrigger' | 'saveTrigger' | 'deleteTrigger' | 'watchFolder' | 'tryTrigger' | 'sendTried' | 'triggerEvents' | 'refusalsSeen' | 'replayEvent'> {
  const busy = world.scene !== 'fresh';
  const now = world.now();
  const rights = { send: false, read: false, contacts: false, admin: false, urgent: false };
  let door: ProgramDoor = { open: busy, port: 8417, since: busy ? now - 10 * DAY : null };
  let tokens: TokenView[] = busy ? [
    { id: 'token-1', name: 'Muhasebe', ending: '7f2c', rights: { ...rights, send: true, read: true }, calls: 1_204, usedAt: now - 2 * MINUTE, createdAt: now - 10 * DAY },
    { id: 'token-2', name: 'Web mağazası', ending: 'a91e', rights: { ...rights, send: true }, calls: 310, usedAt: now - 25 * MINUTE, createdAt: now - 9 * DAY },
    { id: 'token-3', name: 'Etiket yazıcısı', ending: '03bd', rights: { ...rights, read: true }, calls: 0, usedAt: null, createdAt: now - 2 * DAY },
  ] : [];
  let triggers: TriggerView[] = [];
  let events: TriggerEventRow[] = [];
  let folders: TriggerFolder[] = [];
  let toMend = busy ? 1 : 0;
  const seen = () => ({ triggers, offered: OFFERED.filter((name) => !triggers.some((one) => one.name === name)), folders, today: events.filter((one) => one.at > now - 12 * HOUR).length, toMend });
  const listening = (): Listening => (!door.open ? { kind: 'shut' } : door.port === TAKEN ? { kind: 'taken', port: door.port } : { kind: 'open', port: door.port });
  const view = (): ProgramsView => ({ door, listening: listening(), tokens });
  const changed = () => world.emit('programsChanged', null);

  const textOf = (id: string | null) => world.templates.find((one) => one.id === id)?.text ?? null;
  const seed = () => {
    if (!busy || triggers.length > 0) return;
    const template = world.id('template');
    world.templates.push({ id: template, name: 'Yeni fatura', category: 'notification', language: 'tr', active: true, text: 'Sayın {{name}}, {{fatura_no}} numaralı, {{tutar}} TL tutarındaki faturanız hazır. Son ödeme tarihi {{son_odeme}}.', choice: null, splitLongCaption: false, samples: {}, media: [], linkPreview: null, updatedAt: now - DAY });
    const name = (id: string, called: string, active: boolean): TriggerView => ({ id, name: called, active, binding: { ...first(), template, variables: { fatura_no: 'no', tutar: 'total', son_odeme: 'due_date' } }, updatedAt: now - DAY });
    triggers = [name('trigger-1', 'invoice.created', true), name('trigger-2', 'payment.completed', true), name('trigger-3', 'frame.ready', false)];
    const row = (change: Partial<TriggerEventRow>): TriggerEventRow => ({ id: world.id('event'), triggerId: 'trigger-1', at: now, outcome: 'accepted', code: null, params: {}, accepted: 1, refused: 0, messageId: null, person: null, state: null, replayed: false, payload: sample, ...change });
    folders = [{ triggerId: 'trigger-3', path: '/home/lale/Etiketler', brings: 'messages', waiting: 2, problem: null, last: { name: 'etiketler.csv', place: 'failed/etiketler.csv', at: now - 40 * MINUTE, accepted: 41, passed: 2, refused: 1, problem: null } }];
    events = [
      row({ at: now - 18 * MINUTE, person: 'Mehmet Korkmaz', state: 'delivered' }),
      row({ at: now - 23 * MINUTE, triggerId: 'trigger-2', outcome: 'duplicate', accepted: 0 }),
      row({ at: now - 24 * MINUTE, triggerId: 'trigger-2', person: 'Elif Şahin', state: 'read' }),
      row({ at: now - 51 * MINUTE, outcome: 'refused', accepted: 0, refused: 1, code: 'campaign.unwanted' }),
      row({ at: now - 70 * MINUTE, outcome: 'refused', accepted: 0, refused: 1, code: 'trigger.no_phone', params: { field: 'customer.phone' } }),
      row({ at: now - 4 * HOUR, outcome: 'unmet', accepted: 0 }),
      row({ at: now - DAY, triggerId: 'trigger-2', accepted: 6, state: 'read', payload: null }),
    ];
  };

  function tried(binding: TriggerBinding, payload: string): TriedTrigger {
    let read: Payload;
    try {
      read = JSON.parse(payload) as Payload;
    } catch {
      return refuse('trigger.no_object', 'What is told must be a JSON object.');
    }
    const fields = fieldsOf(read);
    const at = (path: string) => fields.find((one) => one.field === path)?.value ?? '';
    const none: TriedTrigger = { fields, phoneShown: null, name: null, text: null, credits: 0, dueAt: null, unmet: false, problem: null };
    const text = textOf(binding.template);
    if (text === null) return { ...none, problem: { code: 'trigger.no_template', message: '', params: {} } };
    if (at(binding.phone) === '') return { ...none, problem: { code: 'trigger.no_phone', message: '', params: { field: binding.phone } } };
    const values: Record<string, string> = { name: at(binding.name), ad: at(binding.name) };
    for (const [variable, path] of Object.entries(binding.variables)) values[variable] = at(path ?? '');
    let missing: string | null = null;
    const filled = text.replace(/\{\{\s*([^|}]+?)\s*(?:\|\s*([^}]*?)\s*)?\}\}/g, (_, name: string, fallback?: string) => {
      const value = values[name] || fallback;
      if (!value) missing = name;
      return value ?? '';
    });
    if (missing !== null) return { ...none, problem: { code: 'campaign.test_missing', message: '', params: { variable: missing } } };
    return { ...none, phoneShown: '+90 533 555 04 61', name: at(binding.name), text: filled, credits: world.settings.prices.text, dueAt: world.now() + binding.delayMinutes * MINUTE };
  }

  return {
    programs: async () => view(),
    setProgramDoor: async (open, port) => {
      door = { open, port, since: open ? door.since ?? world.now() : null };
      changed();
      return view();
    },
    makeToken: async ({ name, rights }) => {
      if (name.trim() === '') refuse('program.nameless', 'Give the token a name: that of the program that will use it.');
      if (!rights.send && !rights.read && !rights.contacts && !rights.admin) refuse('program.no_rights', 'Tick at least one thing that the program may do.');
      const token: TokenView = { id: world.id('token'), name: name.trim(), ending: 'x4Qa', rights, calls: 0, usedAt: null, createdAt: world.now() };
      tokens = [token, ...tokens];
      changed();
      return { token, secret: 'ulak_fiktif-Zk3pL0aVw8sQ1mTn5rYc7dEb2hGj9uXx4Qa' };
    },
    revokeToken: async (id) => {
      tokens = tokens.filter((token) => token.id !== id);
      changed();
      return view();
    },
    triggers: async () => {
      seed();
      return seen();
    },
    watchFolder: async (triggerId, path, brings) => {
      const other = folders.find((one) => one.path === path && one.triggerId !== triggerId);
      if (other) refuse('watched.taken', 'A trigger looks into this folder already.', { trigger: triggers.find((one) => one.id === other.triggerId)?.name ?? '' });
      const before = folders.find((one) => one.triggerId === triggerId && one.path === path);
      const rest = folders.filter((one) => one.triggerId !== triggerId);
      folders = path === null ? rest : [...rest, { triggerId, path, brings, waiting: before?.waiting ?? 0, problem: null, last: before?.last ?? null }];
      world.emit('triggersChanged', null);
      return seen();
    },
    firstTrigger: async (name) => {
      if (!/^[a-z0-9._-]{1,60}$/.test(name)) refuse('trigger.name', "A trigger's name has 1 to 60 small letters, digits, dots, dashes or underscores, as in order.ready.");
      return { binding: first(), payload: sample };
    },
    saveTrigger: async ({ id, name, active, binding }) => {
      if (active && binding.template === null && binding.byLanguage.length === 0) refuse('trigger.no_template', 'Choose the template that is sent.');
      const saved: TriggerView = { id: id ?? world.id('trigger'), name, active, binding, updatedAt: world.now() };
      triggers = id === null ? [...triggers, saved] : triggers.map((one) => (one.id === id ? saved : one));
      return saved;
    },
    deleteTrigger: async (id) => {
      triggers = triggers.filter((one) => one.id !== id);
      events = events.filter((one) => one.triggerId !== id);
      world.emit('triggersChanged', null);
      return null;
    },
    tryTrigger: async (binding, payload) => tried(binding, payload),
    sendTried: async (_binding, _payload, to) => {
      if (to.replace(/\D/g, '').length < 10) refuse('phone.too_short', 'The number is too short.', { digits: String(to.replace(/\D/g, '').length), country: 'TR' });
      return world.id('message');
    },
    triggerEvents: async (of, refused, before) => {
      seed();
      const wanted = events.filter((one) => (of === null || one.triggerId === of) && (!refused || one.refused > 0));
      const from = before === null ? 0 : wanted.findIndex((one) => one.id === before) + 1;
      const rows = wanted.slice(from, from + PAGE);
      return { rows, next: from + PAGE < wanted.length ? rows.at(-1)?.id ?? null : null };
    },
    refusalsSeen: async () => {
      toMend = 0;
      world.emit('triggersChanged', null);
      world.emit('nowChanged', null);
      return null;
    },
    replayEvent: async (id) => {
      const before = events.find((one) => one.id === id) ?? refuse('trigger.cleared', 'What this event said was cleared, so it cannot be sent again.');
      const again: TriggerEventRow = { ...before, id: world.id('event'), at: world.now(), outcome: 'accepted', code: null, params: {}, accepted: 1, refused: 0, person: before.person ?? 'Mehmet Korkmaz', state: 'pending', replayed: true };
      events = [again, ...events];
      world.emit('triggersChanged', null);
      return { event: again.id, outcome: 'accepted', accepted: 1, refused: 0, messages: [], problem: null };
    },
  };
}
