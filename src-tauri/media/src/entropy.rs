//! How far down the coded pixels of a JPEG reach (ITU-T T.81, annexes B, F and G).
//!
//! Nothing is decoded: each code is looked up, and the bits behind it are skipped. Decoders make up what is not there,
//! each in its way, and most say nothing of it where an end mark follows. What comes in rounds is judged by its first
//! one, because the others only make it sharper.

use crate::jpeg::{next_marker, split_body, split_pixels};

const SCAN: u8 = 0xDA;
const END: u8 = 0xD9;
const CODES: u8 = 0xC4;
const RESTART: u8 = 0xDD;
/// Along each side of a block.
const BLOCK: usize = 8;

/// How many rows of pixels there are data for, of a file from its start to its end mark. `None` where that cannot be
/// told: a code that there is not, or a kind of file that is not known.
pub(crate) fn rows(complete: &[u8]) -> Option<u32> {
    let mut rest = complete.get(2..)?;
    let mut picture: Option<Picture> = None;
    let mut tables = Tables::default();
    let mut reached: Vec<Option<usize>> = Vec::new();
    loop {
        let (marker, after) = next_marker(rest)?;
        if marker == END {
            break;
        }
        if matches!(marker, 0x01 | 0xD0..=0xD8) {
            rest = after;
            continue;
        }
        let (body, after) = split_body(after)?;
        rest = after;
        match marker {
            CODES => tables.read(body.get(2..)?)?,
            RESTART => tables.interval = usize::from(u16::from_be_bytes(*body.get(2..)?.first_chunk()?)),
            0xC0..=0xC2 => {
                let found = Picture::read(body, marker == 0xC2)?;
                reached = vec![None; found.channels.len()];
                picture = Some(found);
            }
            SCAN => {
                let (pixels, after) = split_pixels(rest)?;
                rest = after;
                let picture = picture.as_ref()?;
                let Some(scan) = Scan::read(body, picture)? else { continue };
                let rows = scan.rows(picture, &tables, pixels)?;
                for (channel, _) in &scan.channels {
                    *reached.get_mut(*channel)? = Some(rows);
                }
            }
            _ => {}
        }
    }
    // A channel that did not come at all is missing from the first row on.
    let rows = reached.into_iter().map(Option::unwrap_or_default).min()?;
    u32::try_from(rows).ok()
}

struct Picture {
    width: usize,
    height: usize,
    progressive: bool,
    channels: Vec<Channel>,
}

/// Its name, and how many blocks it has across and down in each unit of all channels.
struct Channel {
    id: u8,
    across: usize,
    down: usize,
}

impl Picture {
    fn read(body: &[u8], progressive: bool) -> Option<Self> {
        let side = |at: usize| Some(usize::from(u16::from_be_bytes(*body.get(at..)?.first_chunk()?)));
        let channels = body.get(8..)?.as_chunks::<3>().0.iter().take(usize::from(*body.get(7)?));
        let channels = channels.map(|[id, sides, _]| Channel {
            id: *id,
            across: usize::from(sides >> 4).max(1),
            down: usize::from(sides & 15).max(1),
        });
        Some(Self { height: side(3)?, width: side(5)?, progressive, channels: channels.collect() })
    }

    /// The most blocks that a channel has across and down.
    fn most(&self) -> (usize, usize) {
        let across = self.channels.iter().map(|channel| channel.across).max().unwrap_or(1);
        (across, self.channels.iter().map(|channel| channel.down).max().unwrap_or(1))
    }
}

/// One round over some channels: the place of each in the picture, and its two tables.
struct Scan {
    channels: Vec<(usize, (usize, usize))>,
}

impl Scan {
    /// `Some(None)` for a round that only makes it sharper.
    fn read(body: &[u8], picture: &Picture) -> Option<Option<Self>> {
        let count = usize::from(*body.get(2)?);
        let named = body.get(3..)?.as_chunks::<2>().0.get(..count)?;
        let [first, _, again] = *body.get(3 + 2 * count..)?.first_chunk()?;
        if picture.progressive && (first > 0 || again >> 4 > 0) {
            return Some(None);
        }
        let place = |id: u8| picture.channels.iter().position(|channel| channel.id == id);
        let channels = named.iter().map(|[id, by]| Some((place(*id)?, (usize::from(by >> 4), usize::from(by & 15)))));
        Some(Some(Self { channels: channels.collect::<Option<_>>()? }))
    }

    fn rows(&self, picture: &Picture, tables: &Tables, pixels: &[u8]) -> Option<usize> {
        let (across, down) = picture.most();
        let mut blocks = Vec::new();
        for (place, (steady, changing)) in &self.channels {
            let channel = picture.channels.get(*place)?;
            let changing = if picture.progressive { None } else { Some(tables.changing.get(*changing)?.as_ref()?) };
            let each = if self.channels.len() == 1 { 1 } else { channel.across * channel.down };
            blocks.push((each, tables.steady.get(*steady)?.as_ref()?, changing));
        }
        // Alone, a channel comes block by block, without those that only fill up a unit.
        let (columns, lines, high) = match self.channels.as_slice() {
            [(alone, _)] => {
                let channel = picture.channels.get(*alone)?;
                let side = |side: usize, own: usize, most: usize| (side * own).div_ceil(most).div_ceil(BLOCK);
                let (wide, tall) =
                    (side(picture.width, channel.across, across), side(picture.height, channel.down, down));
                (wide, tall, BLOCK * down / channel.down)
            }
            _ => (picture.width.div_ceil(BLOCK * across), picture.height.div_ceil(BLOCK * down), BLOCK * down),
        };
        let all = columns * lines;
        let there = units(pixels, tables.interval, all, |bits| {
            blocks
                .iter()
                .try_for_each(|(each, steady, changing)| (0..*each).try_for_each(|_| block(bits, steady, *changing)))
        })?;
        Some(if there == all { picture.height } else { (there / columns.max(1) * high).min(picture.height) })
    }
}

