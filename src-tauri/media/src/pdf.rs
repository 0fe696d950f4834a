//! PDF: pages counted, the first one drawn small, locked and broken ones told
//! apart. The file itself goes as it is.
//!
//! Reading runs on a thread with a deadline: a page is a program, and a short
//! file can describe an endless drawing. A page that is not drawn in time gets
//! a blank sheet as its thumbnail, the document is sent all the same.

use std::{borrow::Cow, sync::Arc, time::Duration};

use hayro::{
    PixmapSettings, RenderCache, RenderSettings,
    hayro_interpret::InterpreterSettings,
    hayro_syntax::{DecryptionError, LoadPdfError, Pdf, page::Page},
    render,
    vello_cpu::color::palette::css::WHITE,
};
use image::RgbImage;

use crate::{Prepared, Refusal, SourceFacts, THUMBNAIL_SIDE, contained, picture, sniff::Content};

/// For opening and counting, which is quick even for a thousand pages. A file
/// that takes longer is one that nobody wants on a phone.
const TO_OPEN: Duration = Duration::from_secs(5);
/// For drawing the first page.
const TO_DRAW: Duration = Duration::from_millis(1200);

/// What the reading thread tells, in this order.
enum Told {
    Pages(Result<Pages, Refusal>),
    Thumbnail(Vec<u8>),
}

struct Pages {
    count: u32,
    /// Of the first page, in points.
    width: f32,
    height: f32,
}

/// Without drawing, the thumbnail is a blank sheet.
pub(crate) fn prepare(bytes: Cow<[u8]>, drawn: bool) -> Result<Prepared, Refusal> {
    let broken = || Refusal::broken(Content::Pdf.name());
    if !has_end(&bytes) {
        return Err(broken());
    }
    let bytes = Arc::new(bytes.into_owned());
    let pdf = Arc::clone(&bytes);
    let told = contained::apart(move |sender| {
        // A receiver that is gone has stopped waiting.
        let _ = read(pdf, drawn, |told| sender.send(told).ok());
    });
    let told = told.ok_or_else(broken)?;
    let Ok(Told::Pages(pages)) = told.recv_timeout(TO_OPEN) else { return Err(broken()) };
    let pages = pages?;
    let thumbnail = match told.recv_timeout(TO_DRAW) {
        Ok(Told::Thumbnail(thumbnail)) => thumbnail,
        _ => blank(pages.width, pages.height).ok_or_else(broken)?,
    };
    drop(told);
    let mut facts = SourceFacts::new(Content::Pdf.name(), bytes.len() as u64);
    facts.pages = Some(pages.count);
    let bytes = Arc::try_unwrap(bytes).unwrap_or_else(|shared| shared.as_ref().clone());
    Ok(Prepared::document(Content::Pdf, bytes, facts, thumbnail))
}

/// A PDF ends by saying where its table of contents is. The reader would look
/// for pages without it, but phones may not, so a file that was cut off is
/// refused here.
fn has_end(bytes: &[u8]) -> bool {
    const MARK: &[u8] = b"startxref";
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b'\r' | b'\n' | b' ')).map_or(0, |last| last + 1);
    let tail = bytes.get(end.saturating_sub(2048)..end).unwrap_or_default();
    tail.windows(MARK.len()).any(|window| window == MARK)
}

fn read(bytes: Arc<Vec<u8>>, drawn: bool, tell: impl Fn(Told) -> Option<()>) -> Option<()> {
    let pdf = match Pdf::new(bytes) {
        Ok(pdf) => pdf,
        Err(error) => return tell(Told::Pages(Err(refusal(&error)))),
    };
    let Some(first) = pdf.pages().first() else {
        return tell(Told::Pages(Err(Refusal::broken(Content::Pdf.name()))));
    };
    let (width, height) = first.render_dimensions();
    let count = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
    tell(Told::Pages(Ok(Pages { count, width, height })))?;
    if drawn { tell(Told::Thumbnail(draw(first, width, height)?)) } else { None }
}

fn refusal(error: &LoadPdfError) -> Refusal {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm) => {
            Refusal::Locked
        }
        _ => Refusal::broken(Content::Pdf.name()),
    }
}

fn draw(page: &Page<'_>, width: f32, height: f32) -> Option<Vec<u8>> {
    let (across, down) = sides(width, height);
    let scale = PixmapSettings { x_scale: across as f32 / width, y_scale: down as f32 / height, bg_color: WHITE };
    let drawn = render(page, &RenderCache::new(), &InterpreterSettings::default(), &RenderSettings::default(), &scale);
    let (across, down) = (u32::from(drawn.width()), u32::from(drawn.height()));
    let opaque = drawn.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| pixel.iter().take(3).copied()).collect();
    picture::small_jpeg(&RgbImage::from_raw(across, down, opaque)?)
}

/// The thumbnail of a page with these measures, which come from the file and
/// may be anything.
fn sides(width: f32, height: f32) -> (u32, u32) {
    let longest = width.max(height);
    let scaled = |side: f32| {
        let pixels = (side / longest * THUMBNAIL_SIDE as f32).round();
        // A cast from a float stays within its type, and NaN becomes nought.
        (pixels as u32).clamp(1, THUMBNAIL_SIDE)
    };
    (scaled(width), scaled(height))
}

fn blank(width: f32, height: f32) -> Option<Vec<u8>> {
    let (across, down) = sides(width, height);
    picture::small_jpeg(&RgbImage::from_pixel(across, down, image::Rgb([255; 3])))
}
