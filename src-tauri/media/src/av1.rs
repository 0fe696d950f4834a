//! AV1, the coding inside AVIF: the bytes of one picture in, its rows as light out.

pub(crate) use re_rav1d::dav1d::Picture as Frame;
use re_rav1d::dav1d::{Decoder, PixelLayout, PlanarImageComponent as Component, Plane, Settings, pixel::YUVRange};

/// What the decoder keeps beside the picture, in halves of a byte for each pixel.
pub(crate) const BESIDE: u64 = 5;

/// What samples stand for, by ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coding {
    pub(crate) primaries: u8,
    pub(crate) transfer: u8,
    pub(crate) matrix: u8,
    pub(crate) full_range: bool,
}

impl Coding {
    /// What the coded picture says of itself.
    pub(crate) fn of(frame: &Frame) -> Self {
        Self {
            primaries: frame.color_primaries() as u8,
            transfer: frame.transfer_characteristic() as u8,
            matrix: frame.matrix_coefficients() as u8,
            full_range: matches!(frame.color_range(), YUVRange::Full),
        }
    }
}

/// The first picture in `data` of at most `pixels`; noise that was taken out of it is put back where `grain` says so,
/// which takes its memory twice. `None` where it is damaged.
pub(crate) fn decode(data: Vec<u8>, pixels: u32, grain: bool) -> Option<Frame> {
    if data.is_empty() {
        return None;
    }
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_apply_grain(grain);
    settings.set_frame_size_limit(pixels.max(1));
    let mut decoder = Decoder::with_settings(&settings).ok()?;
    let mut sent = decoder.send_data(data, None, None, None);
    loop {
        match (decoder.get_picture(), sent) {
            (Ok(frame), _) => return Some(frame),
            (Err(waits), Err(more)) if waits.is_again() && more.is_again() => sent = decoder.send_pending_data(),
            _ => return None,
        }
    }
}

/// Gives each row in RGB, from the top. `None` where `coding` is one that no still picture is known to have.
pub(crate) fn paint(frame: &Frame, coding: Coding, take: impl FnMut(&[u8])) -> Option<()> {
    let layout = frame.pixel_layout();
    let light = Light::of(coding, depth(frame)?, layout)?;
    let chroma = (layout != PixelLayout::I400).then(|| [Component::U, Component::V].map(|of| Samples::of(frame, of)));
    paint_planes(&Samples::of(frame, Component::Y), chroma.as_ref(), layout, &light, take);
    Some(())
}

pub(crate) fn is_gray(frame: &Frame) -> bool {
    frame.pixel_layout() == PixelLayout::I400
}

/// Gives each row of its brightness, from the top.
pub(crate) fn paint_gray(frame: &Frame, take: impl FnMut(&[u8])) -> Option<()> {
    let [floor, top] = ends(Coding::of(frame).full_range, depth(frame)?);
    paint_luma(&Samples::of(frame, Component::Y), floor, top, take);
    Some(())
}

/// Bits of a sample.
fn depth(frame: &Frame) -> Option<u8> {
    u8::try_from(frame.bits_per_component()?.0).ok()
}

/// One plane of samples, of one byte each or of two.
struct Samples {
    bytes: Plane,
    stride: usize,
    width: usize,
    height: usize,
    wide: bool,
}

impl Samples {
    fn of(frame: &Frame, component: Component) -> Self {
        let halved = component != Component::Y && matches!(frame.pixel_layout(), PixelLayout::I420 | PixelLayout::I422);
        let (stride, height) = frame.plane_data_geometry(component);
        let width = if halved { frame.width().div_ceil(2) } else { frame.width() };
        let [stride, width, height] = [stride, width, height].map(|side| side as usize);
        Self { bytes: frame.plane(component), stride, width, height, wide: depth(frame) > Some(8) }
    }

    fn read(&self, row: usize, to: &mut [f32]) {
        let bytes = self.bytes.get(row * self.stride..).unwrap_or_default();
        if self.wide {
            let samples = bytes.as_chunks::<2>().0.iter().map(|pair| f32::from(u16::from_ne_bytes(*pair)));
            to.iter_mut().zip(samples).for_each(|(to, sample)| *to = sample);
        } else {
            to.iter_mut().zip(bytes).for_each(|(to, sample)| *to = f32::from(*sample));
        }
    }
}

/// How three samples become light: each channel is a sum of them, less where they begin.
struct Light {
    begin: [f32; 3],
    sums: [[f32; 3]; 3],
}

