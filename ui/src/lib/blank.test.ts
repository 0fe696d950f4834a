import { describe, expect, it } from 'vitest';
import { isBlank } from './blank';

describe('a text', () => {
  it.each(['', ' \t\n', '\u00a0\u3000', '\u200b\u200c\u200d', '\u2060\ufeff', '\u2800', '\u3164\uffa0', '\u00ad\u034f', '\u202a\u202e\u2066', '\ufe0f', '\u{e0020}', '\u{1d159}\u{16fe4}'])('of which nothing can be seen is blank (%j)', (text) => {
    expect(isBlank(text)).toBe(true);
  });
  it.each(['\u200ba\u200d', '.', '\u2801', '👨‍👩‍👧', '❤️', '\u3131', '\u0301'])('of which something can be seen is not (%j)', (text) => {
    expect(isBlank(text)).toBe(false);
  });
});
