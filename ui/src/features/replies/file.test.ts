import { expect, test } from 'vitest';
import type { ReplyFile } from '../../api/client';
import { fileName, filesWords, fileWords, playing } from './file';

const file = (edit: Partial<ReplyFile>): ReplyFile => ({ nr: 0, kind: 'photo', name: '', mime: '', seconds: null, size: null, fetchable: true, fetched: false, ...edit });

test('what was sent is said in a few words', () => {
  expect(fileWords(file({}))).toBe('A photo');
  expect(fileWords(file({ kind: 'voice', seconds: 12 }))).toBe('A voice note 0:12');
  expect(fileWords(file({ kind: 'document', name: 'invoice.pdf' }))).toBe('A document: invoice.pdf');
  expect([playing(0), playing(65), playing(3_900)]).toEqual(['0:00', '1:05', '1:05:00']);
});

test('what was sent together is said in one', () => {
  expect(filesWords([])).toBe('');
  expect(filesWords([file({ kind: 'voice', seconds: 12 })])).toBe('A voice note 0:12');
  expect(filesWords([file({}), file({ nr: 1 }), file({ nr: 2 })])).toBe('3 photos');
  expect(filesWords([file({}), file({ nr: 1, kind: 'film', seconds: 5 })])).toBe('A photo and one more');
  expect(filesWords([file({ kind: 'film', seconds: 5 }), file({ nr: 1 }), file({ nr: 2 })])).toBe('A film 0:05 and 2 more');
});

test('a saved file has a name that no folder is in', () => {
  expect(fileName(file({ kind: 'document', name: '../etc/passwd' }))).toBe('.._etc_passwd');
  expect(fileName(file({ kind: 'document', name: 'invoice\u{202e}fdp.exe' }))).toBe('invoice_fdp.exe');
  expect(fileName(file({ kind: 'voice', mime: 'audio/ogg; codecs=opus' }))).toBe('voice.ogg');
  expect(fileName(file({ mime: 'image/x-odd' }))).toBe('photo');
});
