//! Training the classifier that judges by what captions say: one network tells every attribute of a picture. It learns as
//! the classifiers of the lab do, from pictures that are changed as a GAN's may be.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData, activation::log_softmax};

use super::classifier::{Settings, changed, pictures, write};
use super::lesson::falling;
use crate::data::captioned::{CaptionDrawer, Captioned};
use crate::data::captions::{ATTRIBUTES, Caption};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::models::{Classifier, ClassifierConfig};
use crate::nn::Adam;

/// Side in pixels of the pictures that are judged.
pub const SIZE: usize = 64;
/// Names of the attributes, in the order of [`Caption::COUNTS`].
pub const NAMES: [&str; ATTRIBUTES] = ["hour", "season", "building", "paint", "trees", "weather"];
/// How many are kept from learning.
const HELD: usize = 1000;
/// Pictures that are judged at once.
const PART: usize = 100;
/// Steps from one progress line to the next.
const LINE: usize = 50;

/// The network that judges.
#[derive(Debug)]
pub struct Judge(Classifier);

impl Judge {
    /// Its settings: logits for the values of each attribute, one attribute after the other.
    #[must_use]
    pub fn config() -> ClassifierConfig {
        ClassifierConfig {
            size: SIZE,
            channels: 3,
            classes: Caption::COUNTS.iter().sum(),
        }
    }

    /// The judge of a file.
    ///
    /// # Errors
    /// Those of [`ClassifierConfig::read`].
    pub fn read(file: &[u8], device: &Device) -> Result<Self, Error> {
        let net = Self::config().read("attributes", file, device)?;
        Ok(Self(net))
    }

    /// The most likely number of each attribute of each picture, `[B, 3, 64, 64]` in -1..1.
    #[must_use]
    pub fn attributes(&self, pictures: Tensor<4>) -> Vec<[u8; ATTRIBUTES]> {
        let mut all = Vec::new();
        for part in pictures.split(PART, 0) {
            let logits: Vec<f32> = self.0.forward(part).into_data().iter().collect();
            all.extend(logits.chunks_exact(Self::config().classes).map(read));
        }
        all
    }

    /// Of each attribute, the share of the pictures that show what their captions say.
    ///
    /// # Panics
    /// If there are no pictures, or not as many captions.
    #[must_use]
    pub fn agreement(&self, pictures: Tensor<4>, captions: &[Caption]) -> [f32; ATTRIBUTES] {
        let seen = self.attributes(pictures);
        assert!(
            !seen.is_empty() && seen.len() == captions.len(),
            "{} captions of {} pictures",
            captions.len(),
            seen.len()
        );
        let said: Vec<_> = captions.iter().map(Caption::attributes).collect();
        std::array::from_fn(|at| {
            let right = seen.iter().zip(&said).filter(|(a, b)| a[at] == b[at]);
            right.count() as f32 / captions.len() as f32
        })
    }
}

/// The largest logit of each attribute.
fn read(logits: &[f32]) -> [u8; ATTRIBUTES] {
    let mut from = 0;
    Caption::COUNTS.map(|count| {
        let of = &logits[from..from + count];
        from += count;
        let best = (0..count).max_by(|a, b| of[*a].total_cmp(&of[*b]));
        best.map_or(0, |best| best as u8)
    })
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// safetensors, f16.
    pub file: Vec<u8>,
    /// How many were held out.
    pub held: usize,
    /// [`Judge::agreement`] on what was held out, as it is.
    pub plain: [f32; ATTRIBUTES],
    /// The same, changed as in training.
    pub changed: [f32; ATTRIBUTES],
}

/// Trains to the last step and tells a line now and then; `data` of the settings is not read.
///
/// # Errors
/// If the file cannot be written.
pub fn train(
    settings: &Settings,
    device: &Device,
    mut told: impl FnMut(String),
) -> Result<Outcome, Error> {
    let learnt = CaptionDrawer::new(SIZE, settings.count, 2_000_000).finish();
    let held = CaptionDrawer::new(SIZE, HELD, 3_000_000).finish();
    told(format!("{} pictures to learn from", settings.count));
    let config = Judge::config();
    let learning = device.clone().autodiff();
    let mut seed = Seed::new(settings.seed);
    let mut net = config.init(&mut seed, &learning);
    let mut adam = Adam::new(settings.rate, 0.9, 0.999).averaging(0.99);
    for step in 0..settings.steps {
        adam.set_rate(falling(settings.rate, step, settings.steps));
        let numbers: Vec<usize> = (0..settings.batch)
            .map(|_| seed.below(settings.count))
            .collect();
        let values = changed(learnt.at(&numbers, device), &config, &mut seed);
        let logits = net.forward(pictures(values, &config, &learning));
        let said = said(&learnt, &numbers);
        let said: Vec<_> = said.iter().map(Caption::attributes).collect();
        let loss = loss(logits, &said, &learning);
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
    let file = write(&adam.averaged(net.valid()), "captions")?;
    // What is measured is what is written.
    let judge = Judge::read(&file, device)?;
    let all: Vec<usize> = (0..HELD).collect();
    let captions = said(&held, &all);
    let plain = judge.agreement(held.at(&all, device), &captions);
    let values = changed(held.at(&all, device), &config, &mut seed);
    let after = judge.agreement(pictures(values, &config, device), &captions);
    Ok(Outcome {
        file,
        held: HELD,
        plain,
        changed: after,
    })
}

fn said(data: &Captioned, numbers: &[usize]) -> Vec<Caption> {
    numbers.iter().map(|i| data.caption(*i)).collect()
}

/// The cross entropies of all attributes, added up: `[B, classes]` and the numbers of each -> `[1]`.
fn loss(logits: Tensor<2>, said: &[[u8; ATTRIBUTES]], device: &Device) -> Tensor<1> {
    let (mut from, mut sum) = (0, Tensor::<1>::zeros([1], device));
    for (at, count) in Caption::COUNTS.into_iter().enumerate() {
        let mut targets = vec![0.0_f32; said.len() * count];
        for (i, numbers) in said.iter().enumerate() {
            targets[i * count + usize::from(numbers[at])] = 1.0;
        }
        let targets = Tensor::<2>::from_data(TensorData::new(targets, [said.len(), count]), device);
        let of = log_softmax(logits.clone().narrow(1, from, count), 1);
        sum = sum - (of * targets).sum() / said.len() as f32;
        from += count;
    }
    sum
}
