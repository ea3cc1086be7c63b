//! `easel train features`: the feature network of the page, distilled from larger ones.
//!
//! The student's `relu{k}_2` learns the k-th stage of each teacher. Of Darknet Reference, whose
//! stages are as wide as the student's blocks, it learns the positive part itself; of SqueezeNet 1.1,
//! whose stages are wider, what a 1x1 convolution makes of the student's layer (thrown away
//! afterwards). The loss of a stage is relative, `sum (S - T)^2 / sum T^2`, so that no stage drowns
//! another; the teachers' shares are settings.
//!
//! For the first part of the steps each block learns alone, from what the teacher's stage before it
//! gives: five shallow problems instead of a deep one. Then the whole network learns, end to end.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::path::PathBuf;
use std::time::Instant;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{
    Device, Tensor, TensorData, activation::relu, module::max_pool2d, ops::MaxPoolOptions,
};

use super::{darknet::Darknet, pictures::Pictures};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::models::{Architecture, FEATURES, FeatureNetwork, Vgg};
use crate::nn::Conv2d;
use crate::ops::ConvOptions;
use crate::protocol::Pooling;
use crate::weights::{Weights, write_f16};

/// Stages of SqueezeNet and the student's block of the same resolution, from 0.
const SQUEEZE_STAGES: [(&str, usize, usize); 4] = [
    ("relu1", 64, 1),
    ("fire4", 128, 2),
    ("fire7", 256, 3),
    ("fire11", 512, 4),
];
const BLOCKS: [usize; 5] = [16, 32, 64, 128, 256];

/// Settings of a training run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folders of training pictures.
    pub pictures: Vec<PathBuf>,
    /// Darknet Reference's first five convolutions.
    pub darknet: PathBuf,
    /// SqueezeNet 1.1.
    pub squeezenet: PathBuf,
    /// Share of the Darknet loss.
    pub darknet_share: f32,
    /// Share of the SqueezeNet loss.
    pub squeezenet_share: f32,
    /// Weights to go on from; otherwise fresh ones.
    pub from: Option<PathBuf>,
    /// Training steps.
    pub steps: usize,
    /// Of these, how many at the start train each block alone.
    pub blockwise: usize,
    /// Crops per step.
    pub batch: usize,
    /// Side of a crop in pixels.
    pub crop: u32,
    /// The highest learning rate of the blockwise phase; see [`rate`] for its course.
    pub rate: f64,
    /// Seeds crops and first weights.
    pub seed: u32,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// safetensors, f16.
    pub file: Vec<u8>,
    /// Held-out relative error per stage: `("darknet.relu1_2", 0.01)`.
    pub errors: Vec<(String, f32)>,
    /// Pictures trained on and held out.
    pub pictures: (usize, usize),
    /// Parameters of the student.
    pub parameters: usize,
}

/// The student's convolutions, and the 1x1 ones that compare it with SqueezeNet.
#[derive(Module, Debug)]
struct Student {
    convs: Vec<Conv2d>,
    adapters: Vec<Conv2d>,
}

struct Teachers {
    darknet: Darknet,
    /// Only if it has a share.
    squeezenet: Option<FeatureNetwork>,
}

