// Webhooks and e-mail of the fake: a receiver that answers, one that is down, and a shop with an account.
import type { Api, DeliveryView, MailAccountView, MailPreview, MailTemplateView, MailView, WebhookView } from '../client';
import type { World } from './world';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Commands = 'webhooks' | 'saveWebhook' | 'renewWebhookSecret' | 'deleteWebhook' | 'pauseWebhook' | 'testWebhook' | 'webhookDeliveries' | 'replayWebhook'
  | 'mailAccount' | 'saveMailAccount' | 'testMail' | 'mailTemplate' | 'saveMailTemplate' | 'previewMail' | 'mailWanted' | 'wantMail' | 'mails';

const refuse = (code: string, params: Record<string, string> = {}): never => { throw { code, message: '', params }; };

export function outwardCommands(world: World): Pick<Api, Commands> {
  return { ...webhookCommands(world), ...mailCommands(world) };
}

function webhookCommands(world: World) {
  const shop = world.scene === 'shop';
  const base = { near: false, createdAt: world.now() - 240 * HOUR, paused: null, failures: 0, restsUntil: null };
  const webhooks: WebhookView[] = shop
    ? [
        { ...base, id: 'hook-1', name: 'Accounting', url: 'http://127.0.0.1:8090/ulak', topics: ['messages', 'replies', 'opt_outs'], answeredAt: world.now() - 2 * MINUTE, counts: { waiting: 0, dead: 0 } },
        { ...base, id: 'hook-2', name: 'Web shop', url: 'https://shop.example/hooks/ulak', topics: ['opt_outs', 'campaigns'], answeredAt: world.now() - 26 * HOUR, failures: 9, restsUntil: world.now() + 4 * MINUTE, counts: { waiting: 14, dead: 3 } },
      ]
    : [];
  const deliveries: DeliveryView[] = ['message.read', 'message.delivered', 'message.sent', 'reply.received', 'contact.opted_out'].map((event, index) => ({ id: `d-${index}`, event, state: 'taken', createdAt: world.now() - index * 3 * MINUTE, dueAt: null, tries: 1, setback: null, status: 204, endedAt: world.now() - index * 3 * MINUTE }));
  const dead: DeliveryView[] = [0, 1, 2].map((index) => ({ id: `dead-${index}`, event: 'contact.opted_out', state: 'dead', createdAt: world.now() - (26 + index) * HOUR, dueAt: null, tries: 17, setback: index === 0 ? 'redirect' : 'status', status: index === 0 ? 301 : 502, endedAt: world.now() - 2 * HOUR }));
  const waiting: DeliveryView[] = Array.from({ length: 14 }, (_, index) => ({ id: `w-${index}`, event: 'campaign.finished', state: 'waiting', createdAt: world.now() - index * HOUR, dueAt: world.now() + 4 * MINUTE, tries: index % 5, setback: index % 5 === 0 ? null : 'timed_out', status: null, endedAt: null }));
  const find = (id: string) => webhooks.find((one) => one.id === id) ?? refuse('webhook.not_found');
  const changed = () => world.emit('webhooksChanged', null);
  const secret = () => `whsec_${btoa('a fictitious secret of 32 bytes!')}`;
  return {
    webhooks: async () => [...webhooks],
    saveWebhook: async (edit) => {
      if (!/^https?:\/\/./.test(edit.url)) refuse('webhook.not_an_address');
      if (edit.url.startsWith('http:') && !/^http:\/\/(127\.|localhost|\[::1\])/.test(edit.url) && !edit.near) refuse('webhook.not_secret');
      const name = edit.name.trim() || new URL(edit.url).host;
      if (edit.id === null) {
        const webhook: WebhookView = { ...base, ...edit, id: world.id('hook'), name, createdAt: world.now(), answeredAt: null, counts: { waiting: 0, dead: 0 } };
        webhooks.push(webhook);
        changed();
        return { webhook, secret: secret() };
      }
      const webhook = Object.assign(find(edit.id), { ...edit, id: edit.id, name, failures: 0, restsUntil: null });
      changed();
      return { webhook, secret: null };
    },
    renewWebhookSecret: async (id) => ({ webhook: find(id), secret: secret() }),
    deleteWebhook: async (id) => {
      webhooks.splice(webhooks.indexOf(find(id)), 1);
      changed();
      return null;
    },
    pauseWebhook: async (id, paused) => {
      Object.assign(find(id), { paused: paused ? 'owner' : null });
      changed();
      return null;
    },
    testWebhook: async (id) => (find(id).failures > 0 ? { setback: 'status' as const, status: 502 } : { setback: null, status: 204 }),
    webhookDeliveries: async (id, state) => {
      const own = find(id).counts;
      return state === 'taken' ? deliveries : state === 'dead' ? dead.slice(0, own.dead) : waiting.slice(0, own.waiting);
    },
    replayWebhook: async (id, only) => {
      const webhook = find(id);
      const count = only === null ? webhook.counts.dead : 1;
      webhook.counts = { waiting: webhook.counts.waiting + count, dead: webhook.counts.dead - count };
      changed();
      return count;
    },
  } satisfies Partial<Api>;
}

