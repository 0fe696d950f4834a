import { expect, test } from 'vitest';

const sources = import.meta.glob<string>('../**/*.svelte', { query: '?raw', import: 'default', eager: true });

/** The opening tags of a kind, braces in them and all. */
function tagsOf(source: string, name: string): string[] {
  return source.split(new RegExp(`<${name}(?=\\s)`)).slice(1).map((rest) => {
    let depth = 0;
    const end = [...rest].findIndex((sign) => {
      depth += { '{': 1, '}': -1 }[sign] ?? 0;
      return sign === '>' && depth === 0;
    });
    return rest.slice(0, end);
  });
}

/** The button itself, a grip that is not seen while there is nothing to move, and one with its reason right below it. */
const APART = ['disabled={disabled || busy}', 'file__grip', 'testid="schedule-start"'];

/** The tags of a kind that may be disabled and do not say why. */
function silent(name: string, says: string): string[] {
  return Object.entries(sources).flatMap(([file, source]) => tagsOf(source, name)
    .filter((tag) => /\sdisabled[\s=]/.test(tag) && !tag.includes(says) && !APART.some((one) => tag.includes(one)))
    .map((tag) => `${file}: <${name}${tag}>`));
}

test('a button that cannot be pressed says why', () => {
  expect(Object.keys(sources).length).toBeGreaterThan(100);
  expect(silent('Button', 'why=')).toEqual([]);
  expect(silent('button', 'title=')).toEqual([]);
});