/// Trains and reports on standard error.
///
/// # Errors
/// Files that cannot be read or are not what they should be.
pub fn train(settings: &Settings, device: &Device) -> Result<Outcome, Error> {
    let pictures = Pictures::read(&settings.pictures)?;
    let teachers = Teachers::load(settings, device)?;
    let learning = device.clone().autodiff();
    let adapter = |(_, channels, block): (&str, usize, usize)| {
        // Zeros: a random comparison would first of all teach the student noise.
        let weight = Tensor::zeros([channels, BLOCKS[block], 1, 1], &learning);
        let bias = Tensor::zeros([channels], &learning);
        Conv2d::new(weight, Some(bias), ConvOptions::default())
    };
    let mut student = Student {
        convs: first(settings, &learning)?.convs,
        adapters: SQUEEZE_STAGES.map(adapter).to_vec(),
    };
    let mut optimizer = AdamConfig::new().init();
    let mut seed = Seed::new(settings.seed);
    let begun = Instant::now();
    let (count, held) = pictures.len();
    eprintln!("{count} pictures to learn from, {held} held out");
    for step in 0..settings.steps {
        let image = pictures.batch(settings.batch, settings.crop, &mut seed, device);
        let targets = teachers.targets(image.clone());
        if step == settings.blockwise {
            // Moments of the small blockwise gradients would make the first joint steps far too long.
            optimizer = AdamConfig::new().init();
        }
        let image = Tensor::from_inner(image);
        let losses = if step < settings.blockwise {
            student.block_losses(image, &targets)
        } else {
            student.losses(image, &targets)
        };
        let loss = weighted(&losses, settings);
        let grads = GradientsParams::from_grads(loss.backward(), &student);
        student = optimizer.step(rate(settings, step), student, grads);
        if step % 100 == 99 {
            let parts = losses
                .into_iter()
                .map(|(_, loss)| format!("{:.3}", value(loss.inner())));
            let parts = parts.collect::<Vec<_>>().join(" ");
            let spent = begun.elapsed().as_secs_f64();
            let left = spent / (step + 1) as f64 * (settings.steps - step - 1) as f64;
            let loss = value(loss.inner());
            let step = step + 1;
            eprintln!(
                "step {step} of {}: loss {loss:.4} ({parts}), {left:.0} s to go",
                settings.steps
            );
        }
    }
    let image = pictures.test(64, settings.crop, device);
    let targets = teachers.targets(image.clone());
    let student = student.valid();
    let errors = student.losses(image, &targets).into_iter();
    let errors = errors.map(|(name, loss)| (name, value(loss))).collect();
    let net = Vgg::new(&FEATURES, student.convs);
    Ok(Outcome {
        file: write(&net)?,
        errors,
        pictures: pictures.len(),
        parameters: net.parameters(),
    })
}

fn read(path: &PathBuf) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|e| Error::Unexpected(format!("{path:?}: {e}")))
}

/// The student at the start.
fn first(settings: &Settings, device: &Device) -> Result<Vgg, Error> {
    let Some(path) = &settings.from else {
        return Ok(Vgg::init(&FEATURES, &mut Seed::new(settings.seed), device));
    };
    let net = Architecture::Vgg(&FEATURES);
    let weights = Weights::read("features", &read(path)?, |_| Ok(net.expected()))?;
    Vgg::load(&FEATURES, &weights, device)
}

/// The learning rate of the joint phase, relative to the blockwise one: whole, the network is deep and
/// its gradients are large.
const JOINT: f64 = 0.2;

/// In each of the two phases a cosine from the highest rate to a hundredth of it, after a warm-up.
fn rate(settings: &Settings, step: usize) -> f64 {
    const WARM_UP: f64 = 100.0;
    let (at, of, highest) = if step < settings.blockwise {
        (step, settings.blockwise, settings.rate)
    } else {
        let before = settings.blockwise;
        (
            step - before,
            settings.steps - before,
            settings.rate * JOINT,
        )
    };
    let cosine = 0.505 + 0.495 * (std::f64::consts::PI * at as f64 / of as f64).cos();
    highest * cosine * ((at + 1) as f64 / WARM_UP).min(1.0)
}

fn value(loss: Tensor<1>) -> f32 {
    loss.into_data().iter::<f32>().next().unwrap_or(f32::NAN)
}

fn weighted(losses: &[(String, Tensor<1>)], settings: &Settings) -> Tensor<1> {
    let share = |name: &str| {
        if name.starts_with("darknet") {
            settings.darknet_share
        } else {
            settings.squeezenet_share
        }
    };
    let terms = losses.iter().map(|(name, loss)| loss.clone() * share(name));
    terms.reduce(|a, b| a + b).expect("there are stages")
}