function mailCommands(world: World) {
  let account: MailAccountView | null = world.scene === 'shop'
    ? { active: true, host: 'mail.laleoptik.example', port: 465, security: 'tls', user: 'bilgi@laleoptik.example', hasPassword: true, fromAddress: 'bilgi@laleoptik.example', fromName: 'Lale Optik', waitMinutes: 30, perHour: 60, trouble: null, troubleAt: null }
    : null;
  const own = new Map<string, { subject: string; mjml: string }>();
  const wanted = new Set<string>();
  const base = { messageId: 'message-1', tries: 1, code: null, dueAt: null, reason: null };
  const mails: MailView[] = world.scene === 'shop'
    ? [
        { ...base, id: 'mail-1', name: 'Elif Şahin', why: 'failed', state: 'sent', createdAt: world.now() - 12 * MINUTE, endedAt: world.now() - 11 * MINUTE },
        { ...base, id: 'mail-2', name: 'Okan Yalçın', why: 'no_number', state: 'waiting', reason: 'busy', code: 451, tries: 2, createdAt: world.now() - 15 * MINUTE, dueAt: world.now() + 4 * MINUTE, endedAt: null },
        { ...base, id: 'mail-3', name: 'Derya Acar', why: 'failed', state: 'left_out', reason: 'no_address', tries: 0, createdAt: world.now() - HOUR, endedAt: world.now() - HOUR },
        { ...base, id: 'mail-4', name: 'Mehmet Korkmaz', why: 'failed', state: 'failed', reason: 'recipient', code: 550, createdAt: world.now() - 2 * HOUR, endedAt: world.now() - 2 * HOUR },
      ]
    : [];
  const subjects: Record<string, string> = { en: 'A message from {{business}}', tr: '{{business}} size bir mesaj gönderdi', id: 'Pesan dari {{business}}' };
  const greetings: Record<string, string> = { en: 'Dear {{name}},', tr: 'Sayın {{name}},', id: 'Yth. {{name}},' };
  const template = (language: string): MailTemplateView => {
    const kept = own.get(language);
    const ready = { subject: subjects[language] ?? '', mjml: `<mjml lang="${language}">\n  <mj-body background-color="#f6f1ed">\n    <mj-section background-color="#ffffff" padding="24px">\n      <mj-column>\n        <mj-text font-size="20px">{{business}}</mj-text>\n        <mj-text>${greetings[language] ?? ''}</mj-text>\n        {{message}}\n      </mj-column>\n    </mj-section>\n  </mj-body>\n</mjml>\n` };
    return { ...(kept ?? ready), ready: kept === undefined };
  };
  const texts: Record<string, string> = { en: 'your glasses are <b>ready</b>. You can pick them up until Saturday, 19:00.', tr: 'gözlüğünüz <b>hazır</b>. Cumartesi 19.00’a kadar teslim alabilirsiniz.', id: 'kacamata Anda <b>sudah siap</b>. Silakan diambil sampai Sabtu pukul 19.00.' };
  const key = (of: { kind: string; id: string }) => `${of.kind}:${of.id}`;
  const changed = () => world.emit('mailChanged', null);
  return {
    mailAccount: async () => account,
    saveMailAccount: async ({ password, ...edit }) => {
      if (edit.host.trim() === '') refuse('mail.no_host');
      if (!/^\S+@\S+\.\S+$/.test(edit.fromAddress)) refuse('mail.not_an_address', { address: edit.fromAddress });
      account = { ...edit, hasPassword: password !== null || (account?.hasPassword ?? false), trouble: null, troubleAt: null };
      changed();
      return account;
    },
    testMail: async (edit) => (edit.host.endsWith('.example') ? { sent: true, trouble: null, code: null } : { sent: false, trouble: 'unreachable' as const, code: null }),
    mailTemplate: async (language) => template(language),
    saveMailTemplate: async (language, kept) => {
      if (kept && !kept.mjml.includes('{{message}}')) refuse('mail.no_message', { place: '{{message}}' });
      if (kept) own.set(language, kept);
      else own.delete(language);
      return template(language);
    },
    previewMail: async (language, { subject, mjml }): Promise<MailPreview> => {
      if (!mjml.includes('{{message}}')) refuse('mail.no_message', { place: '{{message}}' });
      const business = world.settings.businessName;
      const body = `<p style="font:bold 20px Arial">${business}</p><p>${(greetings[language] ?? '').replace('{{name}}', 'Elif Şahin')}</p><p>${texts[language] ?? ''}</p>`;
      return { subject: subject.replace('{{business}}', business), html: `<html><head><style>body { margin: 0; background: #f6f1ed; font: 16px Arial; } div { background: #fff; max-width: 600px; margin: 0 auto; }</style></head><body><div style="padding:24px">${body}</div></body></html>`, text: `${business}\n${(greetings[language] ?? '').replace('{{name}}', 'Elif Şahin')}\n${(texts[language] ?? '').replace(/<\/?b>/g, '')}\n` };
    },
    mailWanted: async (of) => wanted.has(key(of)),
    wantMail: async (of, yes) => {
      if (yes) wanted.add(key(of));
      else wanted.delete(key(of));
      changed();
      return null;
    },
    mails: async () => mails,
  } satisfies Partial<Api>;
}
