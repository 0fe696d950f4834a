// Looking for words as people type them, in any of the three languages.

/** Small letters without accents, the Turkish ı and İ as i, so that "gunes" and "IŞIK" find what they mean. */
export function folded(text: string): string {
  return text.replaceAll('İ', 'i').replaceAll('I', 'i').replaceAll('ı', 'i').toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
}

/** How well a text fits what is sought: 0 where it begins with it, 1 where every word sought begins a word of it; null
 *  where it does not fit. */
export function fit(text: string, sought: string): number | null {
  const [whole, wanted] = [folded(text), folded(sought)];
  if (whole.startsWith(wanted)) return 0;
  const words = whole.split(' ');
  return wanted.split(' ').every((want) => words.some((word) => word.startsWith(want))) ? 1 : null;
}

/** The text in pieces, those that were sought marked. */
export function marked(text: string, sought: string): { text: string; hit: boolean }[] {
  const wanted = folded(sought).split(' ').filter((word) => word !== '');
  const pieces: { text: string; hit: boolean }[] = [];
  const put = (piece: string, hit: boolean) => {
    const last = pieces.at(-1);
    if (last?.hit === hit) last.text += piece;
    else if (piece !== '') pieces.push({ text: piece, hit });
  };
  for (const word of text.split(/(?<=[^\p{L}\p{N}\p{M}])|(?=[^\p{L}\p{N}\p{M}])/u)) {
    const want = wanted.filter((want) => folded(word).startsWith(want)).sort((a, b) => b.length - a.length)[0];
    const letters = [...word];
    const end = want === undefined ? 0 : letters.findIndex((_, at) => folded(letters.slice(0, at + 1).join('')).length >= want.length) + 1;
    put(letters.slice(0, end).join(''), true);
    put(letters.slice(end).join(''), false);
  }
  return pieces;
}
