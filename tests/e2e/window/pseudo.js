// The words of Ulak on this screen become those of a language that nobody speaks: accented, longer by 40 %, and from right
// to left. What is no word of Ulak's, as names and texts of the owner, stays. Asked again, it changes what is new.
// Before it stands `words`.
const spoken = new Set(words);
const accents = { a: 'á', b: 'ḃ', c: 'ç', d: 'ď', e: 'é', f: 'ḟ', g: 'ğ', h: 'ĥ', i: 'í', j: 'ĵ', k: 'ķ', l: 'ļ', m: 'ṁ', n: 'ñ', o: 'ö', p: 'ṗ', q: 'ʠ', r: 'ŕ', s: 'š', t: 'ţ', u: 'ü', v: 'ṽ', w: 'ŵ', x: 'ẋ', y: 'ý', z: 'ž' };
const accented = (letter) => {
  const low = letter.toLowerCase();
  const other = accents[low] ?? low;
  return low === letter ? other : other.toUpperCase();
};

let owed = 0;
/** Every vowel twice, and the last letter, until it is as long as it has to be; what a word cannot take, the next one does. */
function longer(word) {
  owed += word.length * 0.4;
  let said = '';
  [...word].forEach((letter, index) => {
    said += accented(letter);
    if (owed >= 1 && (/[aeiouy]/i.test(letter) || index === word.length - 1)) {
      said += accented(letter.toLowerCase());
      owed -= 1;
    }
  });
  return said;
}

document.documentElement.dir = 'rtl';
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const node = walk.currentNode;
  if (node.parentElement.closest('script, style, textarea, [contenteditable], .editor__paint')) continue;
  const said = node.data.replace(/\p{L}[\p{L}'’-]*/gu, (word) => (spoken.has(word.toLowerCase()) ? longer(word) : word));
  if (said !== node.data) node.data = said;
}
return null;