impl Light {
    fn of(coding: Coding, depth: u8, layout: PixelLayout) -> Option<Self> {
        let [floor, top] = ends(coding.full_range, depth);
        let luma = LIGHTEST / (top - floor);
        let middle = f32::from(1_u16 << (depth - 1));
        // Differences reach from one end to the other in 224 steps of 8 bits, or in all there are.
        let steps = if coding.full_range { top } else { 224.0 * step(depth) };
        let chroma = LIGHTEST / steps;
        let of_weights = |red: f32, blue: f32| {
            let green = 1.0 - red - blue;
            let (of_red, of_blue) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
            [[1.0, 0.0, of_red], [1.0, -of_blue * blue / green, -of_red * red / green], [1.0, of_blue, 0.0]]
        };
        let sums = match coding.matrix {
            _ if layout == PixelLayout::I400 => [[1.0, 0.0, 0.0]; 3],
            // Green, blue and red as they are.
            0 if layout == PixelLayout::I444 => {
                let sums = [[0.0, 0.0, luma], [luma, 0.0, 0.0], [0.0, luma, 0.0]];
                return Some(Self { begin: [floor; 3], sums });
            }
            1 => of_weights(0.2126, 0.0722),
            // Television's first, which is also what is meant where nothing is said.
            2 | 5 | 6 => of_weights(0.299, 0.114),
            4 => of_weights(0.30, 0.11),
            7 => of_weights(0.212, 0.087),
            // Green against the rest, and orange against it.
            8 => [[1.0, -1.0, 1.0], [1.0, 1.0, 0.0], [1.0, -1.0, -1.0]],
            9 => of_weights(0.2627, 0.0593),
            _ => return None,
        };
        let sums = sums.map(|[y, u, v]| [y * luma, u * chroma, v * chroma]);
        Some(Self { begin: [floor, middle, middle], sums })
    }
}

const LIGHTEST: f32 = 255.0;

/// How many steps of `depth` bits are one of eight.
fn step(depth: u8) -> f32 {
    f32::from(1_u16 << (depth.clamp(8, 15) - 8))
}

/// The samples of black and of white.
fn ends(full_range: bool, depth: u8) -> [f32; 2] {
    if full_range {
        [0.0, f32::from((1_u16 << depth.clamp(8, 15)) - 1)]
    } else {
        [16.0 * step(depth), 235.0 * step(depth)]
    }
}

/// Rounded, and within a byte: a cast from a float stays within its type.
fn byte(light: f32) -> u8 {
    (light + 0.5) as u8
}

fn paint_luma(luma: &Samples, floor: f32, top: f32, mut take: impl FnMut(&[u8])) {
    let (mut samples, mut row) = (vec![0.0; luma.width], vec![0; luma.width]);
    let scale = LIGHTEST / (top - floor);
    for y in 0..luma.height {
        luma.read(y, &mut samples);
        row.iter_mut().zip(&samples).for_each(|(gray, sample)| *gray = byte((sample - floor) * scale));
        take(&row);
    }
}

fn paint_planes(
    luma: &Samples,
    chroma: Option<&[Samples; 2]>,
    layout: PixelLayout,
    light: &Light,
    mut take: impl FnMut(&[u8]),
) {
    let width = luma.width;
    let [mut y, mut u, mut v] = [0; 3].map(|_: u8| vec![0.0; width]);
    let mut pixels = vec![0; width * 3];
    let mut spread = Spread::new(layout, chroma.map_or(0, |[blue, _]| blue.width));
    for row in 0..luma.height {
        luma.read(row, &mut y);
        if let Some([blue, red]) = chroma {
            spread.row(blue, row, &mut u);
            spread.row(red, row, &mut v);
        }
        let [y_begin, u_begin, v_begin] = light.begin;
        for (((pixel, y), u), v) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(&y).zip(&u).zip(&v) {
            let (y, u, v) = (y - y_begin, u - u_begin, v - v_begin);
            *pixel = light.sums.map(|[of_y, of_u, of_v]| byte(of_y * y + of_u * u + of_v * v));
        }
        take(&pixels);
    }
}

/// Colours of fewer samples than the picture has pixels, between which they lie: of the four around a pixel the nearest
/// counts most.
struct Spread {
    across: bool,
    down: bool,
    near: Vec<f32>,
    far: Vec<f32>,
}

impl Spread {
    fn new(layout: PixelLayout, width: usize) -> Self {
        let across = matches!(layout, PixelLayout::I420 | PixelLayout::I422);
        let [near, far] = [0; 2].map(|_: u8| vec![0.0; width]);
        Self { across, down: layout == PixelLayout::I420, near, far }
    }

    fn row(&mut self, plane: &Samples, row: usize, to: &mut [f32]) {
        let last = plane.height.saturating_sub(1);
        if self.down {
            let own = (row / 2).min(last);
            let other = if row.is_multiple_of(2) { own.saturating_sub(1) } else { (own + 1).min(last) };
            plane.read(own, &mut self.near);
            plane.read(other, &mut self.far);
            self.near.iter_mut().zip(&self.far).for_each(|(near, far)| *near = between(*near, *far));
        } else {
            plane.read(row.min(last), &mut self.near);
        }
        if !self.across {
            to.iter_mut().zip(&self.near).for_each(|(to, own)| *to = *own);
            return;
        }
        let (first, last) = (self.near.first().copied(), self.near.last().copied());
        let before = first.into_iter().chain(self.near.iter().copied());
        let after = self.near.iter().skip(1).copied().chain(last);
        for (((pair, own), before), after) in to.chunks_mut(2).zip(&self.near).zip(before).zip(after) {
            pair.iter_mut().zip([before, after]).for_each(|(to, other)| *to = between(*own, other));
        }
    }
}

fn between(near: f32, far: f32) -> f32 {
    near * 0.75 + far * 0.25
}
