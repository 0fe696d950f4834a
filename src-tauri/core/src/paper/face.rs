//! The fonts of a printed page: Figtree in two weights, and for a character that it does not have whatever font of this
//! computer has it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, GlyphId, MetadataProvider};

const REGULAR: &[u8] = include_bytes!("fonts/Figtree-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("fonts/Figtree-SemiBold.ttf");

/// The bytes of a font, and which font of the file it is.
struct Source {
    bytes: Vec<u8>,
    index: u32,
    font: Font,
}

impl Source {
    fn new(bytes: Vec<u8>, index: u32) -> Option<Self> {
        let font = Font::new(bytes.clone().into(), index)?;
        Some(Self { bytes, index, font })
    }

    fn glyph(&self, c: char) -> Option<(GlyphId, f32)> {
        let font = FontRef::from_index(&self.bytes, self.index).ok()?;
        let glyph = font.charmap().map(c)?;
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        Some((glyph, metrics.advance_width(glyph)? / self.font.units_per_em()))
    }
}

/// A glyph of one of the fonts; its advance is of the font's size.
#[derive(Clone, Copy)]
pub struct Glyph {
    pub source: usize,
    pub id: u32,
    pub advance: f32,
}

#[derive(Default)]
pub struct Faces {
    sources: Vec<Source>,
    known: BTreeMap<(bool, char), Glyph>,
}

impl Faces {
    pub fn new() -> Option<Self> {
        let sources = vec![Source::new(REGULAR.to_vec(), 0)?, Source::new(SEMI_BOLD.to_vec(), 0)?];
        Some(Self { sources, known: BTreeMap::new() })
    }

    pub fn font(&self, source: usize) -> Option<Font> {
        self.sources.get(source).map(|source| source.font.clone())
    }

    pub fn glyph(&mut self, bold: bool, c: char) -> Glyph {
        if let Some(glyph) = self.known.get(&(bold, c)) {
            return *glyph;
        }
        let glyph = self.find(bold, c);
        self.known.insert((bold, c), glyph);
        glyph
    }

    pub fn width(&mut self, bold: bool, size: f32, text: &str) -> f32 {
        text.chars().map(|c| self.glyph(bold, c).advance * size).sum()
    }

    fn find(&mut self, bold: bool, c: char) -> Glyph {
        let own = usize::from(bold);
        let others = (2..self.sources.len()).chain([own]).rev();
        if let Some(glyph) = others.into_iter().find_map(|source| self.of(source, c)) {
            return glyph;
        }
        if let Some(glyph) = with(c).and_then(|found| self.add(found, c)) {
            return glyph;
        }
        // What no font has is seen to be missing.
        self.of(own, '?').unwrap_or(Glyph { source: own, id: 0, advance: 0.5 })
    }

    fn of(&self, source: usize, c: char) -> Option<Glyph> {
        let (id, advance) = self.sources.get(source)?.glyph(c)?;
        Some(Glyph { source, id: id.to_u32(), advance })
    }

    fn add(&mut self, found: Source, c: char) -> Option<Glyph> {
        self.sources.push(found);
        self.of(self.sources.len() - 1, c)
    }
}

/// A font of this computer that has the character.
fn with(c: char) -> Option<Source> {
    static SYSTEM: OnceLock<fontdb::Database> = OnceLock::new();
    let system = SYSTEM.get_or_init(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_system_fonts();
        fonts
    });
    let upright = system.faces().filter(|face| face.style == fontdb::Style::Normal);
    upright.into_iter().find_map(|face| {
        let has = |bytes: &[u8], index: u32| {
            let font = FontRef::from_index(bytes, index).ok()?;
            let drawn = font.charmap().map(c)?;
            font.outline_glyphs().get(drawn)?;
            Source::new(bytes.to_vec(), index)
        };
        system.with_face_data(face.id, has).flatten()
    })
}
