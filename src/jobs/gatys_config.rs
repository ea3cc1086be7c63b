//! Settings of `gatys`: their ranges, the scales they ask for, and what a run takes.

use std::ops::RangeInclusive;

use crate::data::decode::fit;
use crate::error::Error;
use crate::models::{Architecture, Cost};
use crate::protocol::{Estimate, GatysConfig, GatysControl};

/// What the adapter offers for one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The largest buffer a kernel can see, in bytes.
    pub binding: u64,
    /// All buffers together, in bytes. WebGPU does not tell; see [`Memory::of`].
    pub all: u64,
}

impl Memory {
    /// From WebGPU's limits `maxStorageBufferBindingSize` and `maxBufferSize`. How much memory there
    /// is in all cannot be asked; eight of the largest buffers, but no more than 4 GiB, is what even
    /// phones that offer such buffers have been seen to give.
    pub fn of(binding: u64, buffer: u64) -> Self {
        Self {
            binding: binding.min(buffer),
            all: buffer.saturating_mul(8).min(4 << 30),
        }
    }
}

/// One scale of the coarse-to-fine schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Long side in pixels.
    pub size: u32,
    /// Size of the picture in pixels.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Steps at this scale.
    pub steps: u32,
}

/// The schedule: long sides from about `coarsest` to `size` in steps of sqrt 2. The coarsest scale
/// lays the composition out and gets two shares of the steps, each other one share.
pub fn scales(config: &GatysConfig, width: u32, height: u32) -> Vec<Scale> {
    let mut sizes = vec![config.size];
    let mut side = f64::from(config.size) / std::f64::consts::SQRT_2;
    while config.coarsest > 0 && side.round() >= f64::from(config.coarsest) {
        sizes.push(side.round() as u32);
        side /= std::f64::consts::SQRT_2;
    }
    // With fewer steps than scales, the coarsest fall away.
    sizes.truncate(config.steps.max(1) as usize);
    let count = sizes.len() as u32;
    let share = config.steps / (count + 1);
    let later = if count == 1 { 0 } else { share.max(1) };
    let first = config.steps - later * (count - 1);
    let scale = |(i, size): (usize, &u32)| {
        let (width, height) = fit(width, height, *size);
        let steps = if i == 0 { first } else { later };
        Scale {
            size: *size,
            width,
            height,
            steps,
        }
    };
    sizes.iter().rev().enumerate().map(scale).collect()
}

/// The network's layers that a run taps: content first, then style with weights that sum to 1.
///
/// # Errors
/// `BadSetting` for a layer the network does not have, or if no style layer is left.
pub fn network_layers(
    config: &GatysConfig,
    net: &Architecture,
) -> Result<(String, Vec<(String, f32)>), Error> {
    let known = net.layers();
    let check = |setting: &'static str, layer: &str| {
        if known.iter().any(|k| k == layer) {
            return Ok(());
        }
        Err(Error::BadSetting {
            name: setting,
            detail: format!(
                "the network has no layer {layer}; it has {}",
                known.join(", ")
            ),
        })
    };
    let content = match config.content_layer.as_str() {
        "" => net.content_layer().to_owned(),
        layer => layer.to_owned(),
    };
    check("contentLayer", &content)?;
    let mut style = net.style_layers();
    if !config.style_layers.is_empty() {
        style = config
            .style_layers
            .iter()
            .map(|(k, v)| (k.clone(), *v))
            .collect();
    }
    for (layer, weight) in &style {
        check("styleLayers", layer)?;
        within("styleLayers", *weight, &(0.0..=1000.0))?;
    }
    style.retain(|(_, weight)| *weight > 0.0);
    let sum: f32 = style.iter().map(|(_, weight)| weight).sum();
    if style.is_empty() {
        return Err(Error::BadSetting {
            name: "styleLayers",
            detail: "at least one layer needs a weight above 0".into(),
        });
    }
    for (_, weight) in &mut style {
        *weight /= sum;
    }
    Ok((content, style))
}

const WEIGHT: RangeInclusive<f32> = 0.0..=1e6;
const RATE: RangeInclusive<f32> = 1e-4..=10.0;

fn within(name: &'static str, value: f32, range: &RangeInclusive<f32>) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Error::BadSetting {
        name,
        detail: format!(
            "{value} is not within {} and {}",
            range.start(),
            range.end()
        ),
    })
}

