// A photo as large as the phone on screen needs it. The page keeps what it shows unpacked, so a whole photo would take
// it eight megabytes.
import { api } from '../../api/client';

/** In pixels: the phone's width on a sharp screen. */
const WIDEST = 640;

/** Null where there is none. */
export async function phonePicture(id: string): Promise<string | null> {
  const whole = await api.mediaPicture(id).catch(() => null);
  // What cannot be drawn smaller is shown as it is.
  return whole === null ? null : smaller(whole).catch(() => whole);
}

async function smaller(whole: string): Promise<string> {
  const file = blobOf(whole);
  const picture = await createImageBitmap(file);
  const scale = WIDEST / picture.width;
  if (scale >= 1) return whole;
  const canvas = document.createElement('canvas');
  canvas.width = WIDEST;
  canvas.height = Math.round(picture.height * scale);
  const drawing = canvas.getContext('2d');
  if (drawing === null) return whole;
  drawing.imageSmoothingQuality = 'high';
  drawing.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas.toDataURL(file.type, .85);
}

function blobOf(dataUrl: string): Blob {
  const [head = '', content = ''] = dataUrl.split(',');
  return new Blob([Uint8Array.fromBase64(content)], { type: /^data:([^;]*)/.exec(head)?.[1] ?? '' });
}
