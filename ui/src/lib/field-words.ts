// Variables by the owner's words: `name` is what is stored, "Ad" is what is seen and may be typed. Pure.
export type FieldWords = { keys: string[]; wordOf: (key: string) => string; keyOf: (word: string) => string | null };

/** What people call the parts that every contact has, in the three languages. */
const aliases: Record<string, string[]> = {
  name: ['name', 'full name', 'ad', 'adı', 'isim', 'ad soyad', 'nama', 'nama lengkap'],
  phone: ['phone', 'telefon', 'tel', 'telepon'],
  email: ['email', 'e-mail', 'eposta', 'e-posta', 'surel'],
};

/** `own` names the parts that every contact has; `labels` are the headers that columns of lists had. No word stands
    for two variables. */
export function fieldWords(fields: string[], labels: Partial<Record<string, string>>, own: Record<'name' | 'phone' | 'email', string>): FieldWords {
  const keys = [...Object.keys(own), ...fields.filter((field) => !(field in own))];
  const words = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const key of keys) {
    const base = clean(own[key as 'name'] ?? labels[key] ?? key.replaceAll('_', ' ')) || key;
    let word = base;
    for (let count = 2; taken.has(folded(word)); count += 1) word = `${base} ${count}`;
    taken.set(folded(word), key);
    words.set(key, word);
  }
  const also = [...fields.map((field) => [field, field] as const), ...Object.entries(aliases).flatMap(([key, list]) => list.map((word) => [word, key] as const))];
  for (const [word, key] of also) if (!taken.has(folded(word))) taken.set(folded(word), key);
  return {
    keys,
    wordOf: (key) => words.get(key) ?? key,
    keyOf: (word) => (words.has(word) ? word : taken.get(folded(word)) ?? null),
  };
}

/** Words are compared without case, marks on letters, spaces and dashes. */
function folded(word: string): string {
  return word.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ı', 'i').toLowerCase().replace(/[\s_-]+/g, '');
}

function clean(word: string): string {
  return word.replace(/[{}|\n]/g, ' ').replace(/\s+/g, ' ').trim();
}