/// Checks every range of [`GatysConfig`].
///
/// # Errors
/// `BadSetting`, with the setting and its range.
pub fn check(config: &GatysConfig) -> Result<(), Error> {
    within("size", config.size as f32, &(16.0..=4096.0))?;
    within("steps", config.steps as f32, &(1.0..=10_000.0))?;
    within("contentWeight", config.content_weight, &WEIGHT)?;
    within("styleWeight", config.style_weight, &WEIGHT)?;
    within("tvWeight", config.tv_weight, &WEIGHT)?;
    within("learningRate", config.learning_rate, &RATE)?;
    within("styleScale", config.style_scale, &(0.1..=4.0))?;
    within("coarsest", config.coarsest as f32, &(0.0..=4096.0))?;
    within("averaging", config.averaging, &(0.0..=0.9999))?;
    for weight in &config.blend {
        within("blend", *weight, &(0.0..=1000.0))?;
    }
    Ok(())
}

/// Checks the ranges of live controls.
///
/// # Errors
/// As [`check`].
pub fn check_control(control: &GatysControl) -> Result<(), Error> {
    let given = [
        ("contentWeight", control.content_weight, WEIGHT),
        ("styleWeight", control.style_weight, WEIGHT),
        ("tvWeight", control.tv_weight, WEIGHT),
        ("learningRate", control.learning_rate, RATE),
    ];
    for (name, value, range) in given {
        if let Some(value) = value {
            within(name, value, &range)?;
        }
    }
    Ok(())
}

/// What one scale takes: the forward pass of the network at that size.
pub(super) fn cost_of(scale: &Scale, net: &Architecture, layers: &[String]) -> Cost {
    net.cost(scale.width as usize, scale.height as usize, layers)
}

/// What a run on a `width` x `height` content takes, and whether it fits. `rate` is this device's
/// measured speed in floating-point operations per second, if it is known.
///
/// # Errors
/// `BadSetting` as [`check`] and [`network_layers`].
pub fn estimate(
    config: &GatysConfig,
    net: &Architecture,
    (width, height): (u32, u32),
    memory: Memory,
    rate: Option<f64>,
) -> Result<Estimate, Error> {
    check(config)?;
    let (content, style) = network_layers(config, net)?;
    let mut layers: Vec<String> = style.into_iter().map(|(name, _)| name).collect();
    if !layers.contains(&content) {
        layers.push(content);
    }
    let takes = |size: u32| {
        let (w, h) = fit(width, height, size);
        let pixels = u64::from(w) * u64::from(h);
        let cost = net.cost(w as usize, h as usize, &layers);
        let style_side = (size as f32 * config.style_scale).round() as usize;
        let style = net.cost(style_side, style_side, &layers);
        // Forward activations, the gradient of about half of them alive at once, and the picture
        // with its gradient, moments, averages and packed copies; filters and the kernels' own.
        let picture = match config.optimizer {
            crate::protocol::Optimizer::Adam => 14 * 3 * pixels,
            crate::protocol::Optimizer::Lbfgs => 34 * 3 * pixels,
        };
        let most = (cost.floats * 3 / 2 + picture).max(style.floats);
        let bytes = 4 * (most + cost.scratch.max(style.scratch) + cost.filters);
        let largest = 4 * cost.largest.max(style.largest).max(9 * pixels);
        (w, h, bytes, largest)
    };
    let fits = |size: u32| {
        let (.., bytes, largest) = takes(size);
        bytes <= memory.all && largest <= memory.binding
    };
    let (w, h, bytes, largest_buffer) = takes(config.size);
    let flops: f64 = scales(config, width, height)
        .iter()
        .map(|s| f64::from(s.steps) * step_flops(&cost_of(s, net, &layers)))
        .sum();
    Ok(Estimate {
        width: w,
        height: h,
        bytes,
        largest_buffer,
        flops,
        seconds: rate.map(|r| flops / r),
        fits: fits(config.size),
        largest: (16..=4096u32)
            .rev()
            .step_by(16)
            .find(|s| fits(*s))
            .unwrap_or(16),
    })
}

/// A step is a forward pass and the gradient with respect to the activations, which costs the same.
pub(super) fn step_flops(cost: &Cost) -> f64 {
    2.0 * cost.flops
}
