//! Ranges of StackGAN's settings, its networks, and what a run takes.

use super::{StackConfig, TextEncoderConfig, VOCABULARY};
use crate::error::Error;
use crate::jobs::Memory;
use crate::jobs::training::{bad, within};
use crate::protocol::{Estimate, StackganConfig, StackganControl};

/// The most bytes of pictures.
const MOST: u64 = 256 << 20;

/// The networks of settings in their ranges.
pub(super) fn networks_of(config: &StackganConfig) -> StackConfig {
    StackConfig {
        low: config.low as usize,
        size: config.size as usize,
        embedding: config.embedding as usize,
        condition: config.condition as usize,
        noise: config.noise as usize,
        width: config.width as usize,
        discriminator_width: config.discriminator_width as usize,
        residuals: config.residuals as usize,
    }
}

/// The encoder of settings in their ranges.
pub(super) fn encoder_of(config: &StackganConfig) -> TextEncoderConfig {
    TextEncoderConfig {
        words: VOCABULARY,
        embedding: config.embedding as usize,
        size: config.low as usize,
        width: config.discriminator_width as usize,
    }
}

/// Holds settings against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub fn check_stackgan(config: &StackganConfig) -> Result<(), Error> {
    let (low, size) = (config.low, config.size);
    if ![16, 32, 64].contains(&low) {
        return Err(bad("low", format!("{low} is not 16, 32 or 64")));
    }
    if size != 2 * low && size != 4 * low {
        return Err(bad(
            "size",
            format!("{size} is not twice or four times {low}"),
        ));
    }
    within(&[
        ("count", config.count, 4, 20_000),
        ("encoderSteps", config.encoder_steps, 0, 1_000_000),
        ("firstSteps", config.first_steps, 0, 1_000_000),
        ("secondSteps", config.second_steps, 0, 1_000_000),
        ("batch", config.batch, 2, 128),
        ("embedding", config.embedding, 1, 1024),
        ("condition", config.condition, 1, 256),
        ("noise", config.noise, 1, 256),
        ("width", config.width, 1, 128),
        ("discriminatorWidth", config.discriminator_width, 1, 128),
        ("residuals", config.residuals, 0, 8),
    ])?;
    within(&[
        ("divergence", config.divergence, 0.0, 100.0),
        ("matching", config.matching, 0.0, 100.0),
        ("instanceNoise", config.instance_noise, 0.0, 2.0),
        ("averaging", config.averaging, 0.0, 0.9999),
        ("encoderRate", config.encoder_rate, 1e-6, 1.0),
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
pub(super) fn check_control(control: &StackganControl) -> Result<(), Error> {
    let mut config = StackganConfig::default();
    config.apply(control);
    check_stackgan(&config)
}

/// Multiplications, values between layers and numbers of weights of networks that halve from a side, or double to it, with
/// as many channels each time as fit half as many pixels a side: one layer of `kernel²` taps at each, within a quarter.
#[derive(Clone, Copy)]
struct Cost {
    products: f64,
    values: f64,
    weights: f64,
}

fn tower(side: u32, width: u32, kernel: f64, rest: f64) -> Cost {
    let (mut side, mut width) = (f64::from(side) / 2.0, f64::from(width));
    let mut all = Cost {
        products: 0.0,
        values: 0.0,
        weights: 0.0,
    };
    let mut input = 3.0;
    while side >= 4.0 {
        let weights = input * width * kernel * kernel;
        all.weights += weights;
        all.products += weights * side * side;
        all.values += width * side * side;
        (input, width, side) = (width, 2.0 * width, side / 2.0);
    }
    // Residual blocks of the innermost size, by their 3x3 convolutions of as many channels.
    let block = rest * input * input;
    all.weights += block;
    all.products += 16.0 * block;
    all
}

/// Floating-point operations of a step of each stage.
pub(super) fn flops(config: &StackganConfig) -> [f64; 3] {
    let (w, d, batch) = (
        config.width,
        config.discriminator_width,
        f64::from(config.batch),
    );
    let encoder = tower(config.low, d, 4.0, 0.0).products;
    // Generators once, discriminators on real and generated pictures and once more for the generator: there and back is
    // three times there.
    let low =
        tower(config.low, w, 3.0, 3.0).products + 2.7 * tower(config.low, d, 4.0, 2.0).products;
    let residuals = 9.0 * (1.0 + 2.0 * f64::from(config.residuals));
    let at_quarter = (16.0 * f64::from(w * w)) * residuals * f64::from(config.low / 4).powi(2);
    let up = tower(config.size, w, 3.0, 0.0).products;
    let high = up + at_quarter + 2.7 * tower(config.size, d, 4.0, 2.0).products;
    [encoder, low + encoder, high + encoder].map(|products| 6.0 * products * batch)
}

/// What a run takes.
///
/// # Errors
/// Those of [`check_stackgan`].
pub fn estimate_stackgan(config: &StackganConfig, memory: Memory) -> Result<Estimate, Error> {
    check_stackgan(config)?;
    let (networks, encoder) = (networks_of(config), encoder_of(config));
    let plans = [
        networks.first(),
        networks.second(),
        networks.discriminator(networks.low),
        networks.discriminator(networks.size),
    ];
    let plans = plans.iter().flat_map(|plan| plan.expected());
    let sizes = plans.chain(encoder.expected()).filter(|e| e.used);
    let sizes: Vec<f64> = sizes
        .map(|e| e.shape.iter().product::<usize>() as f64)
        .collect();
    let parameters: f64 = sizes.iter().sum();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let (batch, side) = (f64::from(config.batch), f64::from(config.size));
    let wide = f64::from(config.width.max(config.discriminator_width));
    // Pictures halve and channels double: twice the outermost, there and back, with norms between.
    let values = batch * side * side * wide * 2.0 * 12.0;
    // A weight, two moments and an average; those before the last step, and those to go back to; the gradient.
    let bytes = (4.0 * (13.0 * parameters + values)) as u64;
    let widest = 4.0 * batch * side * side * wide;
    let largest_buffer = (12.0 * largest).max(widest) as u64;
    let (columns, rows) = super::job::SHEET;
    let stages = config.stages().map(f64::from);
    let work = flops(config).into_iter().zip(stages);
    Ok(Estimate {
        width: columns * config.size,
        height: rows * config.size,
        bytes,
        largest_buffer,
        flops: work.map(|(flops, steps)| flops * steps).sum(),
        seconds: None,
        fits: bytes <= memory.all && largest_buffer <= memory.binding,
        largest: config.size,
    })
}
