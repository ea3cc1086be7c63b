//! Training the classifiers by which the samples of the GAN lab are judged. They learn from pictures that are shifted,
//! blurred, paler or darker and noisy, as a GAN's are, and to be sure of nothing when shown what belongs to no class
//! (Hendrycks et al. 2019, arXiv 1812.04606): parts of several pictures, several pictures over each other, or noise.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::collections::BTreeMap;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData, activation::log_softmax};

use super::lesson::{Lesson, falling};
use crate::data::dataset::Pictures;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::models::{Classifier, ClassifierConfig};
use crate::nn::Adam;
use crate::quality::{Recognition, recognition};
use crate::weights::{Expected, write_f16};

/// Steps from one progress line to the next.
const LINE: usize = 100;
/// One picture in so many belongs to no class.
const NONSENSE: usize = 6;

/// Settings of a training run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// See [`Lesson::of`].
    pub data: String,
    /// How many digits or scenes are drawn to learn from.
    pub count: usize,
    /// Training steps.
    pub steps: usize,
    /// Pictures per step.
    pub batch: usize,
    /// The highest learning rate; it falls to a hundredth along a cosine.
    pub rate: f32,
    /// Seeds weights, order and changes of the pictures.
    pub seed: u32,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// safetensors, f16.
    pub file: Vec<u8>,
    /// Numbers of the network.
    pub parameters: usize,
    /// How many were held out.
    pub held: usize,
    /// Of what was held out, as it is.
    pub plain: Recognition,
    /// Of the same, changed as in training.
    pub changed: Recognition,
    /// Of what belongs to no class: only `confident` says something.
    pub nonsense: Recognition,
}

/// Trains to the last step and tells a line now and then.
///
/// # Errors
/// Files that cannot be read or are not what they should be.
pub fn train(
    settings: &Settings,
    device: &Device,
    mut told: impl FnMut(String),
) -> Result<Outcome, Error> {
    let Lesson {
        config,
        learnt,
        held,
    } = Lesson::of(&settings.data, settings.count)?;
    told(format!(
        "{} pictures to learn from, {} held out",
        learnt.len(),
        held.len()
    ));
    let learning = device.clone().autodiff();
    let mut seed = Seed::new(settings.seed);
    let mut net = config.init(&mut seed, &learning);
    let mut adam = Adam::new(settings.rate, 0.9, 0.999).averaging(0.99);
    let odd = settings.batch / NONSENSE;
    for step in 0..settings.steps {
        adam.set_rate(falling(settings.rate, step, settings.steps));
        let numbers = some(&learnt, settings.batch - odd, &mut seed);
        let mut values = changed(learnt.at(&numbers, device), &config, &mut seed);
        values.extend(nonsense(&learnt, odd, &config, &mut seed, device));
        let labels: Vec<u8> = numbers.iter().map(|i| learnt.labels()[*i]).collect();
        let targets = targets(&labels, settings.batch, config.classes, &learning);
        let logits = net.forward(pictures(values, &config, &learning));
        let loss = -(log_softmax(logits, 1) * targets).sum() / settings.batch as f32;
        let grads = GradientsParams::from_grads(loss.backward(), &net);
        net = adam.step(net, grads);
        if (step + 1) % LINE == 0 {
            let loss = loss.into_data().iter::<f32>().next().unwrap_or(f32::NAN);
            told(format!(
                "{} of {}: loss {loss:.4}",
                step + 1,
                settings.steps
            ));
        }
    }
    let file = write(&adam.averaged(net.valid()), &settings.data)?;
    // What is measured is what is written.
    let net = config.read(&settings.data, &file, device)?;
    let all: Vec<usize> = (0..held.len()).collect();
    let labels = held.labels();
    let plain = judged(&net, held.at(&all, device), labels);
    let values = changed(held.at(&all, device), &config, &mut seed);
    let after = judged(&net, pictures(values, &config, device), labels);
    let values = nonsense(&held, all.len(), &config, &mut seed, device);
    let of_nothing = judged(&net, pictures(values, &config, device), labels);
    Ok(Outcome {
        parameters: config.expected().iter().map(numbers_of).sum(),
        file,
        held: held.len(),
        plain,
        changed: after,
        nonsense: of_nothing,
    })
}

/// `count` random numbers of pictures.
fn some(from: &Pictures, count: usize, seed: &mut Seed) -> Vec<usize> {
    (0..count).map(|_| seed.below(from.len())).collect()
}

fn numbers_of(e: &Expected) -> usize {
    e.shape.iter().product()
}

/// Of a few at a time: a large file has thousands.
fn judged(net: &Classifier, pictures: Tensor<4>, labels: &[u8]) -> Recognition {
    let mut logits = Vec::new();
    for part in pictures.split(256, 0) {
        logits.extend(net.forward(part).into_data().iter::<f32>());
    }
    recognition(&logits, labels)
}

/// `[batch, classes]`: 1 at the label of the first, the same for every class of the others.
fn targets(labels: &[u8], batch: usize, classes: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0; labels.len() * classes];
    for (i, label) in labels.iter().enumerate() {
        values[i * classes + usize::from(*label)] = 1.0;
    }
    values.resize(batch * classes, 1.0 / classes as f32);
    Tensor::from_data(TensorData::new(values, [batch, classes]), device)
}

