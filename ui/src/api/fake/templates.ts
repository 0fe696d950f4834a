import ready from '../../../../src-tauri/core/src/template/ready.json';
import { allText, MOST_BUTTONS, written } from '../../features/campaigns/choice';
import { variablesOf } from '../../features/campaigns/variables';
import type { Api, Language, ReadyTemplate, TemplateRow, TemplateView } from '../client';
import { mediaItem } from './files';
import { linkOf, lookedAt } from './links';
import { refuse, type World } from './world';

const all = ready as unknown as ReadyTemplate[];

type Commands = Pick<Api, 'templates' | 'readyTemplates' | 'template' | 'createTemplate' | 'takeReady' | 'saveTemplate' | 'duplicateTemplate' | 'deleteTemplate' | 'addTemplateMedia' | 'pasteTemplateMedia' | 'removeTemplateMedia' | 'orderTemplateMedia' | 'fetchTemplateLinkPreview' | 'removeTemplateLinkPreview'
  | 'checkTemplate' | 'importTemplates' | 'exportTemplates' | 'saveAsTemplate'>;

export function templateCommands(world: World): Commands {
  if (world.scene !== 'fresh' && world.scene !== 'passphrase') seed(world);
  const find = (id: string): TemplateView => world.templates.find((one) => one.id === id) ?? refuse('template.gone', 'This template is no longer there.');
  const touch = (one: TemplateView): TemplateView => { one.updatedAt = world.now(); world.emit('templatesChanged', null); return one; };
  const add = (one: TemplateView): TemplateView => { world.templates.push(one); return touch(one); };
  return {
    templates: async () => world.templates.map(rowOf).sort((a, b) => b.updatedAt - a.updatedAt),
    readyTemplates: async () => all,
    template: async (id) => find(id),
    createTemplate: async (language) => add(blank(world, language)),
    takeReady: async (key, language) => {
      const one = all.find((candidate) => candidate.key === key && candidate.language === language) ?? refuse('template.gone', 'This template is no longer there.');
      const { name, category, text, choice, samples } = structuredClone(one);
      return add({ ...blank(world, language), name, category, text, choice, samples });
    },
    saveTemplate: async (edit) => touch(Object.assign(find(edit.id), edit)),
    duplicateTemplate: async (id) => add({ ...structuredClone(find(id)), id: world.id('template') }),
    deleteTemplate: async (id) => { world.templates = world.templates.filter((one) => one.id !== id); world.emit('templatesChanged', null); return null; },
    addTemplateMedia: async (id, path, wish) => { const item = mediaItem(world, path.split(/[\\/]/).at(-1) ?? path, wish); const one = find(id); one.media.push(item); touch(one); return item; },
    pasteTemplateMedia: async (id, name, _, wish) => { const item = mediaItem(world, name, wish); const one = find(id); one.media.push(item); touch(one); return item; },
    removeTemplateMedia: async (id, mediaId) => { const one = find(id); one.media = one.media.filter((item) => item.id !== mediaId); return touch(one); },
    orderTemplateMedia: async (id, order) => { const one = find(id); one.media.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id)); return touch(one); },
    fetchTemplateLinkPreview: async (id) => { const one = find(id); one.linkPreview = lookedAt(one.text); return touch(one); },
    removeTemplateLinkPreview: async (id) => { const one = find(id); one.linkPreview = null; return touch(one); },
    checkTemplate: async (id) => {
      const { text } = find(id);
      if (text.lastIndexOf('{{') > text.lastIndexOf('}}')) refuse('template.unclosed', 'A variable is not closed.', { near: text.slice(text.lastIndexOf('{{') + 2).slice(0, 20) });
      return { link: linkOf(text), warnings: /(.)\1{10,}/u.test(text) ? [{ code: 'hint.repeated', message: 'One character is repeated more than ten times.', params: { character: '!', times: '11', most: '10' } }] : [] };
    },
    importTemplates: async () => {
      const before = world.templates.length;
      for (const key of ['voucher_activated', 'order_ready']) {
        const one = all.find((candidate) => candidate.key === key && candidate.language === 'tr');
        if (one && !world.templates.some((known) => known.text === one.text)) add({ ...blank(world, 'tr'), name: one.name, category: one.category, text: one.text, choice: one.choice, samples: one.samples });
      }
      const added = world.templates.length - before;
      return { added, known: 2 - added };
    },
    exportTemplates: async () => '/home/shop/ulak-templates.json',
    saveAsTemplate: async (draftId, language) => {
      const draft = world.campaigns.find((one) => one.id === draftId) ?? refuse('campaign.gone', 'This campaign is no longer there.');
      const { name, text, choice, media, linkPreview, splitLongCaption } = structuredClone(draft);
      return add({ ...blank(world, language), name, text, choice, media, linkPreview, splitLongCaption });
    },
  };
}

function blank(world: World, language: Language): TemplateView {
  return { id: world.id('template'), name: '', category: 'notification', language, active: true, text: '', choice: null, splitLongCaption: false, samples: {}, media: [], linkPreview: null, updatedAt: world.now() };
}

function rowOf({ id, name, category, language, active, text, choice, samples, media, updatedAt }: TemplateView): TemplateRow {
  const options = written(choice).length;
  const kind = options > MOST_BUTTONS ? 'list' : options > 0 ? 'button' : media.length > 0 ? 'media' : 'text';
  return { id, name, category, language, active, kind, variables: variablesOf(allText(text, choice)), samples, files: media.length, firstText: text.slice(0, 160), updatedAt };
}

function seed(world: World): void {
  const hours = 3_600_000;
  for (const [index, [key, language]] of ([['appointment', 'tr'], ['order_ready', 'tr'], ['payment_reminder', 'tr'], ['new_invoice', 'en'], ['holiday_greeting', 'id']] as const).entries()) {
    const one = all.find((candidate) => candidate.key === key && candidate.language === language);
    if (one) world.templates.push({ ...blank(world, language), name: one.name, category: one.category, text: one.text, choice: one.choice, samples: one.samples, updatedAt: world.now() - (1 + index * index * 9) * hours, active: index !== 4 });
  }
  world.templates.push({ ...blank(world, 'en'), name: 'New season frames', category: 'promotion', media: [mediaItem(world, 'frames-window.jpg', 'auto')], updatedAt: world.now() - 30 * hours,
    text: 'Dear {{name|customer}},\n\nour new season frames are here. Shall we put one aside for you next to your {{frame|last pair}}?',
    choice: { style: 'poll', question: 'Which shape shall we put aside?', options: ['Round', 'Square', 'Cat eye', 'Pilot', 'Surprise me'] } });
}
