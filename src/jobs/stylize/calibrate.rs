//! Which variant of the kernels draws a network's pictures fastest on this device.

use std::rc::Rc;

use burn::tensor::{Device, Tensor};

use super::PictureGenerator;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::gpu::read_scalars;
use crate::nn::{BandedRun, Limits};
use crate::ops::{Variant, Winograd, knows_half};
use crate::protocol::Kernels;

/// Side of the picture that is drawn, in pixels.
const SIDE: usize = 128;
/// How often each variant is timed; the shortest counts.
const ROUNDS: usize = 3;
/// Seconds that a timing should take: a page's clock is coarse. And the most pictures for that.
const LONG: f64 = 0.05;
const PICTURES: usize = 32;
/// How far a variant's picture may be from that of [`Variant::DEFAULT`], in 0..1: on average by half a step of 8 bits, a
/// pixel by ten.
const MEAN: f32 = 0.5 / 255.0;
const WORST: f32 = 10.0 / 255.0;
/// The most of the default's time that another may take to be taken in its place: what is measured once is not exact.
const GAIN: f64 = 0.9;

/// What a variant took.
#[derive(Clone, Copy, Debug)]
pub struct VariantTime {
    /// Which.
    pub variant: Variant,
    /// Seconds for a picture of 128 px.
    pub time: f64,
    /// How far its picture is from the default's, in 0..1: on average, and at most.
    pub apart: [f32; 2],
}

impl VariantTime {
    /// Whether its pictures are the default's, but for rounding; NaN never is.
    fn is_right(&self) -> bool {
        self.apart[0] <= MEAN && self.apart[1] <= WORST
    }
}

impl Variant {
    /// What is asked for, as far as a device can; none if that is to be measured.
    #[must_use]
    pub fn asked(kernels: Kernels, device: &Device) -> Option<Self> {
        let (half, winograd) = match kernels {
            Kernels::Auto | Kernels::Measured => return None,
            Kernels::F32Winograd => (false, Winograd::Four),
            Kernels::F32 => (false, Winograd::Never),
            Kernels::F16Winograd => (true, Winograd::Two),
            Kernels::F16 => (true, Winograd::Never),
        };
        let known = !half || knows_half(device);
        Some(if known {
            Self { half, winograd }
        } else {
            Self::DEFAULT
        })
    }

    /// By its name in the settings.
    #[must_use]
    pub fn kernels(self) -> Kernels {
        match (self.half, self.winograd) {
            (false, Winograd::Never) => Kernels::F32,
            (false, _) => Kernels::F32Winograd,
            (true, Winograd::Never) => Kernels::F16,
            (true, _) => Kernels::F16Winograd,
        }
    }
}

/// The variants that a device can run, the default first.
fn candidates(device: &Device) -> Vec<Variant> {
    let mut all = vec![Variant::DEFAULT];
    for kernels in [Kernels::F32, Kernels::F16Winograd, Kernels::F16] {
        let variant = Variant::asked(kernels, device).unwrap_or(Variant::DEFAULT);
        if !all.contains(&variant) {
            all.push(variant);
        }
    }
    all
}

/// One after the other, draws a picture with the network in every variant that the device can run. `now` is a clock in
/// seconds.
///
/// # Errors
/// Those of `read`; `DeviceLost`.
pub async fn variant_times(
    read: &dyn Fn(Variant) -> Result<PictureGenerator, Error>,
    now: &dyn Fn() -> f64,
    device: &Device,
) -> Result<Vec<VariantTime>, Error> {
    let mut all = Vec::new();
    let mut first: Option<Tensor<4>> = None;
    for variant in candidates(device) {
        let net = read(variant)?;
        // Kernels are compiled here.
        let picture = drawn(&net, device);
        let truth = first.get_or_insert_with(|| picture.clone());
        let apart = (picture - truth.clone()).abs();
        let named = vec![
            ("mean".to_owned(), apart.clone().mean()),
            ("worst".to_owned(), apart.max()),
        ];
        let apart = read_scalars(named).await?;
        let mut time = f64::INFINITY;
        let mut count = 1;
        for _ in 0..=ROUNDS {
            let begun = now();
            let ends = (0..count).map(|i| (i.to_string(), drawn(&net, device).mean()));
            read_scalars(ends.collect()).await?;
            let each = (now() - begun) / count as f64;
            // The first timing, of one picture, only tells how many make one long enough.
            if count > 1 || each >= LONG {
                time = time.min(each);
            }
            let enough = (LONG / each.max(1e-4)).ceil() as usize;
            count = enough
                .clamp(1, PICTURES)
                .max(if each < LONG { 2 } else { 1 });
        }
        all.push(VariantTime {
            variant,
            time,
            apart: [apart["mean"], apart["worst"]],
        });
        drop(net);
        device.memory_cleanup();
    }
    Ok(all)
}

/// The fastest of those whose pictures are right; the default unless another is clearly faster.
#[must_use]
pub fn fastest_variant(all: &[VariantTime]) -> Variant {
    let own = all.iter().find(|m| m.variant == Variant::DEFAULT);
    let limit = own.map_or(f64::INFINITY, |own| GAIN * own.time);
    let right = all.iter().filter(|m| m.is_right() && m.time < limit);
    let best = right.min_by(|a, b| a.time.total_cmp(&b.time));
    best.map_or(Variant::DEFAULT, |m| m.variant)
}

/// Pixels `[1, 3, 128, 128]` that the network makes of coloured noise.
fn drawn(net: &PictureGenerator, device: &Device) -> Tensor<4> {
    let limits = Limits {
        band: u64::MAX / 4,
        all: u64::MAX / 4,
        work: f64::INFINITY,
    };
    let wired = net.wired();
    let cut = wired.cut(net.framed([SIDE; 2]), limits, false);
    let noise = smooth(net.framed([SIDE; 2]), device);
    let given = net.given(noise);
    let rows = move |first: usize, end: usize| given.clone().narrow(2, first, end - first);
    let mut run = BandedRun::new(Rc::clone(&wired), cut, Box::new(rows), Default::default());
    loop {
        if let Some(picture) = run.step() {
            return net.drawn(picture).clamp(0.0, 1.0);
        }
    }
}

/// A picture of soft blots, `[1, 3, H, W]` in 0..1.
fn smooth([h, w]: [usize; 2], device: &Device) -> Tensor<4> {
    let mut seed = Seed::new(3);
    let waves: Vec<[f32; 4]> = (0..12)
        .map(|_| std::array::from_fn(|_| seed.normal()))
        .collect();
    let values = (0..3 * h * w).map(|i| {
        let (c, y, x) = (i / (h * w), i / w % h, i % w);
        let at = waves[4 * c..4 * c + 4].iter().map(|[a, b, phase, size]| {
            let place = (a * x as f32 + b * y as f32) / 6.0 + phase;
            size * place.sin()
        });
        (0.5 + 0.15 * at.sum::<f32>()).clamp(0.0, 1.0)
    });
    let values: Vec<f32> = values.collect();
    Tensor::<1>::from_floats(values.as_slice(), device).reshape([1, 3, h, w])
}