pub(super) fn pictures(values: Vec<f32>, config: &ClassifierConfig, device: &Device) -> Tensor<4> {
    let dims = [config.channels, config.size, config.size];
    let count = values.len() / dims.iter().product::<usize>();
    let dims = [count, dims[0], dims[1], dims[2]];
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// Pictures `[B, C, S, S]` as a GAN might draw them.
pub(super) fn changed(pictures: Tensor<4>, config: &ClassifierConfig, seed: &mut Seed) -> Vec<f32> {
    let one = config.channels * config.size * config.size;
    let values: Vec<f32> = pictures.into_data().iter().collect();
    values
        .chunks_exact(one)
        .flat_map(|picture| change(picture, config.size, seed))
        .collect()
}

/// Shifted by at most two pixels (what comes in is the border's colour), blurred a little, with another contrast and
/// brightness, and noisy.
fn change(picture: &[f32], size: usize, seed: &mut Seed) -> Vec<f32> {
    let [dx, dy] = [seed.below(5), seed.below(5)];
    let shifted = |i: usize| {
        let (x, y) = (i % size, i / size % size);
        let clamp = |at: usize, by: usize| (at + by).saturating_sub(2).min(size - 1);
        picture[i - i % (size * size) + clamp(y, dy) * size + clamp(x, dx)]
    };
    let mut all: Vec<f32> = (0..picture.len()).map(shifted).collect();
    let soft = seed.range(-0.5, 1.0);
    if soft > 0.0 {
        let blurred = blurred(&all, size);
        for (x, b) in all.iter_mut().zip(blurred) {
            *x += soft * (b - *x);
        }
    }
    let (contrast, light) = (seed.range(0.7, 1.1), seed.range(-0.1, 0.1));
    let deviation = 0.3 * seed.uniform() * seed.uniform();
    for x in &mut all {
        *x = (contrast * *x + light + deviation * seed.normal()).clamp(-1.0, 1.0);
    }
    all
}

/// The mean over each pixel and those around it, per channel.
fn blurred(picture: &[f32], size: usize) -> Vec<f32> {
    let at = |i: usize| {
        let (x, y, plane) = (i % size, i / size % size, i - i % (size * size));
        let around = |at: usize| at.saturating_sub(1)..(at + 2).min(size);
        let (mut sum, mut count) = (0.0, 0.0);
        for (y, x) in around(y).flat_map(|y| around(x).map(move |x| (y, x))) {
            sum += picture[plane + y * size + x];
            count += 1.0;
        }
        sum / count
    };
    (0..picture.len()).map(at).collect()
}

/// `count` pictures that belong to no class.
fn nonsense(
    from: &Pictures,
    count: usize,
    config: &ClassifierConfig,
    seed: &mut Seed,
    device: &Device,
) -> Vec<f32> {
    let (size, one) = (config.size, config.channels * config.size * config.size);
    let mut all = Vec::with_capacity(count * one);
    for _ in 0..count {
        let numbers = some(from, 4, seed);
        let four: Vec<f32> = from.at(&numbers, device).into_data().iter().collect();
        let of = |picture: usize, i: usize| four[picture * one + i];
        let made: Vec<f32> = match seed.below(3) {
            // A quarter of each, wherever it comes from.
            0 => {
                let (dx, dy) = (seed.below(size), seed.below(size));
                let part = |i: usize| {
                    let (x, y) = (i % size, i / size % size);
                    let right = usize::from(2 * x >= size);
                    let low = usize::from(2 * y >= size);
                    let moved = (y + dy) % size * size + (x + dx) % size;
                    of(2 * low + right, i - i % (size * size) + moved)
                };
                (0..one).map(part).collect()
            }
            // Three over each other.
            1 => (0..one)
                .map(|i| (of(0, i) + of(1, i) + of(2, i)) / 3.0)
                .collect(),
            // Noise of any grain around any grey.
            _ => {
                let (mean, deviation) = (seed.range(-1.0, 1.0), seed.range(0.05, 1.0));
                let mut noise: Vec<f32> =
                    (0..one).map(|_| mean + deviation * seed.normal()).collect();
                for _ in 0..seed.below(4) {
                    noise = blurred(&noise, size);
                }
                noise
            }
        };
        all.extend(change(&made, size, seed));
    }
    all
}

pub(super) fn write(net: &Classifier, data: &str) -> Result<Vec<u8>, Error> {
    let expected = net.config().expected();
    let tensors = net.tensors().into_iter().zip(&expected);
    let tensors: Vec<_> = tensors
        .map(|((name, x), e)| {
            let values: Vec<f32> = x.into_data().iter().collect();
            (name, TensorData::new(values, e.shape.clone()))
        })
        .collect();
    let own = ["digits", "scenes", "captions"].contains(&data);
    let mut metadata = BTreeMap::from([("architecture".to_owned(), "classifier".to_owned())]);
    if own {
        metadata.insert("licence".into(), "MIT OR Apache-2.0".into());
    }
    write_f16(&tensors, metadata)
}
