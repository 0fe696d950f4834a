// What is said of the e-mail account, and of a mail.
import type { MailAccountEdit, MailAccountView, MailTrouble, MailView, MailSecurity } from '../../api/client';
import { dayAndClock, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

/** A fresh account: the way that most providers take. */
export function accountEdit(view: MailAccountView | null, business: string): MailAccountEdit {
  if (view === null) return { active: false, host: '', port: 465, security: 'tls', user: '', password: null, fromAddress: '', fromName: business, waitMinutes: 0, perHour: 60 };
  const { active, host, port, security, user, fromAddress, fromName, waitMinutes, perHour } = view;
  return { active, host, port, security, user, password: null, fromAddress, fromName, waitMinutes, perHour };
}

const USUAL: Record<MailSecurity, number> = { tls: 465, starttls: 587, none: 25 };

/** Another encryption brings its usual port, where the port is the usual one of the encryption before. */
export function portFor(security: MailSecurity, before: MailSecurity, port: number): number {
  return port === USUAL[before] ? USUAL[security] : port;
}

export function troubleWord(trouble: MailTrouble): string {
  switch (trouble) {
    case 'unreachable': return m.mail_trouble_unreachable();
    case 'timed_out': return m.mail_trouble_timed_out();
    case 'certificate': return m.mail_trouble_certificate();
    case 'no_encryption': return m.mail_trouble_no_encryption();
    case 'login': return m.mail_trouble_login();
    case 'sender': return m.mail_trouble_sender();
    case 'recipient': return m.mail_trouble_recipient();
    case 'content': return m.mail_trouble_content();
    case 'busy': return m.mail_trouble_busy();
    case 'garbage': return m.mail_trouble_garbage();
    case 'unsendable': return m.mail_trouble_unsendable();
  }
}

const LEFT_OUT: Record<string, () => string> = {
  no_address: () => m.mail_left_no_address(),
  may_have_arrived: () => m.mail_left_may_have_arrived(),
  unwanted: () => m.mail_left_unwanted(),
  cleared: () => m.mail_left_cleared(),
  cancelled: () => m.mail_left_cancelled(),
  switched_off: () => m.mail_left_switched_off(),
};

/** What became of a mail, with why: "not sent: no e-mail address". */
export function stateWord(mail: MailView): string {
  const reason = mail.reason === null ? null : mail.state === 'left_out' ? LEFT_OUT[mail.reason]?.() ?? null : troubleWord(mail.reason as MailTrouble);
  const because = (word: string) => (reason === null ? word : `${word}: ${reason}`);
  switch (mail.state) {
    case 'waiting': return because(m.mail_state_waiting({ when: dayAndClock(mail.dueAt ?? mail.createdAt) }));
    case 'sending': return m.mail_state_sending();
    case 'sent': return m.mail_state_sent();
    case 'failed': return because(m.mail_state_failed());
    case 'unknown': return m.mail_state_unknown();
    case 'left_out': return because(m.mail_state_left_out());
  }
}

/** The same beside the message that it went for. */
export const mailLine = (mail: MailView): string => m.mail_line({ state: stateWord(mail) });

export const whyWord = (mail: MailView): string => (mail.why === 'failed' ? m.mail_why_failed() : m.mail_why_no_number());

const WAITS = [0, 5, 15, 30, 60, 120, 240];

/** Minutes to choose from; what was chosen elsewhere is among them. */
export function waitOptions(chosen: number): { value: string; label: string }[] {
  const minutes = WAITS.includes(chosen) ? WAITS : [...WAITS, chosen].sort((a, b) => a - b);
  return minutes.map((count) => ({ value: String(count), label: count === 0 ? m.mail_wait_never() : m.mail_wait_minutes({ count, n: num(count) }) }));
}

/** Styles of a mail are written into its elements, which a page that lets in no styles but its own would drop. They are
    taken out of the text here and put in again by `dress`, which such a page allows. */
export function undress(html: string): string {
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const element of page.querySelectorAll('script, link, base, meta[http-equiv], iframe, object, form')) element.remove();
  for (const element of page.querySelectorAll('[style]')) {
    element.setAttribute('data-dress', element.getAttribute('style') ?? '');
    element.removeAttribute('style');
  }
  for (const style of page.querySelectorAll('style')) {
    const kept = page.createElement('template');
    kept.setAttribute('data-sheet', style.textContent);
    style.replaceWith(kept);
  }
  return `<!doctype html>${page.documentElement.outerHTML}`;
}

export function dress(page: Document): void {
  for (const element of page.querySelectorAll<HTMLElement>('[data-dress]')) element.style.cssText = element.dataset.dress ?? '';
  const sheets = [...page.querySelectorAll<HTMLElement>('[data-sheet]')].map((kept) => kept.dataset.sheet ?? '');
  const Sheet = page.defaultView?.CSSStyleSheet;
  if (!Sheet) return;
  page.adoptedStyleSheets = sheets.map((text) => {
    const sheet = new Sheet();
    sheet.replaceSync(text.replace(/@import[^;]*;/g, ''));
    return sheet;
  });
}
