// Which parts a contact gets, by the rules of the core: a single photo, video or document takes the text as its
// caption; otherwise the files come first and the text last; a poll follows all. The core decides; this follows every
// key in between.
import type { MediaKind, PartKind } from '../../api/client';
import { CAPTION_LIMIT, TEXT_LIMIT } from './whatsapp';

export type Shape = {
  kinds: PartKind[];
  /** The place of the part that carries the text as its caption. */
  captioned: number | null;
  limit: number;
};

export function shapeOf(files: MediaKind[], length: number, splitLongCaption: boolean, poll = false): Shape {
  const carriers = files.flatMap((kind, index) => (takesCaption(kind) ? [index] : []));
  const [only] = carriers;
  const captioned = carriers.length === 1 && only !== undefined && length > 0 && !(splitLongCaption && length > CAPTION_LIMIT) ? only : null;
  const text: PartKind[] = captioned === null && length > 0 ? ['text'] : [];
  return { kinds: [...files, ...text, ...(poll ? ['poll' as const] : [])], captioned, limit: captioned === null ? TEXT_LIMIT : CAPTION_LIMIT };
}

/** Sound carries no caption. */
export function takesCaption(kind: MediaKind): boolean {
  return kind === 'image' || kind === 'video' || kind === 'document';
}

export type Mood = 'calm' | 'near' | 'over';

/** Near from nine tenths of the limit. */
export function moodOf(length: number, limit: number): Mood {
  return length > limit ? 'over' : length >= limit * 0.9 ? 'near' : 'calm';
}
