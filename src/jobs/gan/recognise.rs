//! What generator a file holds, told by the names and shapes of its tensors alone: what Easel exports, PyTorch's DCGAN
//! example and its common variations, and PyTorch-GAN's.
//!
//! A file does not say everything. Of transposed convolutions the strides follow from the kernels, as far as these are
//! known; of PyTorch-GAN's networks it is known that their batch norms take 0.8 for epsilon.

use std::collections::BTreeMap;

use burn::tensor::Device;

use super::check_gan;
use super::directions::strongest;
use super::networks::{Generator, GeneratorBody, Pair};
use crate::error::Error;
use crate::models::{DcganConfig, DcganGenerator, LabelledNoise, UpsamplingConfig};
use crate::nn::{Form, LayerPlan, Layers, NormKind};
use crate::ops::{Activation, ConvTransposeOptions};
use crate::protocol::{GanConfig, GanData, GanNetwork, GanVariant, NoiseLabel};
use crate::weights::{Expected, Header, NOTE, Weights};

/// What PyTorch-GAN's batch norms add to the variance, less than what ours add.
const EPSILON: f32 = 0.8 - 1e-5;
const LABEL: &str = "label_emb.weight";
/// How many directions of the noise are told.
const DIRECTIONS: usize = 6;

/// What a file holds.
pub(super) struct Recognised {
    pub config: GanConfig,
    /// `[C, H, W]`
    pub shape: [usize; 3],
    /// 1 without labels.
    pub classes: usize,
    body: Body,
}

enum Body {
    /// One of the lab's own networks; of PyTorch-GAN if `foreign`.
    Ours {
        foreign: bool,
    },
    Chain(Vec<LayerPlan>),
    Upsampling(UpsamplingConfig),
}

/// Tensors by name, without what stands before.
type Shapes<'a> = BTreeMap<&'a str, &'a [usize]>;

impl Recognised {
    fn pair(&self) -> Pair {
        Pair::new(&self.config, self.shape, self.classes)
    }

    fn labelled(&self) -> bool {
        self.config.variant == GanVariant::Cgan
    }

    /// The tensors of its file.
    pub fn expected(&self) -> Vec<Expected> {
        let mut all = match &self.body {
            Body::Ours { .. } => return self.pair().expected_generator(),
            Body::Chain(plan) => Layers::expected(plan),
            Body::Upsampling(config) => config.expected(),
        };
        let (form, latent) = (self.config.noise_label, self.config.latent as usize);
        if self.labelled() {
            all.push(LabelledNoise::expected(form, self.classes, latent));
        }
        all
    }

    /// See [`TrainedGenerator::directions`](super::TrainedGenerator), from a file checked by [`Self::expected`].
    pub fn directions(&self, weights: &Weights) -> Result<Vec<Vec<f32>>, Error> {
        let expected = self.expected();
        let matrices = { expected.iter() }.filter(|e| e.shape.len() > 1 && e.name != LABEL);
        let Some(Expected { name, shape, .. }) = matrices.min_by_key(|e| numbers(&e.name)) else {
            return Ok(Vec::new());
        };
        let (values, latent) = (weights.values(name)?, self.config.latent as usize);
        // A transposed convolution has a row for each number it is given, a linear layer a column.
        let inputs = shape[if shape.len() == 4 { 0 } else { 1 }];
        let width = values.len() / inputs;
        let row = |i: usize| -> Vec<f32> {
            match shape.len() {
                4 => values[i * width..(i + 1) * width].to_vec(),
                _ => (0..width).map(|k| values[k * inputs + i]).collect(),
            }
        };
        // The label's numbers are no noise.
        let noise = match self.body {
            Body::Upsampling(_) => 0..latent,
            _ => inputs - latent..inputs,
        };
        Ok(strongest(&noise.map(row).collect::<Vec<_>>(), DIRECTIONS))
    }

