//! Ranges of CycleGAN's settings, its networks, and what a run takes.

use crate::error::Error;
use crate::jobs::Memory;
use crate::jobs::patch::{check_patch, with_patch};
use crate::jobs::training::{bad, within};
use crate::models::{PatchDiscriminatorConfig, ResnetGeneratorConfig};
use crate::protocol::{CycleganConfig, CycleganControl, Estimate};
use crate::weights::Expected;

/// The most bytes of pictures.
const MOST: u64 = 256 << 20;
/// Channels of a picture.
const CHANNELS: u64 = 3;

/// Either generator of settings in their ranges.
pub(super) fn generator_of(config: &CycleganConfig) -> ResnetGeneratorConfig {
    ResnetGeneratorConfig {
        width: config.width as usize,
        blocks: config.blocks as usize,
        upsample: config.upsample,
        ..ResnetGeneratorConfig::default()
    }
}

/// Either discriminator of settings in their ranges.
pub(super) fn discriminator_of(config: &CycleganConfig) -> PatchDiscriminatorConfig {
    let patch = PatchDiscriminatorConfig {
        width: config.discriminator_width as usize,
        ..PatchDiscriminatorConfig::default()
    };
    with_patch(patch, config.patch, config.size)
}

/// Holds settings against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub fn check_cyclegan(config: &CycleganConfig) -> Result<(), Error> {
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
        ("blocks", config.blocks, 1, 12),
        ("pool", config.pool, 0, 200),
    ])?;
    within(&[
        ("cycle", config.cycle, 0.0, 1000.0),
        ("identity", config.identity, 0.0, 100.0),
        ("decay", config.decay, 0.0, 1.0),
        ("averaging", config.averaging, 0.0, 0.9999),
        ("generatorRate", config.generator_rate, 1e-6, 1.0),
        ("discriminatorRate", config.discriminator_rate, 1e-6, 1.0),
        ("beta1", config.beta1, 0.0, 0.9999),
        ("beta2", config.beta2, 0.0, 0.999_999),
    ])?;
    let both = 2 * CHANNELS * u64::from(size).pow(2);
    if u64::from(config.count) * both > MOST {
        let most = MOST / both;
        let detail = format!("{} of {size} px; at most {most} fit", config.count);
        return Err(bad("count", detail));
    }
    check_patch(config.patch, &discriminator_of(config), size)
}

/// Holds live controls against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub(super) fn check_control(control: &CycleganControl) -> Result<(), Error> {
    let mut config = CycleganConfig::default();
    config.apply(control);
    check_cyclegan(&config)
}

/// The weights of a network's convolutions.
fn convolutions(all: Vec<Expected>) -> impl Iterator<Item = Vec<usize>> {
    let shapes = all.into_iter().map(|e| e.shape);
    shapes.filter(|shape| shape.len() > 1)
}

/// What a run takes.
///
/// # Errors
/// Those of [`check_cyclegan`].
pub fn estimate_cyclegan(config: &CycleganConfig, memory: Memory) -> Result<Estimate, Error> {
    check_cyclegan(config)?;
    let side = config.size as usize;
    let (resnet, patch) = (generator_of(config), discriminator_of(config));
    let (mut parameters, mut activations, mut flops) = (0.0, 0.0, 0.0);
    let (mut largest, mut widest) = (0.0_f64, 0.0_f64);
    // A layer whose weight works at so many pixels and gives `out` values, for so many pictures a step, and so many passes.
    let mut add = |shape: &[usize], pixels: usize, out: usize, pictures: f64, passes: f64| {
        let values = shape.iter().product::<usize>() as f64;
        parameters += 2.0 * values;
        activations += out as f64 * pictures;
        flops += 2.0 * values * pixels as f64 * passes;
        largest = largest.max(values);
        widest = widest.max(out as f64);
    };
    // Both generators draw a picture, bring one back, and leave one as it is; forward and back is three times forward.
    let drawn = if config.identity > 0.0 { 6.0 } else { 4.0 };
    let blocks = 2 * resnet.blocks;
    for (i, shape) in convolutions(resnet.expected()).enumerate() {
        // Pixels at which a weight works, and values it gives: halved twice, then doubled twice.
        let (work, gives) = match i {
            0 => (side, side * side * shape[0]),
            i if i < 3 => (side >> i, (side >> i).pow(2) * shape[0]),
            i if i < 3 + blocks => (side / 4, (side / 4).pow(2) * shape[0]),
            i if i < 5 + blocks => {
                let (from, wide) = (side >> (5 + blocks - i), 2 * (side >> (5 + blocks - i)));
                match resnet.upsample {
                    true => (wide, wide * wide * shape[0]),
                    false => (from, wide * wide * shape[1]),
                }
            }
            _ => (side, side * side * shape[0]),
        };
        add(&shape, work * work, gives, drawn, 3.0 * drawn);
    }
    // Both discriminators judge two pictures, and one more without the gradients of their weights.
    for (i, shape) in convolutions(patch.expected()).enumerate() {
        let halved = side >> (i + 1).min(patch.halvings);
        let lost = (i + 1).saturating_sub(patch.halvings);
        let pixels = match patch.halvings {
            0 => side * side,
            _ => (halved - lost).pow(2),
        };
        add(&shape, pixels, shape[0] * pixels, 6.0, 16.0);
    }
    let batch = f64::from(config.batch);
    // A weight, two moments and an average; those before the last step, and those to go back to; the gradient.
    let of_weights = 4.0 * 13.0 * parameters;
    // Each value, its gradient, and what lies between a convolution and its activation.
    let of_pictures = 4.0 * 4.0 * activations * batch;
    let of_pools = 2.0 * 4.0 * (CHANNELS * u64::from(config.size).pow(2)) as f64;
    let bytes = (of_weights + of_pictures + of_pools * f64::from(config.pool)) as u64;
    let largest_buffer = (3.0 * 4.0 * largest).max(2.0 * 4.0 * batch * widest) as u64;
    let (columns, rows) = super::job::SHEET;
    Ok(Estimate {
        width: columns * config.size,
        height: 2 * rows * config.size,
        bytes,
        largest_buffer,
        flops: flops * batch * f64::from(config.steps),
        seconds: None,
        fits: bytes <= memory.all && largest_buffer <= memory.binding,
        largest: config.size,
    })
}
