// People to practise with: typed or pasted ones, a line each, and ten made-up ones. Pure.
import type { ContactEdit } from '../../api/client';

export type Typed = { line: string; name: string; phone: string };

/** The digits of a phone with what people write between them, before or behind the name. */
const PHONE = /\(?\+?\d[\d\s().\-/]{5,}\d/;

/** Lines without a phone are told apart: nobody is left out without a word. */
export function typedPeople(text: string): { people: Typed[]; without: string[] } {
  const people: Typed[] = [];
  const without: string[] = [];
  for (const line of text.split(/\r?\n/).map((one) => one.trim()).filter((one) => one !== '')) {
    const phone = PHONE.exec(line)?.[0].trim();
    if (phone === undefined) without.push(line);
    else people.push({ line, phone, name: line.replace(phone, ' ').replace(/[\s,;:\t"–-]+/g, ' ').trim() });
  }
  return { people, without };
}

const names = {
  tr: ['Ayşe Yılmaz', 'Mehmet Demir', 'Zeynep Kaya', 'Ali Çelik', 'Elif Şahin', 'Burak Aydın', 'Fatma Öztürk', 'Can Arslan', 'Selin Doğan', 'Emre Koç'],
  id: ['Dewi Lestari', 'Agus Santoso', 'Siti Rahma', 'Budi Hartono', 'Putri Ayu', 'Joko Susilo', 'Rina Wulandari', 'Andi Pratama', 'Maya Sari', 'Eko Nugroho'],
  en: ['Anna Miller', 'James Reed', 'Olivia Grant', 'Daniel Shaw', 'Emma Clarke', 'Thomas Hale', 'Grace Porter', 'Lucas Ward', 'Sophie Lane', 'Henry Cole'],
} as const;

/** Numbers that nobody has. */
const phoneOf = (country: string, place: number) => (country === 'ID' ? `+62812555010${place}` : `+9053855501${String(place).padStart(2, '0')}`);

/** Ten people, of whom the last has left no consent: so that practice shows what becomes of such a one. */
export function samplePeople(language: keyof typeof names, country: string, tag: string, consent: { source: string; at: number }): ContactEdit[] {
  return names[language].map((name, place) => ({
    id: null, name, phone: phoneOf(country, place), email: '', fields: {}, tags: [tag], consent: place === 9 ? null : { ...consent, note: '' },
  }));
}
