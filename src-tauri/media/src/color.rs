//! Colours as phones show them: everything becomes sRGB.
//!
//! A profile that comes with a picture is used up here and never sent, because
//! not every phone honours it. A profile that cannot be read, or that is for
//! another kind of colours than the picture has, is ignored, which is what
//! viewers do.

use std::sync::Arc;

use image::{DynamicImage, RgbImage};
use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, ToneReprCurve, TransferCharacteristics, Transform8BitExecutor, TransformOptions,
};

use crate::contained::caught;

/// Differences up to this many of 256 steps are below what anybody sees.
const INVISIBLE: u8 = 3;

/// The number of sRGB's curve in ITU-T H.273.
const SRGB_CURVE: u8 = 13;
/// That of none.
const LINEAR: u8 = 8;

/// Colours that a file describes without a profile.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbers {
    /// By ITU-T H.273.
    Codes { primaries: u8, transfer: u8 },
    /// What the numbers are raised to, and where white, red, green and blue lie; each may be missing.
    Measures { gamma: Option<f32>, points: Option<[(f32, f32); 4]> },
}

/// What the numbers of a picture stand for.
pub(crate) enum Colours {
    /// What phones take them for.
    Srgb,
    /// Light in other colours.
    Light(Box<ColorProfile>),
    /// Gray on another scale: what each step of it is on that of sRGB.
    Gray(Box<[u8; 256]>),
    /// Printing inks, in the channels of RGBA: cyan, magenta, yellow and black, each as the paper left free of it.
    Inks(Option<Box<ColorProfile>>),
}

impl Colours {
    /// Of a picture on screens; sRGB without a usable profile, and with one
    /// that describes it under whatever name.
    pub(crate) fn of_light(profile: Option<&[u8]>, gray: bool) -> Self {
        let profile = profile.and_then(read);
        let other = profile.and_then(|profile| match profile.color_space {
            DataColorSpace::Rgb => Self::light(profile),
            DataColorSpace::Gray if gray => Self::gray(&profile),
            _ => None,
        });
        other.unwrap_or(Self::Srgb)
    }

    /// Of a picture on screens. What says nothing that can be used is sRGB.
    pub(crate) fn of_numbers(numbers: Numbers, gray: bool) -> Self {
        let profile = caught(|| described(numbers)).flatten();
        let other = profile.and_then(|profile| if gray { Self::gray_in(&profile) } else { Self::light(profile) });
        other.unwrap_or(Self::Srgb)
    }

    /// Of a photo whose container names them by ITU-T H.273; `None` of one that is brighter than screens.
    pub(crate) fn of_codes(primaries: u8, transfer: u8) -> Option<Self> {
        /// The curves of pictures that are brighter than screens.
        const PQ: u8 = 16;
        const HLG: u8 = 18;
        let transfer = match transfer {
            PQ | HLG => return None,
            LINEAR => LINEAR,
            // Cameras name the curve of films and mean that of screens, which is how viewers take it.
            _ => SRGB_CURVE,
        };
        Some(Self::of_numbers(Numbers::Codes { primaries: like_screens(primaries), transfer }, false))
    }

    /// Gray as equal parts of coloured light.
    fn gray_in(profile: &ColorProfile) -> Option<Self> {
        let steps: Vec<u8> = (0..=u8::MAX).flat_map(|step| [step; 3]).collect();
        let seen = convert(profile, Layout::Rgb, &steps, Layout::Rgb)?;
        let seen_steps: Vec<u8> = seen.chunks_exact(3).filter_map(|pixel| pixel.get(1).copied()).collect();
        if differ(&steps, &seen) { Some(Self::Gray(seen_steps.try_into().ok()?)) } else { None }
    }

    fn light(profile: ColorProfile) -> Option<Self> {
        let probe = probe();
        let seen = convert(&profile, Layout::Rgb, &probe, Layout::Rgb)?;
        differ(&probe, &seen).then(|| Self::Light(Box::new(profile)))
    }

    fn gray(profile: &ColorProfile) -> Option<Self> {
        let steps: Vec<u8> = (0..=u8::MAX).collect();
        let seen = convert(profile, Layout::Gray, &steps, Layout::Rgb)?;
        let seen: Vec<u8> = seen.chunks_exact(3).filter_map(|pixel| pixel.first().copied()).collect();
        if differ(&steps, &seen) { Some(Self::Gray(seen.try_into().ok()?)) } else { None }
    }

    /// Of a picture for printing.
    pub(crate) fn of_inks(profile: Option<&[u8]>) -> Self {
        let profile = profile.and_then(read);
        let fits = |profile: &ColorProfile| {
            profile.color_space == DataColorSpace::Cmyk && transform(profile, Layout::Rgba, Layout::Rgb).is_some()
        };
        Self::Inks(profile.filter(fits).map(Box::new))
    }

    pub(crate) fn are_srgb(&self) -> bool {
        matches!(self, Self::Srgb)
    }

