// @vitest-environment jsdom
import { describe, expect, test } from 'vitest';
import type { Happening, MailView } from '../../api/client';
import { details } from '../contacts/timeline';
import { accountEdit, dress, portFor, stateWord, undress, waitOptions } from './mail';

const mail = (change: Partial<MailView>): MailView => ({ id: 'm', messageId: 'x', name: 'Elif', why: 'failed', state: 'sent', reason: null, code: null, tries: 1, createdAt: 0, dueAt: null, endedAt: 1, ...change });

describe('an e-mail account', () => {
  test('begins with what most providers take, and never with a password', () => {
    expect(accountEdit(null, 'Lale')).toMatchObject({ active: false, port: 465, security: 'tls', password: null, fromName: 'Lale' });
  });

  test('brings the port of another encryption where nobody chose one', () => {
    expect(portFor('starttls', 'tls', 465)).toBe(587);
    expect(portFor('starttls', 'tls', 2525)).toBe(2525);
  });

  test('offers the minutes that were chosen elsewhere', () => {
    expect(waitOptions(20).map((option) => option.value)).toEqual(['0', '5', '15', '20', '30', '60', '120', '240']);
  });
});

test('a mail says what became of it and why', () => {
  expect(stateWord(mail({}))).not.toContain(':');
  expect(stateWord(mail({ state: 'left_out', reason: 'no_address' }))).toContain(':');
  expect(stateWord(mail({ state: 'failed', reason: 'recipient' }))).toContain(':');
  expect(stateWord(mail({ state: 'left_out', reason: 'of_a_newer_version' }))).not.toContain('undefined');
});

test('what went by e-mail is said beside the message, in the timeline of its person', () => {
  const message: Happening = { kind: 'message', id: 'x', origin: 'direct', campaignId: null, campaignName: null, category: 'notification', practice: false, text: 'Hi', version: null, own: false, clearedAt: null, state: 'failed', reason: 'not_on_whatsapp', stateAt: 0, sessionName: null, mail: mail({}), parts: 1, credits: 0, createdAt: 0, at: 0 };
  expect(details(message)).toContain('By e-mail: sent');
  expect(details({ ...message, mail: null }).join()).not.toContain('e-mail');
});

test('a preview keeps its styles and loses what could act', () => {
  const html = undress('<html><head><style>b{color:red}</style><link rel="stylesheet" href="https://x.example/a.css"></head><body><b style="width:10px">a</b><script>1</script><form></form></body></html>');
  expect(html).not.toMatch(/<script|<link|<style|<form| style=/);
  const page = new DOMParser().parseFromString(html, 'text/html');
  dress(page);
  expect(page.querySelector('b')?.style.width).toBe('10px');
});
