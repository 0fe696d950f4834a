import type { Api, UpdateView } from '../client';
import { refuse, type World } from './world';

type Commands = 'newerVersion' | 'lookForNewerVersion' | 'installNewerVersion' | 'putOffNewerVersion';

const news = {
  en: '• Lists of a million people open at once.\n• A campaign can be copied into another language.\n• Mended: a reply that came while the laptop slept was shown twice.',
  tr: '• Bir milyon kişilik listeler hemen açılır.\n• Bir kampanya başka bir dile kopyalanabilir.\n• Giderildi: bilgisayar uyurken gelen bir yanıt iki kez görünüyordu.',
  id: '• Daftar satu juta orang langsung terbuka.\n• Kampanye bisa disalin ke bahasa lain.\n• Diperbaiki: balasan yang datang saat laptop tidur tampil dua kali.',
};

/** In the scene of the update a version is there from the start; its package arrives slowly and is then damaged once. */
export function updateCommands(world: World): Pick<Api, Commands> {
  const known: UpdateView = { version: '0.1.0', hasSource: world.scene !== 'package', lookedAt: null, offer: null, step: 'idle', percent: null, waitsFor: null, problem: null };
  const tell = (change: Partial<UpdateView>) => { Object.assign(known, change); world.emit('updateChanged', null); };
  const language = () => world.settings.language ?? (navigator.language.slice(0, 2) as keyof typeof news);
  const found = () => (world.scene === 'update' ? { version: '0.3.0', news: news[language()] ?? news.en, putOff: known.offer?.putOff ?? false } : null);
  const sends = () => (world.pausedAll ? undefined : world.campaigns.find((one) => one.state === 'running'));
  const view = (): UpdateView => {
    const sending = sends();
    if (known.hasSource && world.settings.lookForUpdates) { known.lookedAt ??= world.now(); known.offer = found(); }
    return { ...known, waitsFor: known.offer && sending ? { kind: 'sending', name: sending.name } : null };
  };
  let tries = 0;
  return {
    newerVersion: async () => view(),
    lookForNewerVersion: async () => { tell({ lookedAt: world.now(), offer: found(), problem: null }); return view(); },
    putOffNewerVersion: async () => { if (known.offer) known.offer.putOff = true; tell({}); return null; },
    installNewerVersion: async () => {
      if (known.offer === null) refuse('update.none', 'There is no newer version to install.');
      if (sends()) refuse('update.busy', 'Something is on its way. The new version can be installed when that is through.');
      for (let percent = 0; percent <= 100; percent += 20) {
        tell({ step: 'downloading', percent, problem: null });
        await new Promise((done) => setTimeout(done, 150));
      }
      tries += 1;
      const problem = { code: 'update.damaged', message: 'The package is not the one that was signed.', params: {} };
      tell(tries === 1 ? { step: 'idle', percent: null, problem } : { step: 'installed', percent: null });
      if (tries === 1) refuse(problem.code, problem.message);
      return null;
    },
  };
}