    /// RGB or RGBA with eight bits a channel, in sRGB. A conversion that fails leaves the picture as it was.
    pub(crate) fn to_srgb(&self, picture: DynamicImage) -> DynamicImage {
        if let Self::Inks(profile) = self {
            return DynamicImage::ImageRgb8(inks_to_srgb(profile.as_deref(), picture));
        }
        let mut picture = eight_bit(picture);
        let (pixels, layout): (&mut [u8], _) = match &mut picture {
            DynamicImage::ImageRgb8(pixels) => (pixels, Layout::Rgb),
            DynamicImage::ImageRgba8(pixels) => (pixels, Layout::Rgba),
            _ => return picture,
        };
        match self {
            Self::Light(profile) => {
                if let Some(converted) = convert(profile, layout, pixels, layout) {
                    pixels.copy_from_slice(&converted);
                }
            }
            Self::Gray(steps) => {
                for pixel in pixels.chunks_mut(layout.channels()) {
                    for channel in pixel.iter_mut().take(3) {
                        *channel = steps.get(usize::from(*channel)).copied().unwrap_or(*channel);
                    }
                }
            }
            Self::Srgb | Self::Inks(_) => {}
        }
        picture
    }
}

/// RGB or RGBA with eight bits a channel. Transparency survives only where
/// some pixel really is transparent.
fn eight_bit(pixels: DynamicImage) -> DynamicImage {
    if !pixels.color().has_alpha() {
        return DynamicImage::ImageRgb8(pixels.into_rgb8());
    }
    let pixels = pixels.into_rgba8();
    if pixels.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
        return DynamicImage::ImageRgba8(pixels);
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(pixels).into_rgb8())
}

fn inks_to_srgb(profile: Option<&ColorProfile>, picture: DynamicImage) -> RgbImage {
    let free = picture.into_rgba8();
    let (width, height) = free.dimensions();
    let inks: Vec<u8> = free.iter().map(|free| u8::MAX - free).collect();
    let converted = profile.and_then(|profile| convert(profile, Layout::Rgba, &inks, Layout::Rgb));
    converted.and_then(|pixels| RgbImage::from_raw(width, height, pixels)).unwrap_or_else(|| {
        // Without a word on what the inks look like, each takes its light away.
        let mut seen = RgbImage::new(width, height);
        for (seen, free) in seen.pixels_mut().zip(free.pixels()) {
            let [cyan, magenta, yellow, black] = free.0;
            let left = |ink: u8| (u16::from(ink) * u16::from(black) + 127) / 255;
            seen.0 = [cyan, magenta, yellow].map(|ink| left(ink) as u8);
        }
        seen
    })
}

/// The primaries of television differ from those of screens by less than viewers care for; unknown ones are a screen's.
fn like_screens(primaries: u8) -> u8 {
    const BT709: u8 = 1;
    const BT2020: u8 = 9;
    const P3_FILM: u8 = 11;
    const P3: u8 = 12;
    if matches!(primaries, BT2020 | P3_FILM | P3) { primaries } else { BT709 }
}

/// Whether anybody could tell the two apart.
fn differ(own: &[u8], srgb: &[u8]) -> bool {
    own.iter().zip(srgb).any(|(own, srgb)| own.abs_diff(*srgb) > INVISIBLE)
}

fn read(profile: &[u8]) -> Option<ColorProfile> {
    caught(|| ColorProfile::new_from_slice(profile).ok())?
}

fn described(numbers: Numbers) -> Option<ColorProfile> {
    match numbers {
        Numbers::Codes { primaries, transfer } => {
            let codes = CicpProfile {
                color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
                transfer_characteristics: TransferCharacteristics::try_from(transfer).ok()?,
                matrix_coefficients: MatrixCoefficients::Identity,
                full_range: true,
            };
            Some(ColorProfile::new_from_cicp(codes))
        }
        Numbers::Measures { gamma, points } => {
            let mut profile = ColorProfile::new_srgb();
            if let Some(points) = points {
                let [white, red, green, blue] = points.map(|(x, y)| Chromaticity::new(x, y));
                profile.update_rgb_colorimetry(white.to_xyyb(), ColorPrimaries { red, green, blue });
            }
            if let Some(gamma) = gamma {
                let curve = Some(ToneReprCurve::Parametric(vec![gamma]));
                (profile.red_trc, profile.green_trc, profile.blue_trc) = (curve.clone(), curve.clone(), curve);
                profile.cicp = None;
            }
            Some(profile)
        }
    }
}

fn convert(from: &ColorProfile, layout: Layout, pixels: &[u8], to: Layout) -> Option<Vec<u8>> {
    let mut converted = vec![0; pixels.len() / layout.channels() * to.channels()];
    let transform = transform(from, layout, to)?;
    caught(|| transform.transform(pixels, &mut converted).ok())??;
    Some(converted)
}

fn transform(from: &ColorProfile, layout: Layout, to: Layout) -> Option<Arc<Transform8BitExecutor>> {
    let srgb = ColorProfile::new_srgb();
    caught(|| from.create_transform_8bit(layout, &srgb, to, TransformOptions::default()).ok())?
}

/// Colours spread over the whole cube, in steps of a fifth.
fn probe() -> Vec<u8> {
    const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let mut colours = Vec::with_capacity(STEPS.len().pow(3) * 3);
    for red in STEPS {
        for green in STEPS {
            for blue in STEPS {
                colours.extend([red, green, blue]);
            }
        }
    }
    colours
}
