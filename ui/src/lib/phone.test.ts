import { expect, test } from 'vitest';
import { shown } from './phone';

test.each([['+905385550214', '+90 538 555 02 14'], ['+628115550163', '+62 811 5550 163'], ['+6281255501634', '+62 812 5550 1634'], ['+4915155501234', '+4915155501234']])('%s', (plain, grouped) => {
  expect(shown(plain)).toBe(grouped);
});
