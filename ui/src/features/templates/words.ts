// Kinds and languages in the owner's words.
import type { Choice, Language, MediaItem, TemplateKind } from '../../api/client';
import { language, m } from '../../lib/i18n.svelte';
import { MOST_BUTTONS, written } from '../campaigns/choice';

export const languages: Language[] = ['tr', 'id', 'en'];

export function kindWord(kind: TemplateKind): string {
  return { text: m.template_kind_text, media: m.template_kind_media, button: m.template_kind_button, list: m.template_kind_list }[kind]();
}

/** As the core tells it: answers make it a button or a list, files a media template. */
export function kindOf({ choice, media }: { choice: Choice | null; media: Pick<MediaItem, 'id'>[] }): TemplateKind {
  const options = written(choice).length;
  if (options > 0) return options <= MOST_BUTTONS ? 'button' : 'list';
  return media.length > 0 ? 'media' : 'text';
}

/** "Turkish", in the language of the window. */
export function languageWord(spoken: Language): string {
  return new Intl.DisplayNames([language.locale], { type: 'language' }).of(spoken) ?? spoken;
}
