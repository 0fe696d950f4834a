import { expect, test } from 'vitest';
import { fields } from '../../lib/fields.svelte';
import { language } from '../../lib/i18n.svelte';
import { causeWord, firstWords } from './campaign-words';

test.each([['too_fast', 'too many requests'], ['refused_503', 'WhatsApp refused it for now (code 503)'], ['rejected_410', 'WhatsApp did not take the message (code 410)'], ['of_a_later_version', 'of_a_later_version']])('%s is said in words', (cause, words) => {
  expect(causeWord(cause)).toBe(words);
});

test('the first words have the fields by the words of their owner', () => {
  language.locale = 'tr';
  fields.take({ fields: ['son_odeme'], labels: { son_odeme: 'Son Ödeme' } });
  expect(firstWords({ firstText: 'Merhaba {{name|müşterimiz}},\nson gün {{son_odeme}}' })).toBe('Merhaba {{Ad|müşterimiz}}, son gün {{Son Ödeme}}');
  language.locale = 'en';
});
