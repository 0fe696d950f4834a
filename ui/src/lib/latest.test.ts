import { expect, test } from 'vitest';
import { latest } from './latest';

const settled = () => new Promise((done) => setTimeout(done));

/** Answers one question at a time, when it is told to. */
function slow() {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const typed = { text: '' };
  const ask = latest(() => { asked.push(typed.text); return new Promise((done) => answers.push(done)); });
  return { asked, answer: async () => { answers.shift()?.(); await settled(); }, type: (text: string) => { typed.text = text; void ask(); } };
}

test('the first key is asked at once, and what was typed since is asked in one', async () => {
  const { asked, answer, type } = slow();
  type('a');
  expect(asked).toEqual(['a']);
  for (const text of ['ay', 'ayş', 'ayşe']) type(text);
  expect(asked).toEqual(['a']);
  await answer();
  expect(asked).toEqual(['a', 'ayşe']);
  await answer();
  expect(asked).toEqual(['a', 'ayşe']);
});

test('a question that failed does not stop the next one', async () => {
  let fails = true;
  const asked: boolean[] = [];
  const ask = latest(async () => { asked.push(fails); if (fails) throw new Error('gone'); });
  await expect(ask()).rejects.toThrow('gone');
  fails = false;
  await ask();
  expect(asked).toEqual([true, false]);
});
