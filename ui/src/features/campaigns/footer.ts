// The line that says how to opt out, in the language of the text that it is added to.
import type { Language } from '../../api/client';

type Footer = { /** Words of this language that are seldom in another. */ common: RegExp; /** Of the words that opt out, those that its readers know. */ words: string[]; says: (word: string) => string };

const footers: Record<Language, Footer> = {
  tr: { common: /[ğşıİ]|\b(ve|bir|bu|için|ile|çok|sizi|size|merhaba|yeni|bugün)\b/giu, words: ['DUR', 'İPTAL', 'RET'], says: (word) => `Mesaj almak istemiyorsanız ${word} yazın.` },
  id: { common: /\b(dan|yang|untuk|kami|anda|dengan|ini|halo|kak|di|bisa|promo|hari)\b/giu, words: ['BERHENTI'], says: (word) => `Balas ${word} jika tidak ingin menerima pesan lagi.` },
  en: { common: /\b(the|and|you|your|for|with|is|are|we|our|hello|dear|today)\b/giu, words: ['STOP', 'UNSUBSCRIBE'], says: (word) => `Reply ${word} to get no more messages.` },
};

/** The language whose words it has most of; where it has none, the owner's. */
export function languageOf(text: string, otherwise: Language): Language {
  const counts = (Object.keys(footers) as Language[]).map((language) => ({ language, hits: text.match(footers[language].common)?.length ?? 0 }));
  const most = Math.max(...counts.map(({ hits }) => hits));
  return most === 0 ? otherwise : counts.find(({ hits }) => hits === most)?.language ?? otherwise;
}

/** None where the text names one of the words already, or there is no such word. */
export function footerFor(text: string, stopWords: string[], otherwise: Language): string | null {
  const said = new Set(folded(text).split(/[^\p{L}\p{N}]+/u));
  const [first] = stopWords;
  if (text.trim() === '' || first === undefined || stopWords.some((word) => said.has(folded(word)))) return null;
  const { words, says } = footers[languageOf(text, otherwise)];
  return says(words.find((word) => stopWords.includes(word)) ?? first);
}

/** Case and the dots of the Turkish i make no difference. */
function folded(text: string): string {
  return text.toLocaleLowerCase('tr').replaceAll('ı', 'i').normalize('NFKD').replaceAll(/\p{M}/gu, '');
}