    /// From a file checked by [`Self::expected`].
    pub fn load(&self, mut weights: Weights, device: &Device) -> Result<Generator, Error> {
        let norms = match &self.body {
            Body::Ours { foreign: true } => {
                let names = self.expected().into_iter().map(|e| e.name);
                let norms =
                    names.filter_map(|name| Some(name.strip_suffix(".running_var")?.into()));
                norms.collect()
            }
            Body::Upsampling(config) => config.norms(),
            _ => Vec::<String>::new(),
        };
        for norm in norms {
            let more = |values: Vec<f32>| values.into_iter().map(|v| v + EPSILON).collect();
            weights.change(&format!("{norm}.running_var"), more)?;
        }
        let form = self.config.noise_label;
        let body = match &self.body {
            Body::Ours { .. } => return self.pair().load_generator(&weights, device),
            Body::Chain(plan) => {
                let config = DcganConfig {
                    size: self.shape[1],
                    channels: self.shape[0],
                    latent: plan[0].channels[0],
                    width: self.config.width as usize,
                };
                let net = DcganGenerator::load(plan.clone(), config, &weights, device)?;
                GeneratorBody::Dcgan(net)
            }
            Body::Upsampling(config) => {
                if self.labelled() && form == NoiseLabel::Concatenated {
                    // There the label stands behind the noise.
                    let noise = self.config.latent as usize;
                    weights.change("l1.0.weight", |values| {
                        let rows = values.chunks_exact(config.latent);
                        rows.flat_map(|row| [&row[noise..], &row[..noise]].concat())
                            .collect()
                    })?;
                }
                GeneratorBody::Upsampling(config.load(&weights, device)?)
            }
        };
        let label = match self.labelled() {
            true => Some(LabelledNoise::load(form, &weights, device)?),
            false => None,
        };
        Ok(Generator::new(label, body))
    }
}

/// The generator whose names stand behind `before`.
///
/// # Errors
/// What is not known of it.
pub(super) fn recognise(header: &Header, before: &str) -> Result<Recognised, String> {
    let all = header.tensors();
    let mine = all
        .iter()
        .filter_map(|(name, shape)| Some((name.strip_prefix(before)?, shape.as_slice())));
    let mine: Shapes = mine.collect();
    if let Some((name, _)) = mine.iter().find(|(_, shape)| shape.contains(&0)) {
        return Err(format!("{name} is empty"));
    }
    let ours = header.note(NOTE).map(serde_json::from_str::<GanConfig>);
    let found = match ours {
        Some(Ok(config)) => exported(config, &mine)?,
        _ if mine.contains_key("l1.0.weight") => upsampling(&mine)?,
        _ if mine.values().any(|shape| shape.len() == 4) => chain(&mine)?,
        _ => dense(&mine)?,
    };
    let checked = check_gan(&found.config, found.shape);
    checked.map_err(|e| format!("its generator is none that Easel can draw with: {e}"))?;
    Ok(found)
}

/// Weights of at least two dimensions but for the label's, in the order of the numbers in their names.
fn matrices<'a>(mine: &Shapes<'a>) -> Vec<(&'a str, &'a [usize])> {
    let mut all: Vec<_> = { mine.iter() }
        .filter(|(name, shape)| shape.len() > 1 && **name != LABEL)
        .map(|(name, shape)| (*name, *shape))
        .collect();
    all.sort_by_key(|(name, _)| numbers(name));
    all
}

/// `conv_blocks.10` -> `[10]`
fn numbers(name: &str) -> Vec<u64> {
    let parts = name.split(|c: char| !c.is_ascii_digit());
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(|part| part.parse().unwrap_or(u64::MAX)).collect()
}

fn convolutional(mine: &Shapes) -> GanVariant {
    match mine.contains_key(LABEL) {
        true => GanVariant::Cgan,
        false => GanVariant::Dcgan,
    }
}

