// Files of a message: on their way in, and what is said about them.
import type { MediaItem, MediaKind, PartKind } from '../../api/client';
import { bytes, num } from '../../lib/format.svelte';
import { m } from '../../lib/i18n.svelte';

export function kindWord(kind: MediaKind): string {
  return { image: m.media_photo, video: m.media_video, document: m.media_document, voice: m.media_voice, audio: m.media_audio }[kind]();
}

/** A part as the plan of a message names it. */
export function planWord(kind: PartKind, captioned: boolean): string {
  const word = kind === 'text' ? m.composer_plan_text() : kind === 'poll' ? m.choice_poll() : kindWord(kind);
  return captioned ? m.composer_plan_captioned({ part: word }) : word;
}

/** 0:42 */
export function playTime(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** "3 pages, 120 kB": what a phone says of a document. */
export function factsOf(file: Pick<MediaItem, 'bytes' | 'pages'>): string {
  return [file.pages === null ? '' : m.media_pages({ count: file.pages, n: num(file.pages) }), bytes(file.bytes)].filter((fact) => fact !== '').join(', ');
}

/** What the list of files says: kind, length, pages, size before and after, pixels. */
export function allFacts(file: MediaItem): string {
  const size = file.verdict.kind === 'convert' && file.sourceBytes !== file.bytes ? `${bytes(file.sourceBytes)} → ${bytes(file.bytes)}` : bytes(file.bytes);
  const facts = [kindWord(file.kind), file.durationMs === null ? '' : playTime(file.durationMs), file.pages === null ? '' : m.media_pages({ count: file.pages, n: num(file.pages) }), size,
    file.width === null || file.height === null || file.kind === 'document' ? '' : `${num(file.width)} × ${num(file.height)}`];
  return facts.filter((fact) => fact !== '').join(', ');
}

const BARS = 32;
const LOUDEST = 22;

/** The heights of a voice note's bars; without a waveform a quiet line. */
export function wave(waveform: number[] | null): number[] {
  if (!waveform || waveform.length === 0) return Array.from({ length: BARS }, () => 3);
  return Array.from({ length: BARS }, (_, at) => 3 + Math.round(((waveform[Math.floor((at * waveform.length) / BARS)] ?? 0) / 100) * (LOUDEST - 3)));
}

/** The files of the clipboard, where they and not a text were meant. */
export function pastedFiles(clipboard: DataTransfer | null): File[] {
  return clipboard && clipboard.getData('text/plain') === '' ? [...clipboard.files] : [];
}

export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
