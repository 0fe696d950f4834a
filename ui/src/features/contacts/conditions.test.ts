import { expect, test } from 'vitest';
import { compared, fresh, howOf, hows, kinds, kindsFor, retyped } from './conditions';

const known = { tags: ['vip'], fields: ['city'], imports: ['list'] };

test('every way to compare is read back as it was chosen', () => {
  for (const kind of kinds) {
    for (const how of hows(kind)) expect(howOf(compared(fresh(kind, known), how, '2026-11-12'))).toBe(how);
  }
});

test('what was typed outlives another comparison', () => {
  const city = fresh('field', known);
  if (city.test.kind !== 'field') throw new Error();
  const typed = { ...city, test: { ...city.test, value: retyped(city.test.value, 'İzmir') } };
  const contains = compared(typed, 'notContains', '2026-11-12');
  expect(contains).toEqual({ not: true, test: { kind: 'field', field: 'city', value: { is: 'contains', text: 'İzmir' } } });
  expect(compared(contains, 'between', '2026-11-12').test).toEqual({ kind: 'field', field: 'city', value: { is: 'between', from: 'İzmir', to: '' } });
  expect(compared(fresh('answered', known), 'before', '2026-11-12').test).toEqual({ kind: 'answered', when: { is: 'before', day: '2026-11-12' } });
});

test('what nobody has is not offered', () => {
  expect(kindsFor({ tags: [], fields: ['city'], imports: [] })).toEqual(['field', 'standing', 'consent', 'contacted', 'answered', 'onWhatsapp', 'language']);
});
