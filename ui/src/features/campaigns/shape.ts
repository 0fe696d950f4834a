// Which parts a contact gets, by the rules of the core: one photo takes the text as its caption, more photos come
// first and the text last. The core decides; this follows every key in between.
import type { PartPreview } from '../../api/client';
import { CAPTION_LIMIT, TEXT_LIMIT } from './whatsapp';

export type Kind = PartPreview['kind'];
export type Shape = { kinds: Kind[]; caption: boolean; limit: number };

export function shapeOf(images: number, length: number, splitLongCaption: boolean): Shape {
  const caption = images === 1 && length > 0 && !(splitLongCaption && length > CAPTION_LIMIT);
  const photos = Array.from({ length: images }, (): Kind => 'image');
  const kinds = caption || length === 0 ? photos : [...photos, 'text' as const];
  return { kinds, caption, limit: caption ? CAPTION_LIMIT : TEXT_LIMIT };
}

export type Mood = 'calm' | 'near' | 'over';

/** Near from nine tenths of the limit. */
export function moodOf(length: number, limit: number): Mood {
  return length > limit ? 'over' : length >= limit * 0.9 ? 'near' : 'calm';
}
