import { afterEach, expect, test, vi } from 'vitest';
import { api, type Settings } from '../api/client';
import { app, readSettings, saveSettings } from './app.svelte';

afterEach(() => { vi.restoreAllMocks(); });

/** A core that answers when it is told to. */
function slowCore(settings: Partial<Settings>) {
  let kept = { zone: 'Europe/Istanbul', language: null, theme: 'system', ...settings } as Settings;
  const answers: (() => void)[] = [];
  vi.spyOn(api, 'settings').mockImplementation(() => Promise.resolve(kept));
  vi.spyOn(api, 'countries').mockResolvedValue([]);
  vi.spyOn(api, 'saveSettings').mockImplementation((next) => new Promise((done, refuse) => {
    answers.push(() => {
      if (next.businessName === 'refused') return refuse(new Error('refused'));
      kept = next;
      done(next);
    });
  }));
  return { kept: () => kept, answer: async () => { await vi.waitUntil(() => answers.length > 0); answers.shift()?.(); } };
}

test('the second of two quick choices begins from the first', async () => {
  const core = slowCore({ stopWords: ['STOP'] });
  await readSettings();
  const add = (word: string) => saveSettings({ stopWords: [...(app.settings?.stopWords ?? []), word] });
  const both = [add('DUR'), add('RET')];
  expect(app.settings?.stopWords).toEqual(['STOP', 'DUR', 'RET']);
  await core.answer();
  // What the core tells meanwhile does not take the second one back.
  await readSettings();
  expect(app.settings?.stopWords).toEqual(['STOP', 'DUR', 'RET']);
  await core.answer();
  await Promise.all(both);
  expect(core.kept().stopWords).toEqual(['STOP', 'DUR', 'RET']);
});

test('what was read before a save does not undo it', async () => {
  const core = slowCore({ businessName: 'Melati' });
  await readSettings();
  let late = (_: Settings): void => undefined;
  vi.spyOn(api, 'settings').mockReturnValue(new Promise((done) => { late = done; }));
  const older = core.kept();
  const reading = readSettings();
  const saving = saveSettings({ businessName: 'Cempaka' });
  await core.answer();
  await saving;
  late(older);
  await reading;
  expect(app.settings?.businessName).toBe('Cempaka');
});

test('what is refused shows no longer, and holds up nothing', async () => {
  const core = slowCore({ businessName: 'Melati' });
  await readSettings();
  const refused = saveSettings({ businessName: 'refused' });
  const fine = saveSettings({ testPhone: '+905385550101' });
  expect(app.settings?.businessName).toBe('refused');
  await core.answer();
  await expect(refused).rejects.toThrow('refused');
  await core.answer();
  await fine;
  expect([app.settings?.businessName, app.settings?.testPhone, core.kept().businessName]).toEqual(['Melati', '+905385550101', 'Melati']);
});
