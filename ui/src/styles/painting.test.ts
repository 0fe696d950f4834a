import { expect, test } from 'vitest';

// The page is painted by the processor: a blur costs more than everything else around the place where somebody types.
const sources = import.meta.glob<string>(['./*.css', '../**/*.svelte'], { query: '?raw', import: 'default', eager: true });

const BLURS = /backdrop-filter:|text-shadow:|filter:[^;}]*(?:blur|drop-shadow)\(/g;
const SHADOWS = /(?:box-shadow|--shadow-\d|--focus[\w-]*):\s*([^;}]+)/g;

/** A shadow's lengths come as they are written: across, down, blur, spread. */
function isBlurred(layer: string): boolean {
  const lengths = layer.replace(/\w[\w-]*\([^)]*\)/g, ' ').match(/(?<![\w.#-])-?\d*\.?\d+(?:px)?(?![\w%])/g) ?? [];
  return parseFloat(lengths[2] ?? '0') > 0;
}

function blurs(source: string): string[] {
  const shadows = [...source.matchAll(SHADOWS)].map((found) => found[1] ?? '');
  return [...source.match(BLURS) ?? [], ...shadows.filter((shadow) => shadow.split(/,(?![^(]*\))/).some(isBlurred))];
}

test('what has to be seen is seen', () => {
  expect(blurs('.a { box-shadow: 0 1px 2px rgb(0 0 0 / .1); }')).toHaveLength(1);
  expect(blurs('--shadow-2: 0 1px 0 rgb(0 0 0 / .3), 0 8px 20px -8px rgb(0 0 0 / .5);')).toHaveLength(1);
  expect(blurs('.a { backdrop-filter: grayscale(1); }')).toHaveLength(1);
  expect(blurs('.a { filter: grayscale(.7) blur(4px); }')).toHaveLength(1);
  expect(blurs('.a { box-shadow: inset 0 0 0 1.5px var(--line), 0 1px 0 -1px rgb(0 0 0 / .1); }')).toEqual([]);
});

test('no style blurs', () => {
  expect(Object.keys(sources).length).toBeGreaterThan(50);
  for (const [name, source] of Object.entries(sources)) expect(blurs(source), name).toEqual([]);
});
