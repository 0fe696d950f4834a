import { expect, test } from 'vitest';
import { fit, folded, marked } from './fold';

test('letters are found however they are typed', () => {
  expect(folded('IŞIK, İyi  ığdır!')).toBe('isik iyi igdir');
  expect(fit('Işıl Hanım', 'isil')).toBe(0);
  expect(fit('Lens Evi, Işıl Hanım', 'isi len')).toBe(1);
  expect(fit('Kişiler', 'iler')).toBeNull();
  expect(fit('Ayarlar', '')).toBe(0);
});

test('what was sought is marked, in its own letters', () => {
  expect(marked('Sonbahar lens kontrolü', 'lens')).toEqual([{ text: 'Sonbahar ', hit: false }, { text: 'lens', hit: true }, { text: ' kontrolü', hit: false }]);
  expect(marked('Işıl İşler', 'is')).toEqual([{ text: 'Iş', hit: true }, { text: 'ıl ', hit: false }, { text: 'İş', hit: true }, { text: 'ler', hit: false }]);
  expect(marked('<b>Lens</b>', 'lens').map((piece) => piece.text).join('')).toBe('<b>Lens</b>');
  expect(marked('Ayarlar', '')).toEqual([{ text: 'Ayarlar', hit: false }]);
});
