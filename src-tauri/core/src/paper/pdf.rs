//! A paper as a PDF, on A4: first every stroke has its place on a page, then the pages are written.

use std::ops::Range;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};

use super::face::{Faces, Glyph};
use super::{Bar, Block, Figure, Paper, Table, Tint, Value};

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 48.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;
const BOTTOM: f32 = HEIGHT - 64.0;
const GAP: f32 = 20.0;

type Color = (u8, u8, u8);
const INK: Color = (39, 26, 34);
const QUIET: Color = (93, 80, 87);
const LINE: Color = (228, 221, 218);
const TRACK: Color = (248, 246, 244);
const ACCENT: Color = (132, 41, 90);
const READ: Color = (45, 127, 204);
const PLAIN: Color = (133, 119, 127);

#[derive(Debug, thiserror::Error)]
#[error("the document cannot be made: {0}")]
pub struct PdfError(String);

pub fn pdf(paper: &Paper) -> Result<Vec<u8>, PdfError> {
    let faces = Faces::new().ok_or_else(|| PdfError("a font is damaged".to_owned()))?;
    let mut pen = Pen { faces, pages: vec![Vec::new()], y: MARGIN };
    pen.head(paper);
    paper.blocks.iter().for_each(|block| pen.block(block));
    pen.foot(&paper.foot);
    let Pen { faces, pages, .. } = pen;
    let mut document = Document::new();
    let metadata = Metadata::new().title(paper.title.clone()).language(paper.language.clone());
    document.set_metadata(metadata.producer("Ulak".to_owned()));
    for strokes in pages {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| PdfError("a page has no size".to_owned()))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        strokes.iter().for_each(|stroke| stroke.draw(&faces, &mut surface));
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| PdfError(format!("{error:?}")))
}

enum Stroke {
    /// Glyphs of one font, from the baseline.
    Text {
        x: f32,
        y: f32,
        size: f32,
        color: Color,
        text: String,
        glyphs: Vec<(Glyph, Range<usize>)>,
    },
    Rectangle {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        color: Color,
    },
}

impl Stroke {
    fn draw(&self, faces: &Faces, surface: &mut Surface<'_>) {
        match self {
            Self::Text { x, y, size, color, text, glyphs } => {
                let Some(font) = glyphs.first().and_then(|(glyph, _)| faces.font(glyph.source)) else { return };
                let glyph = |(glyph, range): &(Glyph, Range<usize>)| {
                    KrillaGlyph::new(GlyphId::new(glyph.id), glyph.advance, 0.0, 0.0, 0.0, range.clone(), None)
                };
                let glyphs: Vec<KrillaGlyph> = glyphs.iter().map(glyph).collect();
                surface.set_fill(Some(fill(*color)));
                surface.draw_glyphs(Point::from_xy(*x, *y), &glyphs, font, text, *size, false);
            }
            Self::Rectangle { x, y, width, height, color } => {
                let mut path = PathBuilder::new();
                if let Some(rectangle) = Rect::from_xywh(*x, *y, *width, *height) {
                    path.push_rect(rectangle);
                }
                if let Some(path) = path.finish() {
                    surface.set_fill(Some(fill(*color)));
                    surface.draw_path(&path);
                }
            }
        }
    }
}

fn fill((red, green, blue): Color) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), opacity: NormalizedF32::ONE, ..Fill::default() }
}

#[derive(Clone, Copy)]
struct Style {
    size: f32,
    bold: bool,
    color: Color,
}

const BODY: Style = Style { size: 10.0, bold: false, color: INK };
const STRONG: Style = Style { bold: true, ..BODY };
const SMALL: Style = Style { size: 9.0, color: QUIET, ..BODY };
const TITLE: Style = Style { size: 12.0, ..STRONG };

struct Pen {
    faces: Faces,
    pages: Vec<Vec<Stroke>>,
    /// How far down the page is full.
    y: f32,
}

impl Pen {
    fn put(&mut self, stroke: Stroke) {
        if let Some(page) = self.pages.last_mut() {
            page.push(stroke);
        }
    }

    fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        if width > 0.0 {
            self.put(Stroke::Rectangle { x, y, width, height, color });
        }
    }

    /// One line of text from its baseline, cut where it would be wider.
    fn text(&mut self, x: f32, y: f32, style: Style, text: &str, room: f32) -> f32 {
        let shown = self.fitted(style, text, room);
        let (mut at, mut run) = (x, Vec::new());
        let (mut begins, mut start) = (x, 0);
        for (place, c) in shown.char_indices() {
            let glyph = self.faces.glyph(style.bold, c);
            if run.first().is_some_and(|(first, _): &(Glyph, _)| first.source != glyph.source) {
                self.put_run(begins, y, style, shown.get(start..place), std::mem::take(&mut run));
                (begins, start) = (at, place);
            }
            run.push((glyph, place - start..place - start + c.len_utf8()));
            at += glyph.advance * style.size;
        }
        self.put_run(begins, y, style, shown.get(start..), run);
        at
    }

    fn put_run(&mut self, x: f32, y: f32, style: Style, text: Option<&str>, glyphs: Vec<(Glyph, Range<usize>)>) {
        let text = text.unwrap_or_default().to_owned();
        self.put(Stroke::Text { x, y, size: style.size, color: style.color, text, glyphs });
    }

    fn fitted(&mut self, style: Style, text: &str, room: f32) -> String {
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if self.faces.width(style.bold, style.size, &line) <= room {
            return line;
        }
        let mut left = room - self.faces.width(style.bold, style.size, "…");
        let fits = |c: &char| {
            left -= self.faces.glyph(style.bold, *c).advance * style.size;
            left >= 0.0
        };
        let mut cut: String = line.chars().take_while(fits).collect();
        cut.truncate(cut.trim_end().len());
        cut + "…"
    }

    fn text_to(&mut self, end: f32, y: f32, style: Style, text: &str, room: f32) {
        let width = self.faces.width(style.bold, style.size, text).min(room);
        self.text(end - width, y, style, text, room);
    }

    /// Goes to the next page where so much does not fit on this one.
    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    fn head(&mut self, paper: &Paper) {
        let large = Style { size: 20.0, ..STRONG };
        self.rectangle(MARGIN, self.y, 36.0, 4.0, ACCENT);
        self.y += 30.0;
        let room = if paper.stamp.is_some() { INNER - 110.0 } else { INNER };
        let end = self.text(MARGIN, self.y, large, &paper.title, room);
        if let Some(stamp) = &paper.stamp {
            self.text(end + 10.0, self.y, Style { color: ACCENT, ..STRONG }, stamp, 100.0);
        }
        self.y += 17.0;
        self.text(MARGIN, self.y, SMALL, &paper.subtitle, INNER);
        self.y += GAP;
    }

    fn foot(&mut self, words: &str) {
        let count = self.pages.len();
        let mut pages = std::mem::take(&mut self.pages);
        for (number, page) in (1..).zip(pages.iter_mut()) {
            self.pages = vec![std::mem::take(page)];
            let y = HEIGHT - 36.0;
            self.rectangle(MARGIN, y - 14.0, INNER, 0.5, LINE);
            self.text(MARGIN, y, SMALL, words, INNER - 60.0);
            self.text_to(WIDTH - MARGIN, y, SMALL, &format!("{number} / {count}"), 60.0);
            *page = self.pages.pop().unwrap_or_default();
        }
        self.pages = pages;
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Figures(figures) => self.figures(figures),
            Block::Bars { title, note, bars } => self.bars(title, note, bars),
            Block::Hours { title, note, values } => self.hours(title, note, values),
            Block::Table(table) => self.table(table),
        }
        self.y += GAP;
    }

    fn title(&mut self, title: &str, note: &str) {
        self.y += 12.0;
        let end = self.text(MARGIN, self.y, TITLE, title, INNER);
        self.text(end + 10.0, self.y, SMALL, note, (WIDTH - MARGIN - end - 10.0).max(0.0));
        self.y += 8.0;
    }

    fn figures(&mut self, figures: &[Figure]) {
        self.room(48.0);
        let width = INNER / figures.len().max(1) as f32;
        for (place, figure) in figures.iter().enumerate() {
            let x = MARGIN + width * place as f32;
            self.rectangle(x, self.y, width - 8.0, 46.0, TRACK);
            self.text(x + 10.0, self.y + 16.0, SMALL, &figure.label, width - 28.0);
            self.text(x + 10.0, self.y + 36.0, Style { size: 16.0, ..STRONG }, &figure.value.shown, width - 28.0);
        }
        self.y += 46.0;
    }

    fn bars(&mut self, title: &str, note: &str, bars: &[Bar]) {
        const ROW: f32 = 20.0;
        const LABEL: f32 = 110.0;
        const TRACK_WIDTH: f32 = 200.0;
        self.room(28.0 + ROW * bars.len().min(8) as f32);
        self.title(title, note);
        for bar in bars {
            self.room(ROW);
            let (x, base) = (MARGIN + LABEL, self.y + 13.0);
            self.text(MARGIN, base, BODY, &bar.label, LABEL - 8.0);
            self.rectangle(x, self.y + 4.0, TRACK_WIDTH, 11.0, TRACK);
            let color = match bar.tint {
                Tint::Plain => PLAIN,
                Tint::Read => READ,
                Tint::Accent => ACCENT,
            };
            self.rectangle(x, self.y + 4.0, TRACK_WIDTH * f32::from(bar.permille.min(1_000)) / 1_000.0, 11.0, color);
            let end = x + TRACK_WIDTH + 60.0;
            self.text_to(end, base, STRONG, &bar.value.shown, 56.0);
            self.text(end + 10.0, base, SMALL, &bar.note, (WIDTH - MARGIN - end - 10.0).max(0.0));
            self.y += ROW;
        }
    }

    fn hours(&mut self, title: &str, note: &str, values: &[i64]) {
        self.room(80.0);
        self.title(title, note);
        let most = values.iter().copied().max().unwrap_or_default().max(1);
        let width = INNER / values.len().max(1) as f32;
        for (hour, value) in values.iter().enumerate() {
            let x = MARGIN + width * hour as f32;
            let shade = |from: u8, to: u8| {
                let (from, to) = (i64::from(from), i64::from(to));
                u8::try_from(from + (to - from) * value / most).unwrap_or_default()
            };
            let color = (shade(TRACK.0, READ.0), shade(TRACK.1, READ.1), shade(TRACK.2, READ.2));
            self.rectangle(x, self.y, width - 1.5, 24.0, color);
            let style = Style { size: 7.5, color: if value * 2 > most { (255, 255, 255) } else { INK }, ..BODY };
            let shown = if *value == 0 { String::new() } else { value.to_string() };
            let wide = self.faces.width(false, style.size, &shown);
            self.text(x + (width - 1.5 - wide).max(0.0) / 2.0, self.y + 15.0, style, &shown, width);
            self.text(x + 3.0, self.y + 34.0, Style { size: 7.5, ..SMALL }, &format!("{hour:02}"), width);
        }
        self.y += 36.0;
    }

    fn table(&mut self, table: &Table) {
        const ROW: f32 = 18.0;
        self.room(28.0 + ROW * (table.rows.len().min(3) + 1) as f32);
        self.title(&table.title, "");
        self.row(table, &table.columns.iter().map(|column| column.label.clone().into()).collect::<Vec<_>>(), SMALL);
        for row in &table.rows {
            self.room(ROW);
            self.row(table, row, BODY);
        }
        if let Some(together) = &table.together {
            self.room(ROW);
            self.row(table, together, STRONG);
        }
    }

    fn row(&mut self, table: &Table, cells: &[Value], style: Style) {
        const ROW: f32 = 18.0;
        let whole: f32 = table.columns.iter().map(|column| f32::from(column.share)).sum::<f32>().max(1.0);
        let (mut x, base) = (MARGIN, self.y + 13.0);
        for (column, cell) in table.columns.iter().zip(cells) {
            let width = INNER * f32::from(column.share) / whole;
            match column.end {
                true => self.text_to(x + width, base, style, &cell.shown, width - 6.0),
                false => _ = self.text(x, base, style, &cell.shown, width - 6.0),
            }
            x += width;
        }
        self.y += ROW;
        self.rectangle(MARGIN, self.y, INNER, 0.5, LINE);
    }
}
