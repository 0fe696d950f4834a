// Writes the data of the emoji picker from Unicode's own: the order and the groups from `emojibase-data`, the names and
// the search words in the three languages from CLDR. The result is kept in the repository, because the window has no
// network and the sources are a hundred times its size. To take a newer Unicode:
//   npm install --no-save emojibase-data@17 cldr-annotations-modern@45 cldr-annotations-derived-modern@45
//   node scripts/emoji.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const read = (path) => JSON.parse(readFileSync(require.resolve(path), 'utf8'));
const folder = new URL('../src/features/campaigns/emoji/', import.meta.url);
const languages = ['en', 'tr', 'id'];
/** Phones of the last years draw these; newer ones would arrive as an empty box. */
const NEWEST = 15;
const SKIN_TONES = 2;

const known = read('emojibase-data/en/data.json').filter((one) => one.group !== undefined && one.group !== SKIN_TONES && one.version <= NEWEST);
known.sort((a, b) => a.group - b.group || a.order - b.order);
const groups = [...new Set(known.map((one) => one.group))].map((group) => known.filter((one) => one.group === group).map((one) => shortest(one.emoji)));
write('signs.json', groups);

for (const language of languages) {
  // The few signs that CLDR does not name in a language (keycaps in Indonesian) keep their English name.
  const said = { ...annotations('en'), ...annotations(language) };
  write(`${language}.json`, groups.map((signs) => signs.map((sign) => words(said[sign] ?? said[sign.replaceAll('\uFE0F', '')], sign, language))));
}

/** Without the selectors that a sign which is an emoji anyway does not need: each would count as a character. */
function shortest(sign) {
  return sign.replace(/(\p{Emoji_Presentation})\uFE0F/gu, '$1');
}

function annotations(language) {
  return {
    ...read(`cldr-annotations-modern/annotations/${language}/annotations.json`).annotations.annotations,
    ...read(`cldr-annotations-derived-modern/annotationsDerived/${language}/annotations.json`).annotationsDerived.annotations,
  };
}

/** "name|other words": what the name has already is not said again. */
function words(said, sign, language) {
  const name = said?.tts?.[0];
  if (!name) throw new Error(`${sign} has no name in ${language}`);
  const inName = new Set(name.split(/[\s:,]+/));
  const more = new Set((said.default ?? []).flatMap((one) => one.split(/\s+/)).filter((word) => !inName.has(word) && word !== '|'));
  return more.size === 0 ? name : `${name}|${[...more].join(' ')}`;
}

function write(name, content) {
  writeFileSync(new URL(name, folder), `${JSON.stringify(content).replaceAll('],[', '],\n[')}\n`);
}
