//! Colours as phones show them: everything becomes sRGB.
//!
//! A profile that comes with a picture is used up here and never sent, because
//! not every phone honours it. A profile that cannot be read is ignored, which
//! is what viewers do.

use std::sync::Arc;

use image::DynamicImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

/// Differences up to this many of 256 steps are below what anybody sees.
const INVISIBLE: u8 = 3;

/// A way from a picture's own colours to sRGB.
pub(crate) struct ToSrgb(ColorProfile);

impl ToSrgb {
    /// `None` where nothing has to be done: no usable profile, or one that
    /// describes sRGB under whatever name.
    pub(crate) fn from_profile(profile: &[u8]) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(profile).ok()?;
        if profile.color_space != DataColorSpace::Rgb {
            return None;
        }
        let probe = probe();
        let mut seen = vec![0; probe.len()];
        transform(&profile, Layout::Rgb)?.transform(&probe, &mut seen).ok()?;
        let same = probe.iter().zip(&seen).all(|(own, srgb)| own.abs_diff(*srgb) <= INVISIBLE);
        (!same).then_some(Self(profile))
    }

    /// `None` where the conversion fails; the picture is then as it was.
    pub(crate) fn apply(&self, picture: &mut DynamicImage) -> Option<()> {
        match picture {
            DynamicImage::ImageRgb8(pixels) => self.convert(pixels, Layout::Rgb),
            DynamicImage::ImageRgba8(pixels) => self.convert(pixels, Layout::Rgba),
            _ => None,
        }
    }

    fn convert(&self, pixels: &mut [u8], layout: Layout) -> Option<()> {
        let mut converted = vec![0; pixels.len()];
        transform(&self.0, layout)?.transform(pixels, &mut converted).ok()?;
        pixels.copy_from_slice(&converted);
        Some(())
    }
}

fn transform(from: &ColorProfile, layout: Layout) -> Option<Arc<Transform8BitExecutor>> {
    from.create_transform_8bit(layout, &ColorProfile::new_srgb(), layout, TransformOptions::default()).ok()
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