impl Teachers {
    fn load(settings: &Settings, device: &Device) -> Result<Self, Error> {
        let squeezenet = if settings.squeezenet_share > 0.0 {
            let net = Architecture::SqueezeNet;
            let bytes = read(&settings.squeezenet)?;
            let weights = Weights::read("squeezenet", &bytes, |_| Ok(net.expected()))?;
            Some(net.load(&weights, device)?)
        } else {
            None
        };
        Ok(Self {
            darknet: Darknet::load("darknet", &read(&settings.darknet)?, device)?,
            squeezenet,
        })
    }

    /// Darknet's five stages, then SqueezeNet's four if it teaches.
    fn targets(&self, image: Tensor<4>) -> Vec<Tensor<4>> {
        let mut all: Vec<_> = self
            .darknet
            .forward(image.clone())
            .into_iter()
            .map(relu)
            .collect();
        let Some(squeezenet) = &self.squeezenet else {
            return all;
        };
        let names = SQUEEZE_STAGES.map(|(name, ..)| name.to_owned());
        let mut taps = squeezenet.forward(image, &names, Pooling::Max);
        all.extend(names.iter().filter_map(|name| taps.remove(name)));
        all
    }
}

impl Student {
    /// Each block from the teacher's stage before it; Darknet's stages only.
    fn block_losses(&self, image: Tensor<4>, targets: &[Tensor<4>]) -> Vec<(String, Tensor<1>)> {
        let net = Vgg::new(&FEATURES, self.convs.clone());
        let mut input = image;
        let mut losses = Vec::new();
        for (block, target) in targets.iter().take(BLOCKS.len()).enumerate() {
            let loss = relative(net.block(block, input), target.clone());
            losses.push((format!("darknet.{}", FEATURES.style_layers[block]), loss));
            let pooled = max_pool2d(target.clone(), MaxPoolOptions::new([2, 2]));
            input = Tensor::from_inner(pooled);
        }
        losses
    }

    fn losses(&self, image: Tensor<4>, targets: &[Tensor<4>]) -> Vec<(String, Tensor<1>)> {
        let net = Vgg::new(&FEATURES, self.convs.clone());
        let names: Vec<String> = FEATURES
            .style_layers
            .iter()
            .map(|n| String::from(*n))
            .collect();
        let taps = net.forward(image, &names, Pooling::Max);
        let mut losses = Vec::new();
        for (name, target) in names.iter().zip(targets) {
            let loss = relative(taps[name].clone(), target.clone());
            losses.push((format!("darknet.{name}"), loss));
        }
        let stages = SQUEEZE_STAGES
            .iter()
            .zip(&self.adapters)
            .zip(&targets[BLOCKS.len()..]);
        for (((name, _, block), adapter), target) in stages {
            let seen = adapter.forward(taps[&names[*block]].clone());
            losses.push((format!("squeezenet.{name}"), relative(seen, target.clone())));
        }
        losses
    }
}

/// `sum (S - T)^2 / sum T^2` over the area that both have: SqueezeNet's convolutions without
/// padding lose a row and a column here and there.
fn relative(s: Tensor<4>, t: Tensor<4>) -> Tensor<1> {
    let ([b, c, h1, w1], [_, _, h2, w2]) = (s.dims(), t.dims());
    let (h, w) = (h1.min(h2), w1.min(w2));
    let t = t.slice([0..b, 0..c, 0..h, 0..w]);
    let error = s.slice([0..b, 0..c, 0..h, 0..w]) - t.clone();
    error.square().sum() / t.square().sum().add_scalar(1e-12)
}

fn write(net: &Vgg) -> Result<Vec<u8>, Error> {
    let mut tensors: Vec<(String, TensorData)> = Vec::new();
    for (conv, (weight, bias)) in net.convs.iter().zip(net.names()) {
        tensors.push((weight, conv.weight.val().into_data()));
        let values = conv.bias.as_ref().expect("VGG has biases").val();
        tensors.push((bias, values.into_data()));
    }
    let metadata = [
        ("architecture", "features"),
        ("licence", "MIT OR Apache-2.0"),
    ];
    write_f16(&tensors, metadata.map(|(k, v)| (k.into(), v.into())).into())
}