/// As a number of the settings; one that is too large is out of every range.
fn setting(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The settings of a generator that is given so many numbers, with its label's; and its classes.
fn conditions(mine: &Shapes, inputs: usize) -> Result<(GanConfig, usize), String> {
    let of = |variant, latent: usize, noise_label| GanConfig {
        latent: setting(latent),
        noise_label,
        ..GanConfig::of(Some(variant), Some(GanData::Pictures))
    };
    let (cgan, classes) = match mine.get(LABEL) {
        None => return Ok((of(GanVariant::Gan, inputs, NoiseLabel::Concatenated), 1)),
        Some([classes, width]) if *width == inputs => (
            of(GanVariant::Cgan, inputs, NoiseLabel::Multiplied),
            *classes,
        ),
        Some([classes, width]) if width == classes && *width < inputs => {
            let latent = inputs - width;
            (
                of(GanVariant::Cgan, latent, NoiseLabel::Concatenated),
                *classes,
            )
        }
        Some(shape) => {
            return Err(format!(
                "{LABEL} of shape {shape:?} does not go with {inputs} numbers that the generator is given"
            ));
        }
    };
    if classes > 256 {
        return Err(format!("{classes} classes; at most 256 are known"));
    }
    Ok((cgan, classes))
}

/// What Easel wrote: the settings are in the file, the shape of a sample is in the last weight.
fn exported(config: GanConfig, mine: &Shapes) -> Result<Recognised, String> {
    let size = config.size as usize;
    let label = mine.get(LABEL).map(|shape| shape.first().copied());
    let classes = label.map_or(1, Option::unwrap_or_default);
    let shape = match matrices(mine).last() {
        Some((_, [2, _])) if config.data.points() => [2, 1, 1],
        Some((_, [_, channels, _, _])) => [*channels, size, size],
        Some((_, [values, _])) if size > 0 => [values / (size * size), size, size],
        _ => return Err("there is no generator in it".into()),
    };
    if !(1..=256).contains(&classes) || !(1..=3).contains(&shape[0]) {
        return Err(format!("samples of {shape:?} in {classes} classes"));
    }
    Ok(Recognised {
        config,
        shape,
        classes,
        body: Body::Ours { foreign: false },
    })
}

/// PyTorch-GAN's fully connected generator.
fn dense(mine: &Shapes) -> Result<Recognised, String> {
    let weights = matrices(mine);
    let (Some((_, [_, inputs])), Some((_, [values, _]))) = (weights.first(), weights.last()) else {
        return Err("there is no generator in it".into());
    };
    let square = |channels: usize| {
        let side = (values / channels).isqrt();
        (side > 1 && channels * side * side == *values).then_some([channels, side, side])
    };
    let shape = match values {
        2 => Some([2, 1, 1]),
        _ => square(1).or_else(|| square(3)),
    };
    let shape = shape.ok_or_else(|| format!("{values} values are no square picture"))?;
    let (config, classes) = conditions(mine, *inputs)?;
    let (_, hidden) = weights.split_last().expect("there is a last one");
    let defaults = match values {
        2 => GanConfig::points(),
        _ => config.clone(),
    };
    Ok(Recognised {
        config: GanConfig {
            latent: config.latent,
            network: GanNetwork::Mlp,
            generator_widths: hidden.iter().map(|(_, shape)| setting(shape[0])).collect(),
            norm: mine.keys().any(|name| name.ends_with(".running_var")),
            size: setting(if *values == 2 { 28 } else { shape[1] }),
            ..defaults
        },
        shape,
        classes,
        body: Body::Ours { foreign: true },
    })
}

/// PyTorch-GAN's convolutional generator.
fn upsampling(mine: &Shapes) -> Result<Recognised, String> {
    let convolutions = matrices(mine)
        .into_iter()
        .filter(|(_, shape)| shape.len() == 4);
    let mut channels = Vec::new();
    for (name, shape) in convolutions {
        let [output, input, 3, 3] = shape else {
            return Err(format!(
                "{name} of shape {shape:?} has no kernel of 3 pixels"
            ));
        };
        if channels.is_empty() {
            channels.push(*input);
        }
        channels.push(*output);
    }
    let (Some([values, inputs]), 3..=8) = (mine.get("l1.0.weight"), channels.len()) else {
        return Err("there is no generator in it".into());
    };
    let (config, classes) = conditions(mine, *inputs)?;
    // PyTorch-GAN's are leaky. The one that is known to put the label beside the noise is not; a file does not say.
    let beside = mine.contains_key(LABEL) && config.noise_label == NoiseLabel::Concatenated;
    let net = UpsamplingConfig {
        latent: *inputs,
        side: (values / channels[0]).isqrt(),
        norm: mine.contains_key("conv_blocks.0.running_var"),
        activation: if beside {
            Activation::Relu
        } else {
            Activation::LeakyRelu(0.2)
        },
        channels,
    };
    let size = net.size();
    let picture = net.channels[net.channels.len() - 1];
    Ok(Recognised {
        config: GanConfig {
            variant: convolutional(mine),
            network: GanNetwork::Dcgan,
            width: setting(net.channels[net.channels.len() - 2]),
            size: setting(size),
            ..config
        },
        shape: [picture, size, size],
        classes,
        body: Body::Upsampling(net),
    })
}

/// Stride and padding of transposed convolutions with such kernels: of PyTorch's example, and of its common variations for
/// pictures of 28 pixels.
fn geometry(kernels: &[usize]) -> Option<Vec<[usize; 2]>> {
    match kernels {
        [3, 4, 3, 4] => Some(vec![[2, 0], [1, 0], [2, 0], [2, 0]]),
        [4, 3, 4, 4] => Some(vec![[1, 0], [2, 1], [2, 1], [2, 1]]),
        [4..=7, rest @ ..] if rest.iter().all(|kernel| *kernel == 4) => {
            Some([vec![[1, 0]], vec![[2, 1]; rest.len()]].concat())
        }
        _ => None,
    }
}

/// A row of transposed convolutions, each but the last with a batch norm or none, then ReLU; tanh at the end.
fn chain(mine: &Shapes) -> Result<Recognised, String> {
    // Layers by their numbers, a norm behind its convolution: `main.0` and `main.1`, or `conv1` and `norm1`.
    let mut layers: Vec<(&str, &[usize])> = Vec::new();
    for (name, shape) in mine.iter().filter(|(name, _)| **name != LABEL) {
        let known = ["bias", "running_mean", "running_var", "num_batches_tracked"];
        match name.rsplit_once('.') {
            Some((layer, "weight")) if [1, 4].contains(&shape.len()) => {
                layers.push((layer, *shape))
            }
            Some((_, part)) if known.contains(&part) => {}
            _ => {
                return Err(format!(
                    "{name} of shape {shape:?} belongs to no layer that is known"
                ));
            }
        }
    }
    layers.sort_by_key(|(name, shape)| (numbers(name), shape.len() == 1));
    let mut plan: Vec<LayerPlan> = Vec::new();
    for (name, shape) in layers {
        let before = plan.last();
        let fits = before.is_none_or(|before| before.channels[1] == shape[0]);
        let bare = before.is_some_and(|before| before.norm.is_none());
        match shape {
            [input, output, kernel, other] if kernel == other && fits => {
                let form = Form::Transposed(ConvTransposeOptions::default());
                plan.push(LayerPlan {
                    bias: mine.contains_key(format!("{name}.bias").as_str()),
                    activation: Activation::Relu,
                    ..LayerPlan::new(name, form, [*input, *output], *kernel)
                });
            }
            [_] if fits && bare => {
                let before = plan.last_mut().expect("there is one without a norm");
                before.norm = Some((NormKind::Batch, name.into()));
            }
            _ => {
                return Err(format!(
                    "{name} of shape {shape:?} does not go with the layer before"
                ));
            }
        }
    }
    let kernels: Vec<_> = plan.iter().map(|layer| layer.kernel).collect();
    let steps = geometry(&kernels).ok_or_else(|| {
        format!("transposed convolutions with kernels of {kernels:?} pixels: their strides are not known")
    })?;
    let mut side = 1;
    for (layer, [stride, padding]) in plan.iter_mut().zip(steps) {
        side = (side - 1) * stride + layer.kernel - 2 * padding;
        layer.form = Form::Transposed(ConvTransposeOptions {
            stride,
            padding,
            ..ConvTransposeOptions::default()
        });
    }
    let Some(last) = plan.last_mut() else {
        return Err("there is no generator in it".into());
    };
    last.activation = Activation::Tanh;
    let [width, channels] = last.channels;
    if last.norm.is_some() || ![1, 3].contains(&channels) {
        return Err(format!("{} does not end in a picture", last.name));
    }
    let (config, classes) = conditions(mine, plan[0].channels[0])?;
    Ok(Recognised {
        config: GanConfig {
            variant: convolutional(mine),
            network: GanNetwork::Dcgan,
            width: setting(width),
            size: setting(side),
            ..config
        },
        shape: [channels, side, side],
        classes,
        body: Body::Chain(plan),
    })
}
