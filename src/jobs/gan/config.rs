//! Ranges of the GAN lab's settings, and what a run takes.

use super::networks::{Cost, Pair};
use crate::error::Error;
use crate::jobs::Memory;
use crate::jobs::training::{bad, within};
use crate::protocol::{Estimate, GanConfig, GanControl, GanNetwork, GanVariant};

/// Holds settings against their ranges and against samples of `[C, H, W]`.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub fn check_gan(config: &GanConfig, [_, h, w]: [usize; 3]) -> Result<(), Error> {
    within(&[
        ("size", config.size, 8, 128),
        ("count", config.count, 2, 20_000),
        ("steps", config.steps, 1, 1_000_000),
        ("batch", config.batch, 2, 512),
        ("latent", config.latent, 1, 512),
        ("width", config.width, 1, 256),
        ("discriminatorSteps", config.discriminator_steps, 1, 20),
        ("shift", config.shift, 0, 8),
    ])?;
    within(&[
        ("brush", config.brush, 0.001, 1.0),
        ("dropout", config.dropout, 0.0, 0.9),
        ("labelSmoothing", config.label_smoothing, 0.0, 0.5),
        ("instanceNoise", config.instance_noise, 0.0, 2.0),
        ("averaging", config.averaging, 0.0, 0.9999),
        ("generatorRate", config.generator_rate, 1e-6, 1.0),
        ("discriminatorRate", config.discriminator_rate, 1e-6, 1.0),
        ("beta1", config.beta1, 0.0, 0.9999),
        ("beta2", config.beta2, 0.0, 0.999_999),
    ])?;
    for (name, widths) in [
        ("generatorWidths", &config.generator_widths),
        ("discriminatorWidths", &config.discriminator_widths),
    ] {
        let sound = (1..=8).contains(&widths.len());
        if !sound || !widths.iter().all(|w| (1..=4096).contains(w)) {
            let detail = format!("{widths:?} are not one to eight layers of 1 to 4096 values");
            return Err(bad(name, detail));
        }
    }
    if config.data.points()
        && (config.network == GanNetwork::Dcgan || config.variant == GanVariant::Cgan)
    {
        let detail = "points are learnt by fully connected networks without labels".into();
        return Err(bad("variant", detail));
    }
    if config.network == GanNetwork::Dcgan && !(h == w && [28, 32, 64].contains(&h)) {
        let detail = format!("dcgan draws pictures of 28, 32 or 64 px, not {w} x {h}");
        return Err(bad("network", detail));
    }
    Ok(())
}

/// Holds live controls against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub(super) fn check_control(control: &GanControl) -> Result<(), Error> {
    let mut config = GanConfig::points();
    config.apply(control);
    check_gan(&config, [2, 1, 1])
}

/// What a run takes that learns samples of `[C, H, W]` in so many classes.
///
/// # Errors
/// Those of [`check_gan`].
pub fn estimate_gan(
    config: &GanConfig,
    shape: [usize; 3],
    classes: usize,
    memory: Memory,
) -> Result<Estimate, Error> {
    check_gan(config, shape)?;
    let Cost {
        parameters,
        activations,
        flops,
        largest,
    } = Pair::new(config, shape, classes).cost();
    let batch = f64::from(config.batch);
    // A weight, its gradient, two moments and an average; the copy to go back to, and one on the way.
    let of_weights = 4.0 * 10.0 * parameters;
    // Each value, its gradient, and what lies between a convolution and its activation; three passes.
    let of_samples = 4.0 * 3.0 * 4.0 * activations * batch;
    let largest_buffer = (3.0 * 4.0 * largest).max(4.0 * batch * activations) as u64;
    let bytes = (of_weights + of_samples) as u64;
    let fits = bytes <= memory.all && largest_buffer <= memory.binding;
    let [_, h, w] = shape;
    Ok(Estimate {
        width: w as u32,
        height: h as u32,
        bytes,
        largest_buffer,
        // Forward and back (three times the forward pass) through the generator once and the discriminator three times.
        flops: flops * batch * f64::from(config.steps),
        seconds: None,
        fits,
        largest: config.size,
    })
}
