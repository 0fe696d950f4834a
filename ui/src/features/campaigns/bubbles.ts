// The bubbles of one message as a phone shows them: the files in their order, the text where it goes, the poll last.
import type { LinkCard, MediaItem, PartKind } from '../../api/client';
import type { Shape } from './shape';

export type Bubble = {
  key: string;
  kind: PartKind;
  text: string | null;
  /** Of a photo; a small one until the large one is there. */
  picture?: string | null;
  file?: Pick<MediaItem, 'name' | 'bytes' | 'durationMs' | 'pages' | 'waveform'> | null;
  options?: string[];
  /** What a text shows of its link. */
  link?: LinkCard | null;
};
export type Poll = { question: string; options: string[] };

export function bubblesOf(shape: Shape, files: MediaItem[], text: string, poll: Poll | null, link: LinkCard | null, picture: (file: MediaItem) => string | null): Bubble[] {
  return shape.kinds.map((kind, index) => {
    const file = files[index];
    if (file) return { key: file.id, kind, text: shape.captioned === index ? text : null, picture: kind === 'image' || kind === 'video' || kind === 'document' ? picture(file) : null, file };
    return kind === 'poll' ? { key: 'poll', kind, text: poll?.question ?? '', options: poll?.options ?? [] } : { key: 'text', kind, text, link };
  });
}
