//! Ranges of Progressive GAN's settings, its networks, and what a run takes.

use crate::error::Error;
use crate::jobs::Memory;
use crate::jobs::training::{bad, within};
use crate::models::{FIRST, ProgressiveConfig};
use crate::nn::{EqualizedForm, EqualizedPlan};
use crate::protocol::{Estimate, ProganConfig, ProganControl, ProganObjective};

/// The most bytes of pictures.
const MOST: u64 = 256 << 20;

/// The networks of settings in their ranges.
pub(super) fn networks_of(config: &ProganConfig, channels: usize) -> ProgressiveConfig {
    ProgressiveConfig {
        channels,
        latent: config.latent as usize,
        fmap_base: config.fmap_base as usize,
        fmap_max: config.fmap_max as usize,
    }
}

/// Holds settings against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub fn check_progan(config: &ProganConfig) -> Result<(), Error> {
    let size = config.size;
    if !size.is_power_of_two() || !(4..=256).contains(&size) {
        return Err(bad("size", format!("{size} is not 4, 8, ... 256")));
    }
    if config.data.points() {
        let detail = "points have no pixels: digits, scenes or pictures are learnt".into();
        return Err(bad("data", detail));
    }
    within(&[
        ("count", config.count, 4, 20_000),
        ("fade", config.fade, 1, 10_000_000),
        ("stable", config.stable, 1, 10_000_000),
        ("latent", config.latent, 1, 512),
        ("fmapBase", config.fmap_base, 2, 8192),
        ("fmapMax", config.fmap_max, 1, 512),
    ])?;
    let batches = &config.batches;
    if !(1..=8).contains(&batches.len()) || !batches.iter().all(|b| (1..=256).contains(b)) {
        let detail = format!("{batches:?} are not one to eight batches of 1 to 256 pictures");
        return Err(bad("batches", detail));
    }
    within(&[
        ("penalty", config.penalty, 0.0, 1000.0),
        ("drift", config.drift, 0.0, 1.0),
        ("averaging", config.averaging, 0.0, 0.9999),
        ("settle", config.settle, 0.0, 1.0),
        ("generatorRate", config.generator_rate, 1e-6, 1.0),
        ("discriminatorRate", config.discriminator_rate, 1e-6, 1.0),
        ("beta1", config.beta1, 0.0, 0.9999),
        ("beta2", config.beta2, 0.0, 0.999_999),
    ])?;
    let picture = 3 * u64::from(size).pow(2);
    if u64::from(config.count) * picture > MOST {
        let most = MOST / picture;
        let detail = format!("{} pictures of {size} px; at most {most} fit", config.count);
        return Err(bad("count", detail));
    }
    Ok(())
}

/// Holds live controls against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub(super) fn check_control(control: &ProganControl) -> Result<(), Error> {
    within(&[("alpha", control.alpha.unwrap_or(1.0), 0.0, 1.0)])?;
    let mut config = ProganConfig::default();
    config.apply(control);
    check_progan(&config)
}

/// What both networks take for one picture at a level.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    /// Values of all weights.
    parameters: f64,
    /// Values between the generator's layers, and between the discriminator's.
    activations: [f64; 2],
    /// Multiplications of the generator, and of the discriminator, forward.
    products: [f64; 2],
    /// Values of the largest weight.
    largest: f64,
    /// Values of the largest result.
    widest: f64,
}

impl Cost {
    fn of(networks: &ProgressiveConfig, top: u32) -> Self {
        let mut all = Self::default();
        for level in 0..=top {
            let plans = [
                networks.generator_level(level as usize),
                networks.discriminator_level(level as usize),
            ];
            for (network, plan) in plans.into_iter().enumerate() {
                let mut plan: &[EqualizedPlan] = &plan;
                // Pictures come and go at the last level alone; what else does in a fade is little.
                if level < top && network == 0 {
                    plan = &plan[..plan.len() - 1];
                } else if level < top {
                    plan = &plan[1..];
                }
                for layer in plan {
                    all.add(network, layer, FIRST << level);
                }
            }
        }
        all
    }

