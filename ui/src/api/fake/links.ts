// Links of the fake core: pages that nobody looks at.
import { withLinks } from '../../features/campaigns/whatsapp';
import type { Link, LinkCard } from '../client';
import { picture } from './files';
import { refuse } from './world';

export function linkOf(text: string): Link | null {
  const varied = /(?:https?:\/\/|www\.)\S*\{\{\S*/iu.exec(text)?.[0];
  const link = varied ?? withLinks(text).find((piece) => piece.link)?.text;
  return link === undefined ? null : { text: link, host: link.replace(/^https?:\/\//iu, '').split(/[/?#:]/)[0] ?? '', varies: varied !== undefined };
}

export function lookedAt(text: string): LinkCard {
  const link = linkOf(text) ?? refuse('link_preview.no_link', 'There is no link in the text.');
  if (link.host.startsWith('nothing.')) refuse('link_preview.unreachable', 'It could not be reached.', { host: link.host });
  return { link: link.text, host: link.host, title: 'Lale Optik: new season frames', description: 'Round, square and cat eye, with lenses on the same day. Come and try them on.', thumbnail: picture(320, 240) };
}
