// Files in the fake: what they would become is told from their names.
import type { MediaItem, MediaWish } from '../client';
import { refuse, type World } from './world';

export function mediaItem(world: World, name: string, wish: MediaWish | null): MediaItem {
  const ending = name.split('.').at(-1)?.toLowerCase() ?? '';
  const blank = { id: world.id('media'), name, width: null, height: null, durationMs: null, pages: null, waveform: null, thumbnail: null, place: false, verdict: { kind: 'fine' } as const };
  if (/^(jpe?g|png|webp|heic|avif)$/.test(ending)) {
    const large = ending !== 'jpg' && ending !== 'jpeg';
    return { ...blank, kind: 'image', verdict: { kind: large ? 'convert' : 'fine' }, width: 1600, height: 1200, bytes: 312_000, sourceBytes: large ? 5_200_000 : 312_000, thumbnail: picture(72, 72) };
  }
  if (/^(mp3|m4a|wav|ogg|opus|flac)$/.test(ending)) {
    if (wish === 'audio') return { ...blank, kind: 'audio', durationMs: 42_000, bytes: 1_900_000, sourceBytes: 1_900_000 };
    return { ...blank, kind: 'voice', verdict: { kind: 'convert' }, durationMs: 42_000, bytes: 200_000, sourceBytes: 1_900_000, waveform: Array.from({ length: 64 }, (_, at) => Math.round(50 + 45 * Math.sin(at * 1.7) * Math.cos(at / 5))) };
  }
  if (ending === 'mov') {
    const reason = { code: 'media.document_video_too_big', message: 'The video is 48 MB; WhatsApp plays up to 16 MB in the chat. It can go as a document, or save a smaller copy and add that.', params: { megabytes: '48', limit: '16' } };
    return { ...blank, kind: 'document', verdict: { kind: 'offer', reason }, place: true, durationMs: 65_000, bytes: 48_000_000, sourceBytes: 48_000_000, thumbnail: picture(72, 72) };
  }
  if (ending === 'mp4' || ending === '3gp') return { ...blank, kind: 'video', width: 1280, height: 720, durationMs: 23_000, bytes: 8_400_000, sourceBytes: 8_400_000, thumbnail: picture(72, 72) };
  if (ending === 'pdf') return { ...blank, kind: 'document', pages: 3, bytes: 420_000, sourceBytes: 420_000, thumbnail: null };
  return refuse('media.unknown_kind', 'Ulak sends JPG, PNG and WEBP pictures.', { found: ending.toUpperCase() || '?' });
}

export function picture(width: number, height: number): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 80 60" preserveAspectRatio="xMidYMid slice"><rect width="80" height="60" fill="#d9c3ce"/><circle cx="26" cy="32" r="14" fill="none" stroke="#84295a" stroke-width="3"/><circle cx="54" cy="32" r="14" fill="none" stroke="#84295a" stroke-width="3"/></svg>`;
  return `data:image/svg+xml;base64,${btoa(svg)}`;
}