/// How many of `all` units there are data for. What is lost between two marks of restart is lost there alone.
fn units(
    mut pixels: &[u8],
    interval: usize,
    all: usize,
    mut unit: impl FnMut(&mut Bits<'_>) -> Result<(), Stop>,
) -> Option<usize> {
    let mut there = 0;
    while there < all {
        let (part, after) = split_restart(pixels);
        let most = if interval == 0 { all } else { interval.min(all - there) };
        let mut bits = Bits { bytes: part, held: 0, count: 0 };
        let mut read = 0;
        while read < most {
            match unit(&mut bits) {
                Ok(()) => read += 1,
                Err(Stop::Out) => break,
                Err(Stop::Bad) => return None,
            }
        }
        let Some(after) = after else { return Some(there + read) };
        there += most;
        pixels = after;
    }
    Some(there)
}

/// What stands before the next mark of restart, and what behind it.
fn split_restart(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut marks = memchr::memchr_iter(0xFF, bytes);
    let found = marks.find(|at| matches!(bytes.get(at + 1), Some(0xD0..=0xD7)));
    match found.and_then(|at| Some((bytes.get(..at)?, bytes.get(at + 2..)?))) {
        Some((before, after)) => (before, Some(after)),
        None => (bytes, None),
    }
}

/// Eight by eight samples: their mean, and how they differ from it.
fn block(bits: &mut Bits<'_>, steady: &Codes, changing: Option<&Codes>) -> Result<(), Stop> {
    const SAMPLES: u8 = 64;
    const ZEROS: u8 = 15;
    let length = bits.code(steady)?;
    bits.skip(length.min(16))?;
    let Some(changing) = changing else { return Ok(()) };
    let mut at = 1;
    while at < SAMPLES {
        let code = bits.code(changing)?;
        let (zeros, length) = (code >> 4, code & 15);
        match (zeros, length) {
            (ZEROS, 0) => at += ZEROS + 1,
            // The rest are noughts.
            (_, 0) => return Ok(()),
            _ => {
                at += zeros + 1;
                bits.skip(length)?;
            }
        }
    }
    if at > SAMPLES { Err(Stop::Bad) } else { Ok(()) }
}

enum Stop {
    /// There are no more bits.
    Out,
    /// No code begins so.
    Bad,
}

struct Bits<'a> {
    bytes: &'a [u8],
    /// The lowest `count` bits are still to be read.
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 48 {
            let (byte, rest) = match self.bytes {
                // A nought behind it says that it is no mark.
                [0xFF, 0, rest @ ..] => (0xFF, rest),
                [0xFF, ..] | [] => return,
                [byte, rest @ ..] => (*byte, rest),
            };
            self.bytes = rest;
            self.held = (self.held << 8) | u64::from(byte);
            self.count += 8;
        }
    }

    fn code(&mut self, codes: &Codes) -> Result<u8, Stop> {
        self.fill();
        let next = if self.count < 16 { self.held << (16 - self.count) } else { self.held >> (self.count - 16) };
        let (length, symbol) = codes.0.get((next & 0xFFFF) as usize).copied().unwrap_or_default();
        if u32::from(length) > self.count || (length == 0 && self.count < 16) {
            return Err(Stop::Out);
        }
        if length == 0 {
            return Err(Stop::Bad);
        }
        self.count -= u32::from(length);
        Ok(symbol)
    }

    fn skip(&mut self, length: u8) -> Result<(), Stop> {
        self.fill();
        self.count = self.count.checked_sub(length.into()).ok_or(Stop::Out)?;
        Ok(())
    }
}

#[derive(Default)]
struct Tables {
    /// Of the means, and of what differs from them.
    steady: [Option<Codes>; 4],
    changing: [Option<Codes>; 4],
    /// Units between two marks of restart; nought where there are none.
    interval: usize,
}

impl Tables {
    /// Kind and place (4 bits each), how many codes there are of each length, and what they stand for.
    fn read(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((kind, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, rest) = rest.split_at_checked(counts.iter().map(|count| usize::from(*count)).sum())?;
            body = rest;
            let tables = if kind >> 4 == 0 { &mut self.steady } else { &mut self.changing };
            *tables.get_mut(usize::from(kind & 15))? = Some(Codes::new(counts, symbols)?);
        }
        Some(())
    }
}

/// By the next 16 bits: how long the code is that they begin with (nought where there is none), and its symbol.
struct Codes(Box<[(u8, u8)]>);

impl Codes {
    fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut codes = vec![(0, 0); 1 << 16];
        let (mut start, mut symbols) = (0, symbols.iter());
        for (length, count) in (1_u8..).zip(counts) {
            let share = 1 << (16 - length);
            for _ in 0..*count {
                codes.get_mut(start..start + share)?.fill((length, *symbols.next()?));
                start += share;
            }
        }
        Some(Self(codes.into()))
    }
}
