import { expect, test } from 'vitest';
import { fill, mask, segments, withFallback } from './variables';

const elif = (name: string) => ({ name: 'Elif', city: '  ' })[name];

test('fills what is known, takes the fallback, and names what is missing', () => {
  expect(fill('Sayın {{ name }}, {{city|İzmir}} {{frame}} {{frame}}', elif)).toMatchObject({ text: 'Sayın Elif, İzmir {{frame}} {{frame}}', missing: ['frame'] });
});

test('an empty fallback is none', () => {
  expect(fill('{{city|}}', elif).missing).toEqual(['city']);
});

test('what is not closed or has no name is broken, and nothing is lost', () => {
  expect(segments('Hi {{name and {{city}}').map((one) => one.kind)).toEqual(['text', 'broken', 'variable']);
  expect(segments('{{ }}').map((one) => one.kind)).toEqual(['broken']);
  for (const text of ['Hi {{name and {{city}}', 'x {{a\nb', '}} {', '{{{a}}}', '']) expect(segments(text).map((one) => one.text).join('')).toBe(text);
});

test('a fallback goes to every use and cannot close the variable', () => {
  expect(withFallback('{{frame}}, {{ frame | old }} {{name}}', 'frame', 'your }}pair| ')).toBe('{{frame|your pair}}, {{frame|your pair}} {{name}}');
});

test('masking keeps every position', () => {
  const text = 'a {{b_c}} d';
  expect(mask(text)).toHaveLength(text.length);
  expect(mask(text)).not.toContain('_');
});
