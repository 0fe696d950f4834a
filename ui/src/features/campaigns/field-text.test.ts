import { expect, test } from 'vitest';
import { fieldWords } from '../../lib/field-words';
import { asStored, foreignIn, inWords, withOurs } from './field-text';

const turkish = { name: 'Ad', phone: 'Telefon', email: 'E-posta' };
const words = fieldWords(['city', 'son_ödeme', 'şehir'], { 'son_ödeme': 'Son Ödeme', şehir: 'Şehir / İl' }, turkish);

test('a text is seen in the words of the owner and stored as it always was', () => {
  const stored = 'Sayın {{name|müşterimiz}}, {{ city }} {{son_ödeme}} {{şehir}} {{yok}} {{açık';
  expect(inWords(stored, words)).toBe('Sayın {{Ad|müşterimiz}}, {{ city }} {{Son Ödeme}} {{Şehir / İl}} {{yok}} {{açık');
  expect(asStored(inWords(stored, words), words)).toBe(stored);
});

test.each(['Ad', 'AD', 'ad', 'İsim', 'isim', 'Nama', 'NAME', 'name', 'Ad Soyad'])('{{%s}} is the name, whatever language the window speaks', (word) => {
  expect(asStored(`{{${word}}}`, words)).toBe('{{name}}');
});

test('fields are known by their key and their header, whatever their case', () => {
  for (const word of ['son_ödeme', 'Son ödeme', 'SON ÖDEME', 'son odeme']) expect(words.keyOf(word)).toBe('son_ödeme');
  expect(words.keyOf('City')).toBe('city');
  expect(words.keyOf('frame')).toBeNull();
});

test('no word stands for two variables', () => {
  const both = fieldWords(['ad', 'isim'], { ad: 'Ad', isim: 'Ad' }, turkish);
  expect(['name', 'ad', 'isim'].map(both.wordOf)).toEqual(['Ad', 'Ad 2', 'Ad 3']);
  for (const key of both.keys) expect(both.keyOf(both.wordOf(key))).toBe(key);
});

test('a header cannot close the variable', () => {
  const odd = fieldWords(['a'], { a: 'x }} | y' }, turkish);
  expect(asStored(inWords('{{a}}', odd), odd)).toBe('{{a}}');
});

test.each([['Sayın {name},', '{name}', 'name'], ['Halo [nama]', '[nama]', 'name'], ['%50 indirim, %ad%', '%ad%', 'name'], ['Hi {{1}}', '{{1}}', 'name'], ['[City]', '[City]', 'city']])('%s has a sign of another program', (text, found, key) => {
  expect(foreignIn(text, words)).toEqual({ text: found, key });
  expect(withOurs(text, { text: found, key })).toBe(text.replace(found, `{{${key}}}`));
});

test.each(['{{name}}', '{note}', '[1]', '100% pamuk, %50 indirim', '{{2}}', '{{{name}}}'])('%s has none', (text) => {
  expect(foreignIn(text, words)).toBeNull();
});
