import { expect, test } from 'vitest';
import { toggleMark, variableBeingWritten, type Edit } from './editing';

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

test('a variable is being written behind open brackets', () => {
  expect(variableBeingWritten('Hi {{ na', 8)).toEqual({ from: 3, typed: 'na' });
  expect(variableBeingWritten('Hi {{name}}', 11)).toBeNull();
  expect(variableBeingWritten('Hi {{name|x', 11)).toBeNull();
});
