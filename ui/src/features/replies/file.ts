// What a person sent, in a few words. Pure.
import type { ReplyFile } from '../../api/client';
import { num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

/** A photo; a voice note 0:12; a document: invoice.pdf. */
export function fileWords({ kind, name, seconds }: ReplyFile): string {
  const what = { photo: m.file_photo, voice: m.file_voice, audio: m.file_audio, film: m.file_film, document: m.file_document, sticker: m.file_sticker, location: m.file_location, contact: m.file_contact }[kind]();
  if (name !== '') return m.file_named({ what, name });
  return seconds === null ? what : `${what} ${playing(seconds)}`;
}

/** What was sent together; empty where nothing was. */
export function filesWords(files: readonly ReplyFile[]): string {
  const [first, ...rest] = files;
  if (first === undefined) return '';
  if (rest.length === 0) return fileWords(first);
  if (files.every(({ kind }) => kind === 'photo')) return m.file_photos({ count: files.length, n: num(files.length) });
  return m.file_and_more({ what: fileWords(first), count: rest.length, n: num(rest.length) });
}

/** 0:12, 1:05:00 */
export function playing(seconds: number): string {
  const rest = (of: number) => String(of % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${rest(seconds)}` : `${Math.floor(minutes / 60)}:${rest(minutes)}:${rest(seconds)}`;
}

/** What it is called when it is saved: without folders, and without the invisible signs that turn an ending around. */
export function fileName({ kind, name, mime }: ReplyFile): string {
  if (kind === 'document' && name !== '') return name.replace(/[\\/:*?"<>|\p{Cc}\p{Cf}]/gu, '_');
  const ending = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'audio/ogg': 'ogg', 'audio/mp4': 'm4a', 'audio/mpeg': 'mp3', 'video/mp4': 'mp4', 'application/pdf': 'pdf' }[mime.split(';')[0]?.trim() ?? ''];
  return ending === undefined ? kind : `${kind}.${ending}`;
}
