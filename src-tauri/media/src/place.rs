//! Whether a file says where it was made, as photos and films of phones do. What goes as it is keeps that.

use heifer::Exif;
use memchr::memmem::{self, Finder};

use crate::{iso, sniff::Content};

/// How XMP names it, in files of every kind.
const XMP: &[u8] = b"GPSLatitude";
/// The place in a film's head: QuickTime's two ways and that of 3GP.
const FILM: [&[u8]; 3] = [b"\xA9xyz", b"location.ISO6709", b"loci"];
/// How Exif begins, wherever it stands.
const EXIF: [&[u8]; 2] = [b"II*\0", b"MM\0*"];

pub(crate) fn is_told(bytes: &[u8], content: Content) -> bool {
    match content {
        Content::Iso(_) => iso::heads(bytes).any(|head| FILM.iter().any(|mark| holds(head, mark)) || holds(head, XMP)),
        Content::Heic | Content::Avif | Content::Picture(_) => {
            holds(bytes, XMP) || EXIF.iter().any(|start| exif(bytes, start))
        }
        _ => false,
    }
}

fn holds(bytes: &[u8], mark: &[u8]) -> bool {
    memmem::find(bytes, mark).is_some()
}

fn exif(bytes: &[u8], start: &[u8]) -> bool {
    let found = Finder::new(start);
    found.find_iter(bytes).filter_map(|at| Exif::parse(bytes.get(at..)?)).any(|exif| exif.has_gps())
}
