//! What is kept of a picture while it is decoded piece by piece: all its pixels, or, of a large one, the mean of each
//! square of them.

use image::{DynamicImage, RgbImage, RgbaImage};

pub(crate) struct Canvas {
    width: usize,
    height: usize,
    channels: usize,
    /// How many pixels across and down become one, as a power of two.
    shift: u32,
    bytes: Vec<u8>,
}

impl Canvas {
    /// White, which nothing is left of where the whole picture is painted. `channels` is three, or four with
    /// transparency.
    pub(crate) fn new((width, height): (u32, u32), channels: usize, shift: u32) -> Self {
        let [width, height] = [width, height].map(|side| (side >> shift).max(1) as usize);
        Self { width, height, channels, shift, bytes: vec![u8::MAX; width * height * channels] }
    }

    /// Takes the rows of a piece, from the top, whose upper left corner is at `corner` in pixels of the picture, and
    /// which has `count` channels from `first` on. What reaches beyond the canvas is cut off.
    pub(crate) fn brush(&mut self, corner: (u32, u32), first: usize, count: usize) -> impl FnMut(&[u8]) {
        let shift = self.shift;
        let [left, top] = [corner.0, corner.1].map(|side| (side >> shift) as usize);
        let (part, stride) = (1_usize << shift, self.width * self.channels);
        let channels = self.channels;
        let mut rows = self.bytes.chunks_mut(stride.max(1)).take(self.height).skip(top);
        let mut sums: Vec<u32> = Vec::new();
        let mut summed = 0;
        move |piece: &[u8]| {
            sums.resize(piece.len().div_ceil(part), 0);
            let pixels = piece.chunks(part * count);
            for (sums, pixels) in sums.chunks_mut(count).zip(pixels) {
                for pixel in pixels.chunks(count) {
                    sums.iter_mut().zip(pixel).for_each(|(sum, sample)| *sum += u32::from(*sample));
                }
            }
            summed += 1;
            if summed < part {
                return;
            }
            summed = 0;
            if let Some(row) = rows.next() {
                let shown = row.chunks_mut(channels).skip(left);
                for (shown, sums) in shown.zip(sums.chunks(count)) {
                    let shown = shown.iter_mut().skip(first);
                    shown.zip(sums).for_each(|(shown, sum)| *shown = mean(*sum, shift));
                }
            }
            sums.fill(0);
        }
    }

    /// Of colours that hold their transparency already.
    pub(crate) fn divide(&mut self) {
        for [colours @ .., alpha] in self.bytes.as_chunks_mut::<4>().0.iter_mut().filter(|_| self.channels == 4) {
            let alpha = u16::from(*alpha);
            for colour in colours {
                let divided = (u16::from(*colour) * u16::from(u8::MAX) + alpha / 2).checked_div(alpha);
                *colour = divided.map_or(0, |divided| u8::try_from(divided).unwrap_or(u8::MAX));
            }
        }
    }

    /// What is inside of `left`, `top`, `across` and `down`, in pixels of the picture.
    pub(crate) fn cut(self, aperture: Aperture) -> Option<DynamicImage> {
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let pixels = match self.channels {
            4 => DynamicImage::ImageRgba8(RgbaImage::from_raw(width, height, self.bytes)?),
            _ => DynamicImage::ImageRgb8(RgbImage::from_raw(width, height, self.bytes)?),
        };
        let Aperture { left, top, across, down } = aperture.part(self.shift);
        if (left, top) == (0, 0) && (across, down) == (width, height) {
            return Some(pixels);
        }
        let inside = left.checked_add(across)? <= width && top.checked_add(down)? <= height;
        inside.then(|| pixels.crop_imm(left, top, across, down))
    }
}

/// The mean of the samples of a square.
fn mean(sum: u32, shift: u32) -> u8 {
    let half = (1_u32 << (2 * shift)) / 2;
    u8::try_from((sum + half) >> (2 * shift)).unwrap_or(u8::MAX)
}

/// The part of a picture that is shown, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aperture {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) across: u32,
    pub(crate) down: u32,
}

impl Aperture {
    fn part(self, shift: u32) -> Self {
        let least = |side: u32| (side >> shift).max(1);
        Self { left: self.left >> shift, top: self.top >> shift, across: least(self.across), down: least(self.down) }
    }
}
