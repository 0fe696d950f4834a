import { expect, test } from 'vitest';
import { blocks, formatted, whatsappLength, withLinks, type Piece } from './whatsapp';

/** *[b]x* for short: what the recipient sees, each piece with the first letters of its styles. */
function seen(text: string): string {
  return formatted(text).filter((piece) => !piece.mark).map((piece) => {
    const style = (['bold', 'italic', 'strike', 'mono'] as const).filter((name) => piece[name]).map((name) => name[0]).join('');
    return style ? `[${style}]${piece.text}[/]` : piece.text;
  }).join('');
}
const joined = (pieces: Piece[]) => pieces.map((piece) => piece.text).join('');

test.each([
  ['a *bold* word', 'a [b]bold[/] word'],
  ['_it_, ~no~ and ```mono x```', '[i]it[/], [s]no[/] and [m]mono x[/]'],
  ['`code`', '[m]code[/]'],
  ['*_both_ and bold*', '[bi]both[/][b] and bold[/]'],
  ['2*3*4 is 24', '2*3*4 is 24'],
  ['* no *', '* no *'],
  ['*never closed', '*never closed'],
  ['*not over\na line*', '*not over\na line*'],
  ['```over\nlines```', '[m]over\nlines[/]'],
  ['``````', '``````'],
  ['snake_case_name', 'snake_case_name'],
  ['*{{first_name}}*', '[b]{{first_name}}[/]'],
  ['({*a*})!', '({[b]a[/]})!'],
  ['https://lale.example/_yeni_/a*b*c', 'https://lale.example/_yeni_/a*b*c'],
  ['*https://lale.example/yeni*', '[b]https://lale.example/yeni[/]'],
  ['**', '**'],
  ['', ''],
])('%s', (text, expected) => {
  expect(seen(text)).toBe(expected);
  expect(joined(formatted(text))).toBe(text);
});

test('an emoji counts as WhatsApp counts it', () => {
  expect(whatsappLength('👓')).toBe(2);
  expect(whatsappLength('ğ')).toBe(1);
  expect(whatsappLength(`${'a'.repeat(1022)}👓`)).toBe(1024);
});

test.each([
  ['see https://lale.example/yeni?a=1, please', ['https://lale.example/yeni?a=1']], ['www.lale.example.', ['www.lale.example']], ['no link: lale.example', []], ['(http://a.example/b)', ['http://a.example/b']],
  ['Lale.com.tr.', ['Lale.com.tr']], ['*lale.com.tr’de* bekliyoruz', ['lale.com.tr']], ['toko-lale.co.id/promo?a=1, ya', ['toko-lale.co.id/promo?a=1']], ['_lale.com_', ['lale.com']],
  ['ayse@lale.com', []], ['com.tr değil .com', ['com.tr']], ['bitti.Tamam', []], ['1.500 TL', []], ['lale_optik.com', []], ['lale.com_x', []],
])('links are noticed in %s', (text, links) => {
  const pieces = withLinks(text);
  expect(pieces.filter((piece) => piece.link).map((piece) => piece.text)).toEqual(links);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
});

// As WhatsApp's help names them: an asterisk, a hyphen, a number with a dot or > and a space, at the beginning of a line.
test('quotes and lists are read line by line, not inside of code', () => {
  expect(blocks('Merhaba\n> dün\n* çay\n- kahve\n12. su\nson')).toEqual([
    { kind: 'text', head: '', text: 'Merhaba' }, { kind: 'quote', head: '', text: 'dün' }, { kind: 'item', head: '•', text: 'çay' },
    { kind: 'item', head: '•', text: 'kahve' }, { kind: 'item', head: '12.', text: 'su' }, { kind: 'text', head: '', text: 'son' },
  ]);
  expect(blocks('```\n- a\n```\n- b').map((block) => block.kind)).toEqual(['text', 'item']);
  expect(blocks('```\n- a').map((block) => block.kind)).toEqual(['text', 'item']);
  for (const none of ['*bold* word', '-5', '- ', '1.5 kg', '>', 'a\n\nb']) expect(blocks(none)).toEqual([{ kind: 'text', head: '', text: none }]);
});
