// Files on their way into a draft.

/** Whether the clipboard holds a picture and no text that was meant instead. */
export function pastedPictures(clipboard: DataTransfer | null): File[] {
  if (!clipboard || clipboard.getData('text/plain') !== '') return [];
  return [...clipboard.files].filter((file) => file.type.startsWith('image/'));
}

export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
