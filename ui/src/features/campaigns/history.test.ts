import { expect, test } from 'vitest';
import { changeEnd, fresh, record, redo, undo } from './history';

test('typing without a rest is one step, a rest or another field begins the next', () => {
  let history = record(fresh<string>(), '', 'text', 0);
  history = record(history, 'a', 'text', 100);
  history = record(history, 'ab', 'text', 200);
  expect(history.past).toEqual(['']);
  history = record(history, 'abc', 'text', 5000);
  history = record(history, 'abcd', 'question', 5100);
  expect(history.past).toEqual(['', 'abc', 'abcd']);
});

test('what has no group is always a step of its own', () => {
  const history = record(record(fresh<string>(), 'a', null, 0), 'b', null, 1);
  expect(history.past).toEqual(['a', 'b']);
});

test('back and forth again ends where it began, and a new change forgets the way forth', () => {
  const history = record(record(fresh<string>(), 'a', null, 0), 'b', null, 1);
  const back = undo(history, 'c');
  expect(back?.present).toBe('b');
  const further = undo(back!.history, back!.present);
  expect(further?.present).toBe('a');
  expect(undo(further!.history, 'a')).toBeNull();
  const forth = redo(further!.history, 'a');
  expect(forth?.present).toBe('b');
  expect(redo(forth!.history, 'b')?.present).toBe('c');
  expect(redo(record(further!.history, 'a', 'text', 9), 'x')).toBeNull();
});

test('typing right after an undo is a step of its own', () => {
  const typed = record(record(fresh<string>(), '', 'text', 0), 'a', 'text', 10);
  const back = undo(typed, 'ab');
  const again = record(back!.history, back!.present, 'text', 20);
  expect(again.past).toEqual(['']);
  expect(undo(again, 'x')?.present).toBe('');
});

test.each([['ab', 'aXb', 2], ['aXb', 'ab', 1], ['', 'abc', 3], ['aa', 'aaa', 3], ['abc', 'abc', 3], ['one two', 'one 2', 5]])('%s → %s: the caret comes to %i', (before, after, at) => {
  expect(changeEnd(before, after)).toBe(at);
});