    fn add(&mut self, network: usize, layer: &EqualizedPlan, side: usize) {
        let ([input, output], k) = (layer.channels, layer.kernel);
        let weight = (input * output * k * k) as f64;
        let pixels = match layer.form {
            EqualizedForm::Dense => 1.0,
            EqualizedForm::Conv => (side * side) as f64,
            // The sums of its filters see each pixel before it is doubled: 4x4 taps and not 4 times 3x3.
            EqualizedForm::Doubling => 4.0 / 9.0 * (side * side) as f64,
        };
        let out = match layer.form {
            EqualizedForm::Dense => output as f64,
            EqualizedForm::Conv | EqualizedForm::Doubling => (output * side * side) as f64,
        };
        self.parameters += weight;
        self.activations[network] += out;
        self.products[network] += weight * pixels;
        self.largest = self.largest.max(weight);
        self.widest = self.widest.max(out);
    }

    /// Floating-point operations of a step, for each picture. Forward and back is three times forward: the generator once;
    /// the discriminator on real and generated pictures, and on the latter again without the gradients of its weights. The
    /// penalty is its gradient at the mixed pictures, and there once more forward with the derivative, and back from that.
    fn flops(&self, objective: ProganObjective) -> f64 {
        let times = match objective {
            ProganObjective::LeastSquares => 8.0,
            ProganObjective::WganGp => 16.0,
        };
        2.0 * (3.0 * self.products[0] + times * self.products[1])
    }
}

/// Floating-point operations at each level of a run: of each picture, and pictures in all.
pub(super) fn work(config: &ProganConfig, channels: usize) -> Vec<(f64, f64)> {
    let networks = networks_of(config, channels);
    let level = |level: u32| {
        let flops = Cost::of(&networks, level).flops(config.objective);
        let pictures = f64::from(config.fading(level)) + f64::from(config.stable);
        (flops, pictures)
    };
    (0..=config.top()).map(level).collect()
}

/// What a run takes that learns pictures of so many channels.
///
/// # Errors
/// Those of [`check_progan`].
pub fn estimate_progan(
    config: &ProganConfig,
    channels: usize,
    memory: Memory,
) -> Result<Estimate, Error> {
    check_progan(config)?;
    let networks = networks_of(config, channels);
    let parts = match config.objective {
        ProganObjective::LeastSquares => 3.0,
        ProganObjective::WganGp => 6.0,
    };
    let (mut of_pictures, mut widest) = (0.0_f64, 0.0_f64);
    for level in 0..=config.top() {
        let cost = Cost::of(&networks, level);
        let batch = f64::from(config.batch(level));
        // Each value, its gradient, and what lies between a convolution, its activation and its norm.
        let values = 5.0 * cost.activations[0] + 3.0 * parts * cost.activations[1];
        of_pictures = of_pictures.max(4.0 * batch * values);
        widest = widest.max(4.0 * 2.0 * batch * cost.widest);
    }
    let Cost {
        parameters,
        largest,
        ..
    } = Cost::of(&networks, config.top());
    // A weight, two moments and an average; those before the last step, and those to go back to; the gradient.
    let of_weights = 4.0 * 13.0 * parameters;
    let bytes = (of_weights + of_pictures) as u64;
    let largest_buffer = (3.0 * 4.0 * largest).max(widest) as u64;
    let work = work(config, channels).into_iter();
    let (columns, rows) = super::job::SHEET;
    Ok(Estimate {
        width: columns * config.size,
        height: rows * config.size,
        bytes,
        largest_buffer,
        flops: work.map(|(flops, pictures)| flops * pictures).sum(),
        seconds: None,
        fits: bytes <= memory.all && largest_buffer <= memory.binding,
        largest: config.size,
    })
}
