//! PDF: pages counted, the first one drawn small, locked and broken ones told
//! apart. The file itself goes as it is.
//!
//! Reading runs on a thread of its own, with a limit of the processor's time: a
//! page is a program, and a short file can describe an endless drawing. A page
//! that takes too much gets a blank sheet as its thumbnail, the document is
//! sent all the same.

use std::{borrow::Cow, sync::Arc, time::Duration};

use hayro::{
    PixmapSettings, RenderCache, RenderSettings,
    hayro_interpret::InterpreterSettings,
    hayro_syntax::{
        DecryptionError, LoadPdfError, Pdf,
        object::{Array, Dict, Name, ObjectIdentifier},
        page::Page,
    },
    render,
    vello_cpu::color::palette::css::WHITE,
};
use image::RgbImage;
use memchr::memmem;

use crate::{
    Prepared, Refusal, SourceFacts, THUMBNAIL_SIDE,
    contained::{self, Untold},
    picture,
    sniff::Content,
};

/// For opening and counting, which is quick even for a thousand pages. A file
/// that takes more of the processor's time is one that nobody wants on a phone.
const TO_OPEN: Duration = Duration::from_secs(5);
/// For drawing the first page, likewise.
const TO_DRAW: Duration = Duration::from_millis(1500);

/// Kids in a tree of pages: more is no document, but a tree whose branches meet again.
const MOST_STEPS: u32 = 100_000;

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
    let pages = match contained::told(&told, TO_OPEN) {
        Ok(Told::Pages(pages)) => pages?,
        Ok(Told::Thumbnail(_)) | Err(Untold::Ended) => return Err(broken()),
        Err(Untold::TooMuch) => return Err(Refusal::Stopped),
        Err(Untold::Late) => return Err(Refusal::Busy),
    };
    let thumbnail = match contained::told(&told, TO_DRAW) {
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
/// refused here. What mail programs put behind the end is no part of it, unless
/// there are objects, as of a newer version whose end is missing.
fn has_end(bytes: &[u8]) -> bool {
    const MARK: &[u8] = b"startxref";
    let Some(mark) = bytes.windows(MARK.len()).rposition(|window| window == MARK) else { return false };
    !has_object(bytes.get(mark..).unwrap_or_default())
}

/// Whether an object begins here: its number, its version, and the word, as in "12 0 obj". Words of mails hold it too.
fn has_object(bytes: &[u8]) -> bool {
    const OBJECT: &[u8] = b" obj";
    memmem::find_iter(bytes, OBJECT).any(|at| {
        let before = bytes.get(..at).and_then(<[u8]>::last);
        let behind = bytes.get(at + OBJECT.len());
        before.is_some_and(u8::is_ascii_digit) && !behind.is_some_and(u8::is_ascii_alphanumeric)
    })
}

fn read(bytes: Arc<Vec<u8>>, drawn: bool, tell: impl Fn(Told) -> Option<()>) -> Option<()> {
    let pdf = Pdf::new(Arc::clone(&bytes)).or_else(|error| match error {
        LoadPdfError::Decryption(_) => Pdf::new(Arc::new(without_locked_attachments(&bytes).ok_or(error)?)),
        LoadPdfError::Invalid => Err(error),
    });
    let pdf = match pdf {
        Ok(pdf) => pdf,
        Err(error) => return tell(Told::Pages(Err(refusal(&error)))),
    };
    let Some(first) = pdf.pages().first() else {
        return tell(Told::Pages(Err(Refusal::broken(Content::Pdf.name()))));
    };
    let (width, height) = first.render_dimensions();
    let count = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX).max(counted(&pdf));
    tell(Told::Pages(Ok(Pages { count, width, height })))?;
    if drawn { tell(Told::Thumbnail(draw(first, width, height)?)) } else { None }
}

/// As readers count: a page that stands in the tree twice is two, which the library takes for one.
fn counted(pdf: &Pdf) -> u32 {
    let catalogue = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let tree = catalogue.and_then(|catalogue| catalogue.get::<Dict<'_>>(b"Pages"));
    let (mut pages, mut steps) = (0, 0);
    if let Some(tree) = tree {
        count(&tree, &mut vec![], &mut pages, &mut steps);
    }
    if steps > MOST_STEPS { 0 } else { pages }
}

/// `above` are the branches between this one and the root; one of them as its own kid is a circle.
fn count(branch: &Dict<'_>, above: &mut Vec<ObjectIdentifier>, pages: &mut u32, steps: &mut u32) {
    const DEEPEST: usize = 64;
    let Some(kids) = branch.get::<Array<'_>>(b"Kids").filter(|_| above.len() < DEEPEST) else { return };
    let own = branch.obj_id();
    above.extend(own);
    for kid in kids.iter::<Dict<'_>>() {
        *steps += 1;
        if *steps > MOST_STEPS {
            break;
        }
        let is_branch = kid.get::<Name<'_>>(b"Type").is_some_and(|kind| kind.as_str() == "Pages");
        if !is_branch {
            *pages += 1;
        } else if !kid.obj_id().is_some_and(|id| above.contains(&id)) {
            count(&kid, above, pages, steps);
        }
    }
    if own.is_some() {
        above.pop();
    }
}

/// The same document without the word that it is encrypted, where that holds for its attachments alone.
fn without_locked_attachments(bytes: &[u8]) -> Option<Vec<u8>> {
    const ENCRYPT: &[u8] = b"/Encrypt";
    /// Further than any description of how a document is encrypted.
    const NEAR: usize = 2_000;
    const HANDLER: &[u8] = b"/Standard";
    let handler = bytes.windows(HANDLER.len()).rposition(|window| window == HANDLER)?;
    let near = bytes.get(handler.saturating_sub(NEAR)..bytes.len().min(handler + NEAR))?;
    let near: Vec<u8> = near.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let says = |words: &[u8]| near.windows(words.len()).any(|window| window == words);
    let open = |kind: &[u8]| !says(kind) || says(&[kind, b"/Identity"].concat());
    if !says(b"/EFF") || !open(b"/StmF") || !open(b"/StrF") {
        return None;
    }
    let mut plain = bytes.to_vec();
    while let Some(at) = plain.windows(ENCRYPT.len()).position(|window| window == ENCRYPT) {
        plain.get_mut(at..at + ENCRYPT.len())?.copy_from_slice(b"/Ignored");
    }
    Some(plain)
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
