// Keys that work on every screen.

/** Keyboards of Apple have another key where others have Ctrl. */
export const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** What a key asks for on every screen; null where it asks for something else. */
export function shellKey({ key, ctrlKey, metaKey, altKey, target }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'target'>): 'palette' | 'keys' | null {
  if (altKey) return null;
  // On a Mac, Ctrl K deletes to the end of the line.
  if (ctrlKey || metaKey) return key.toLowerCase() === 'k' && (metaKey || !mac) ? 'palette' : null;
  // A question mark that is typed is a question mark.
  return key === '?' && !(target instanceof Element && target.closest('input, textarea, select, [contenteditable]')) ? 'keys' : null;
}
