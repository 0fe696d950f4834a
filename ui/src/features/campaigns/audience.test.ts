import { expect, test } from 'vitest';
import { isAsked, isEmpty, within, without, withoutTurned, withTurned } from './audience';

const everyone = { everyone: true, tags: [] };

test('a group is put in and taken out again', () => {
  const izmir = withTurned(everyone, 'segments', 'izmir');
  expect(izmir).toMatchObject({ everyone: false, tags: [], segments: ['izmir'] });
  expect(isEmpty(within(withTurned(izmir, 'segments', 'izmir')))).toBe(true);
  const but = withoutTurned(everyone, 'tags', 'vip');
  expect(but).toMatchObject({ everyone: true, without: { tags: ['vip'], segments: [], people: [] } });
  expect(isEmpty(without(withoutTurned(but, 'tags', 'vip')))).toBe(true);
});

test('who belongs to it is asked where it names tags or segments', () => {
  expect(isAsked(everyone)).toBe(false);
  expect(isAsked({ ...everyone, people: ['ayse'] })).toBe(false);
  expect(isAsked(withTurned(everyone, 'tags', 'vip'))).toBe(true);
  expect(isAsked(withoutTurned(everyone, 'segments', 'izmir'))).toBe(true);
});
