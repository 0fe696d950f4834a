// People to practise with: typed or pasted ones, a line each, and ten made-up ones. Pure.
import madeUp from '../../../../src-tauri/core/src/contact/made_up.json';
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

/** Their numbers can be dialled: the core leaves them out of every campaign over real numbers. */
const phonesOf = (country: string) => (country === 'ID' ? madeUp.phones.ID : madeUp.phones.TR);

/** Ten people, of whom the last has left no consent: so that practice shows what becomes of such a one. */
export function samplePeople(language: keyof typeof madeUp.names, country: string, tag: string, consent: { source: string; at: number }): ContactEdit[] {
  const phones = phonesOf(country);
  return madeUp.names[language].map((name, place) => ({
    id: null, name, phone: phones[place] ?? '', email: '', fields: {}, tags: [tag], consent: place === 9 ? null : { ...consent, note: '' },
  }));
}
