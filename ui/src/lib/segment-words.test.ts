import { expect, test } from 'vitest';
import type { Condition, Filter } from '../api/client';
import { told } from './segment-words';

const tag: Condition = { not: false, test: { kind: 'tag', tag: 'toptan' } };
const quiet: Condition = { not: true, test: { kind: 'contacted', when: { is: 'within', days: 30 } } };
const owes: Condition = { not: true, test: { kind: 'field', field: 'debt', value: { is: 'between', from: '100', to: '900' } } };
const filter = (matching: Filter['matching'], ...conditions: Condition[]): Filter => ({ matching, conditions });
const name = () => 'list.xlsx';

test('a filter is told as a sentence', () => {
  expect(told(filter('all', tag, quiet), name)).toBe('Tag: toptan and Last message to them: not in the last 30 days');
  expect(told(filter('any', tag, owes), name)).toBe('Tag: toptan or not (debt: 100 to 900)');
  expect(told(filter('none', { not: false, test: { kind: 'import', import: 'x' } }), name)).toBe('None of: Brought in or changed by list: list.xlsx');
});
