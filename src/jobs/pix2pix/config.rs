//! Ranges of pix2pix's settings, its networks, and what a run takes.

use crate::error::Error;
use crate::jobs::Memory;
use crate::jobs::patch::{check_patch, with_patch};
use crate::jobs::training::{bad, within};
use crate::models::{PatchDiscriminatorConfig, UnetConfig};
use crate::nn::NormKind;
use crate::protocol::{Estimate, Pix2pixConfig, Pix2pixControl};

/// Channels of input and output.
const CHANNELS: usize = 3;
/// The most bytes of pairs.
const MOST: u64 = 256 << 20;

/// The generator of settings in their ranges.
pub(super) fn generator_of(config: &Pix2pixConfig) -> UnetConfig {
    UnetConfig {
        input: CHANNELS,
        output: CHANNELS,
        width: config.width as usize,
        levels: config.size.ilog2() as usize,
    }
}

/// The discriminator of settings in their ranges.
pub(super) fn discriminator_of(config: &Pix2pixConfig) -> PatchDiscriminatorConfig {
    let patch = PatchDiscriminatorConfig {
        input: 2 * CHANNELS,
        width: config.discriminator_width as usize,
        norm: Some(NormKind::Batch),
        ..PatchDiscriminatorConfig::default()
    };
    with_patch(patch, config.patch, config.size)
}

/// Holds settings against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub fn check_pix2pix(config: &Pix2pixConfig) -> Result<(), Error> {
    let size = config.size;
    if ![32, 64, 128, 256].contains(&size) {
        return Err(bad("size", format!("{size} is not 32, 64, 128 or 256")));
    }
    within(&[
        ("count", config.count, 2, 20_000),
        ("steps", config.steps, 1, 1_000_000),
        ("batch", config.batch, 1, 64),
        ("width", config.width, 1, 128),
        ("discriminatorWidth", config.discriminator_width, 1, 128),
    ])?;
    within(&[
        ("lambda", config.lambda, 0.0, 10_000.0),
        ("adversarial", config.adversarial, 0.0, 100.0),
        ("dropout", config.dropout, 0.0, 0.9),
        ("averaging", config.averaging, 0.0, 0.9999),
        ("generatorRate", config.generator_rate, 1e-6, 1.0),
        ("discriminatorRate", config.discriminator_rate, 1e-6, 1.0),
        ("beta1", config.beta1, 0.0, 0.9999),
        ("beta2", config.beta2, 0.0, 0.999_999),
    ])?;
    let pair = (config.task.planes() + CHANNELS) as u64 * u64::from(size).pow(2);
    if u64::from(config.count) * pair > MOST {
        let most = MOST / pair;
        let detail = format!("{} pairs of {size} px; at most {most} fit", config.count);
        return Err(bad("count", detail));
    }
    check_patch(config.patch, &discriminator_of(config), size)
}

/// Holds live controls against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub(super) fn check_control(control: &Pix2pixControl) -> Result<(), Error> {
    let mut config = Pix2pixConfig::default();
    config.apply(control);
    check_pix2pix(&config)
}

/// What a run takes.
///
/// # Errors
/// Those of [`check_pix2pix`].
pub fn estimate_pix2pix(config: &Pix2pixConfig, memory: Memory) -> Result<Estimate, Error> {
    check_pix2pix(config)?;
    let side = config.size as usize;
    let (unet, patch) = (generator_of(config), discriminator_of(config));
    let (mut parameters, mut activations, mut flops) = (0.0, 0.0, 0.0);
    let (mut largest, mut widest) = (0.0_f64, 0.0_f64);
    // A layer whose weight works at so many pixels and gives `out` values, so many times a step.
    let mut add = |shape: &[usize], pixels: usize, out: usize, times: f64| {
        let values = shape.iter().product::<usize>() as f64;
        parameters += values;
        activations += out as f64;
        flops += 2.0 * values * pixels as f64 * times;
        largest = largest.max(values);
        widest = widest.max(out as f64);
    };
    let weights = |all: Vec<crate::weights::Expected>| {
        let shapes = all.into_iter().map(|e| e.shape);
        shapes.filter(|shape| shape.len() > 1).collect::<Vec<_>>()
    };
    // Forward and back is three times forward: the generator once; the discriminator on two pictures, and on one more
    // without the gradients of its weights.
    for (i, shape) in weights(unet.expected()).iter().enumerate() {
        let down = i < unet.levels;
        let level = if down { i } else { 2 * unet.levels - 1 - i };
        let pixels = (side >> (level + 1)).pow(2);
        let out = match down {
            true => shape[0] * pixels,
            false => shape[1] * 4 * pixels,
        };
        add(shape, pixels, out, 3.0);
    }
    for (i, shape) in weights(patch.expected()).iter().enumerate() {
        let halved = side >> (i + 1).min(patch.halvings);
        let lost = (i + 1).saturating_sub(patch.halvings);
        let pixels = match patch.halvings {
            0 => side * side,
            _ => (halved - lost).pow(2),
        };
        add(shape, pixels, shape[0] * pixels, 8.0);
    }
    let batch = f64::from(config.batch);
    // A weight, two moments and an average; those before the last step, and those to go back to; the gradient.
    let of_weights = 4.0 * 13.0 * parameters;
    // Each value, its gradient, and what lies between a convolution and its activation; three passes.
    let of_pictures = 4.0 * 3.0 * 4.0 * activations * batch;
    let largest_buffer = (3.0 * 4.0 * largest).max(4.0 * batch * widest) as u64;
    let bytes = (of_weights + of_pictures) as u64;
    let (columns, rows) = super::job::SHEET;
    Ok(Estimate {
        width: columns * config.size,
        height: rows * config.size,
        bytes,
        largest_buffer,
        flops: flops * batch * f64::from(config.steps),
        seconds: None,
        fits: bytes <= memory.all && largest_buffer <= memory.binding,
        largest: config.size,
    })
}
