import { render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { fakeCore } from '../api/fake';
import { connectTo } from '../api/client';
import { app } from '../lib/app.svelte';
import { language, locales } from '../lib/i18n.svelte';
import App from './App.svelte';

// Every screen of the shell, on the core in memory, in every language: it appears, and no placeholder is left open.

/** Whole screens are drawn; a computer that is busy with other work may take its time. */
const DEADLINE = 20_000;
vi.setConfig({ testTimeout: 2 * DEADLINE });

beforeAll(() => { Element.prototype.scrollTo = () => undefined; Element.prototype.scrollIntoView = () => undefined; });
beforeEach(() => { vi.spyOn(console, 'error'); });
afterEach(() => { vi.restoreAllMocks(); });

function open(scene: string, path: string): void {
  app.status = null;
  history.replaceState(null, '', `/?scene=${scene}#${path}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
  connectTo(fakeCore());
  render(App);
}

test.each([
  ['shop', '/home', 'home-free'], ['fresh', '/home', 'start-practising'], ['shop', '/contacts', 'contacts-table'], ['fresh', '/contacts', 'contacts-empty'], ['shop', '/contacts/contact-1', 'person-card'],
  ['shop', '/contacts/import', 'import-choose'], ['shop', '/contacts/import?file=%2Flist.csv', 'import-table'], ['shop', '/replies', 'talk-judge'], ['shop', '/replies?show=done', 'replies-empty'], ['shop', '/credits', 'credits-free'], ['shop', '/log', 'log-table'], ['fresh', '/log', 'log-empty'], ['shop', '/figures', 'figures-table'], ['shop', '/settings', 'pace-of:n-shop'], ['update', '/home', 'update-notice'], ['update', '/settings', 'update-offer'], ['package', '/settings', 'update-no-source'],
  ['shop', '/numbers', 'number-card:n-shop'], ['numbers', '/numbers', 'number-card:n-linking'], ['fresh', '/numbers', 'numbers-empty'], ['shop', '/numbers/link', 'link-how-qr'], ['fresh', '/numbers/link', 'link-accept'], ['shop', '/settings?number=n-shop', 'practice-read'],
  ['shop', '/connect', 'tokens'], ['fresh', '/connect', 'tokens-empty'], ['shop', '/connect/triggers', 'trigger-preview'], ['fresh', '/connect/triggers', 'triggers-empty'], ['shop', '/connect/webhooks', 'webhook:Accounting'], ['fresh', '/connect/webhooks', 'webhooks-empty'], ['shop', '/help', 'nav-help'], ['shop', '/settings/safety', 'restore-copies'], ['fresh', '/settings/safety', 'health:no_backup'], ['shop', '/repeats', 'repeats-empty'], ['shop', '/plan', 'plan'], ['fresh', '/plan', 'plan-empty'], ['fresh', '/practice', 'practice-sample'], ['locked', '/home', 'unlock-input'], ['passphrase', '/home', 'choose-passphrase-input'], ['failed', '/home', 'failed-try-again'],
])('%s %s', async (scene, path, testid) => {
  open(scene, path);
  await screen.findByTestId(testid, undefined, { timeout: DEADLINE });
  for (const locale of locales) {
    language.locale = locale;
    await waitFor(() => expect(document.body.textContent).not.toMatch(/undefined|NaN|\{\w+\}/), { timeout: DEADLINE });
  }
  expect(console.error).not.toHaveBeenCalled();
});

test('the way from the first start to the import is four clicks', async () => {
  open('fresh', '/home');
  (await screen.findByTestId('start-practising')).click();
  (await screen.findByTestId('start-go-on')).click();
  (await screen.findByTestId('practice-file')).click();
  (await screen.findByTestId('import-choose')).click();
  await waitFor(() => expect(screen.getByTestId('import-total-refused')).toHaveTextContent('29'), { timeout: DEADLINE });
  screen.getByTestId('import-tab-refused').click();
  await waitFor(() => expect(screen.getByTestId('import-why')).toHaveTextContent('9.05387E+11'));
  expect(screen.getByTestId('import-start')).toBeEnabled();
});
