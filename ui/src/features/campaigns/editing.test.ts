import { expect, test } from 'vitest';
import { offersAt, toggleMark, type Edit } from './editing';

const apply = (text: string, edit: Edit) => ({ text: text.slice(0, edit.from) + edit.text + text.slice(edit.to), chosen: (text.slice(0, edit.from) + edit.text + text.slice(edit.to)).slice(...edit.select) });

test('marks go around the words and not around the blanks', () => {
  expect(apply('our new frames', toggleMark('our new frames', 3, 8, '*'))).toEqual({ text: 'our *new* frames', chosen: 'new' });
});

test('the same button takes them away again', () => {
  expect(apply('our *new* frames', toggleMark('our *new* frames', 5, 8, '*'))).toEqual({ text: 'our new frames', chosen: 'new' });
  expect(apply('our *new* frames', toggleMark('our *new* frames', 4, 9, '*'))).toEqual({ text: 'our new frames', chosen: 'new' });
});

test('every line gets its own marks, but monospace spans lines', () => {
  expect(apply('one\n\n two', toggleMark('one\n\n two', 0, 9, '_')).text).toBe('_one_\n\n _two_');
  expect(apply('one\ntwo', toggleMark('one\ntwo', 0, 7, '```')).text).toBe('```one\ntwo```');
});

test('without a selection the caret lands between the marks', () => {
  expect(toggleMark('ab', 1, 1, '~')).toEqual({ from: 1, to: 1, text: '~~', select: [2, 2] });
});

const names = ['name', 'city', 'last_city'];
const offered = (text: string) => offersAt(text, text.length, names, 'name', 'dear customer');

test('behind open brackets the variables are offered, a name with and without a fallback', () => {
  expect(offered('Hi {{ na')).toEqual({ from: 3, offers: [{ name: 'name', fallback: '' }, { name: 'name', fallback: 'dear customer' }] });
  expect(offered('{{CI')?.offers.map((one) => one.name)).toEqual(['city', 'last_city']);
  expect(offered('{{')?.offers).toHaveLength(4);
});

test('behind the bar the fallback is offered, for the name alone', () => {
  expect(offered('Hi {{name|De')).toEqual({ from: 3, offers: [{ name: 'name', fallback: 'dear customer' }] });
  expect(offered('Hi {{name|Sir')).toBeNull();
  expect(offered('Hi {{city|')).toBeNull();
});

test('nothing is offered where no variable is being written', () => {
  for (const text of ['Hi {{name}}', 'Hi {name', '{{a\nb', 'Hi', '{{zz']) expect(offered(text)).toBeNull();
});
