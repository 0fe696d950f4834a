import { expect, test } from 'vitest';
import { samplePeople, typedPeople } from './people';

test.each([
  ['Ayşe Yılmaz, 0538 555 01 42', 'Ayşe Yılmaz', '0538 555 01 42'],
  ['0538 555 01 42\tAyşe Yılmaz', 'Ayşe Yılmaz', '0538 555 01 42'],
  ['Dewi Lestari; +62 812-5550-101', 'Dewi Lestari', '+62 812-5550-101'],
  ['"Kaya, Zeynep",(0538) 555.01.17', 'Kaya Zeynep', '(0538) 555.01.17'],
  ['+905385550108', '', '+905385550108'],
])('%s', (line, name, phone) => {
  expect(typedPeople(line)).toEqual({ people: [{ line, name, phone }], without: [] });
});

test('a line without a phone is told, and blank lines are none', () => {
  expect(typedPeople('\nAyşe\r\n\n12 elma\n0538 555 01 42')).toMatchObject({ people: [{ phone: '0538 555 01 42' }], without: ['Ayşe', '12 elma'] });
});

test.each(['tr', 'id', 'en'] as const)('the sample in %s is ten people with ten numbers, one of them without consent', (language) => {
  for (const country of ['TR', 'ID', 'GB']) {
    const people = samplePeople(language, country, 'x', { source: 'y', at: 1 });
    expect(new Set(people.map((one) => one.phone)).size).toBe(10);
    expect(new Set(people.map((one) => one.name)).size).toBe(10);
    expect(people.filter((one) => one.consent === null)).toHaveLength(1);
    expect(people.every((one) => /^\+(90538555010\d|62812555010\d)$/.test(one.phone))).toBe(true);
  }
});
