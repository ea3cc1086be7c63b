//! GAN, DCGAN, LSGAN and CGAN: one training step, chosen by settings. It reads nothing back and draws all randomness from
//! the run's seed, so a run goes on from a saved state as if it had never stopped.

mod config;
mod directions;
mod job;
mod networks;
mod read;
mod recognise;
mod recognised;
mod state;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use crate::data::dataset::{Augmentation, Dataset};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::training::gaussian;
use crate::losses::adversarial;
use crate::models::one_hot;
use crate::nn::Adam;
use crate::protocol::{GanConfig, GanControl, GanVariant, Learning};

pub use config::{check_gan, estimate_gan};
pub(super) use job::picture_of_points;
pub use job::{Gan, real_points};
use networks::{Discriminator, Generator, Pair};
pub use read::{TrainedGenerator, read_generator};
pub(super) use read::{alone, refused};
pub use recognised::classifier_of;
pub use state::GanState;

/// Streams of a run's seed.
const WEIGHTS: u32 = 21;
const TRAINING: u32 = 22;
const SAMPLES: u32 = 23;

/// From so many samples on, batch norms take their statistics.
const ENOUGH: usize = 16;
/// Batches from which an exported generator takes its running statistics. Each moves them by a tenth.
const CALIBRATION: usize = 50;

/// What a step measured, still on the GPU, each `[1]`.
#[derive(Clone, Debug)]
pub struct GanMetrics {
    /// The discriminator's loss.
    pub d_loss: Tensor<1>,
    /// The generator's loss.
    pub g_loss: Tensor<1>,
    /// The mean opinion on real samples, before the discriminator's step.
    pub d_real: Tensor<1>,
    /// The mean opinion on generated samples, before the discriminator's step.
    pub d_fake: Tensor<1>,
    /// Length of the gradient of the generator's loss by its samples, all of the batch together: what reaches the
    /// generator.
    pub gradient: Tensor<1>,
}

/// What the last step saw, still on the GPU, each `[B, C, H, W]`.
#[derive(Clone, Debug)]
pub struct GanSeen {
    /// Generated samples.
    pub fake: Tensor<4>,
    /// The gradient of the generator's loss by them: each sample is pushed against it.
    pub gradient: Tensor<4>,
}

/// Two networks that learn from each other.
#[derive(Clone, Debug)]
pub struct GanTrainer {
    config: GanConfig,
    pair: Pair,
    shape: [usize; 3],
    classes: usize,
    step: u32,
    seed: Seed,
    generator: Generator,
    discriminator: Discriminator,
    generator_adam: Adam,
    discriminator_adam: Adam,
    last: Option<(GanMetrics, GanSeen)>,
    /// Stands for labels where there are none.
    nothing: Tensor<2>,
    /// Its tensors are tracked.
    device: Device,
}

/// Samples of a generator with the labels it was given.
struct Fakes {
    samples: Tensor<4>,
    labels: Tensor<2>,
}

impl GanTrainer {
    /// A fresh run for samples of `[C, H, W]` in so many classes, which are 1 where there are no labels.
    ///
    /// # Errors
    /// Those of [`check_gan`].
    pub fn new(
        config: &GanConfig,
        shape: [usize; 3],
        classes: usize,
        device: &Device,
    ) -> Result<Self, Error> {
        check_gan(config, shape)?;
        let device = device.clone().autodiff();
        let pair = Pair::new(config, shape, classes);
        let mut weights = Seed::stream(config.seed, WEIGHTS);
        let adam = |rate| Adam::new(rate, config.beta1, config.beta2);
        Ok(Self {
            generator: pair.generator(&mut weights, &device),
            discriminator: pair.discriminator(&mut weights, &device),
            generator_adam: adam(config.generator_rate).averaging(config.averaging),
            discriminator_adam: adam(config.discriminator_rate),
            seed: Seed::stream(config.seed, TRAINING),
            config: config.clone(),
            pair,
            shape,
            classes,
            step: 0,
            last: None,
            nothing: Tensor::zeros([1, 1], &device.clone().inner()),
            device,
        })
    }

    /// The settings.
    pub fn config(&self) -> &GanConfig {
        &self.config
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.step
    }

    /// What the last step measured; none before the first.
    pub fn metrics(&self) -> Option<&GanMetrics> {
        self.last.as_ref().map(|(metrics, _)| metrics)
    }

    /// What the last step saw; none before the first.
    pub fn seen(&self) -> Option<&GanSeen> {
        self.last.as_ref().map(|(_, seen)| seen)
    }

    /// Takes over live controls, which are within their ranges.
    pub(super) fn tune(&mut self, control: &GanControl) {
        self.config.apply(control);
        self.generator_adam.set_rate(self.config.generator_rate);
        self.discriminator_adam
            .set_rate(self.config.discriminator_rate);
    }

    /// One step of the generator and `discriminator_steps` of the discriminator, in the order of the settings. That of the
    /// latter next to the former sees the same generated samples.
    ///
    /// # Panics
    /// If the data have another shape or more classes than the run.
    pub fn step(&mut self, data: &Dataset) {
        assert_eq!(data.shape(), self.shape, "the shape of a sample");
        assert!(data.classes() <= self.classes, "the number of classes");
        let (count, latent) = (self.config.batch as usize, self.config.latent as usize);
        let (classes, device) = (self.classes, self.device.clone());
        let augmentation = Augmentation::of(&self.config);
        let noise = |seed: &mut Seed| {
            let noise = gaussian([count, latent, 1, 1], 1.0, seed, &device);
            let labels = (0..count).map(|_| seed.below(classes) as u8);
            (noise, labels.collect())
        };
        self.learn(noise, |seed| data.batch(count, augmentation, seed, &device));
    }

    /// [`Self::step`] from noise `[B, latent, 1, 1]` and real samples `[B, C, H, W]`, on a device with tracking, each with
    /// labels, which are asked for where they are needed and may be drawn from the run's random numbers.
    ///
    /// # Panics
    /// If they do not fit the settings.
    pub fn learn(
        &mut self,
        mut noise: impl FnMut(&mut Seed) -> (Tensor<4>, Vec<u8>),
        mut real: impl FnMut(&mut Seed) -> (Tensor<4>, Vec<u8>),
    ) {
        let given = noise(&mut self.seed);
        let mut fakes = self.fakes(given);
        let mut learnt = None;
        if self.config.generator_first {
            learnt = Some(self.step_generator(&fakes));
        }
        let samples = real(&mut self.seed);
        let mut judged = self.step_discriminator(samples, &fakes);
        for _ in 1..self.config.discriminator_steps {
            let given = noise(&mut self.seed);
            fakes = self.fakes(given);
            let samples = real(&mut self.seed);
            judged = self.step_discriminator(samples, &fakes);
        }
        let (g_loss, seen) = learnt.unwrap_or_else(|| self.step_generator(&fakes));
        let [d_loss, d_real, d_fake] = judged;
        let gradient = seen.gradient.clone().square().sum().sqrt();
        let metrics = GanMetrics {
            d_loss,
            g_loss,
            d_real,
            d_fake,
            gradient,
        };
        self.last = Some((metrics, seen));
        self.step += 1;
    }

    /// Samples of the running average of the generator's weights: `[B, C, H, W]`. Noise is `[B, latent, 1, 1]`, labels are
    /// below the number of classes and ignored without labels. Batch norms take the statistics of these very samples, as
    /// when PyTorch's DCGAN draws its fixed noise: the running ones are of the weights that are averaged, not of the
    /// average. A few samples have none worth the name, and are drawn by the running ones.
    pub fn sample(&self, noise: Tensor<4>, labels: &[u8]) -> Tensor<4> {
        let labels = self.told(labels, &noise.device());
        if noise.dims()[0] < ENOUGH {
            return self.averaged().forward(noise, &labels);
        }
        self.averaged().forward_train(noise, &labels)
    }

    fn averaged(&self) -> Generator {
        self.generator_adam.averaged(self.generator.valid())
    }

    /// Noise and labels that are the same whenever they are asked for: classes in turn.
    pub fn fixed(&self, count: usize) -> (Tensor<4>, Vec<u8>) {
        let mut seed = Seed::stream(self.config.seed, SAMPLES);
        let dims = [count, self.config.latent as usize, 1, 1];
        let noise = gaussian(dims, 1.0, &mut seed, &self.device).inner();
        let labels = (0..count).map(|i| (i % self.classes) as u8);
        (noise, labels.collect())
    }

    /// The discriminator's opinion on any samples `[B, C, H, W]`, as logits `[B, 1, 1, 1]`.
    pub fn judge(&self, samples: Tensor<4>, labels: &[u8]) -> Tensor<4> {
        let labels = self.told(labels, &samples.device());
        self.discriminator.valid().forward(samples, &labels)
    }

    /// Labels as the networks take them; without any, nothing is uploaded.
    fn told(&self, labels: &[u8], device: &Device) -> Tensor<2> {
        match self.config.variant {
            GanVariant::Cgan => one_hot(labels, self.classes, device),
            _ => Tensor::from_inner(self.nothing.clone()),
        }
    }

    fn fakes(&mut self, (noise, labels): (Tensor<4>, Vec<u8>)) -> Fakes {
        let labels = self.told(&labels, &self.device);
        Fakes {
            samples: self.generator.forward_train(noise, &labels),
            labels,
        }
    }

    /// What the discriminator is shown: samples, with noise while there is any (Sønderby et al. 2017, arXiv 1610.04490).
    fn shown(&mut self, samples: Tensor<4>) -> Tensor<4> {
        let left = 1.0 - 2.0 * self.step as f32 / self.config.steps as f32;
        let deviation = self.config.instance_noise * left;
        if deviation <= 0.0 {
            return samples;
        }
        let noise = gaussian(samples.dims(), deviation, &mut self.seed, &self.device);
        samples + noise
    }

    fn masks(&mut self) -> Vec<Tensor<2>> {
        let (share, batch) = (self.config.dropout, self.config.batch as usize);
        self.discriminator
            .masks(share, batch, &mut self.seed, &self.device)
    }

    /// The discriminator's loss and its mean opinions on real and generated samples.
    fn step_discriminator(
        &mut self,
        (real, labels): (Tensor<4>, Vec<u8>),
        fakes: &Fakes,
    ) -> [Tensor<1>; 3] {
        let labels = self.told(&labels, &self.device);
        let fake = Tensor::from_inner(fakes.samples.clone().inner());
        let (real, fake) = (self.shown(real), self.shown(fake));
        let (real_masks, fake_masks) = (self.masks(), self.masks());
        let mut net = self.discriminator.clone();
        let labels = [&labels, &fakes.labels];
        let masks = [real_masks, fake_masks];
        let [real, fake] = net.forward_pair([real, fake], labels, masks);
        let objective = self.config.objective;
        let smoothing = self.config.label_smoothing;
        let loss = adversarial::discriminator(objective, real.clone(), fake.clone(), smoothing);
        let opinions = [real, fake].map(|x| adversarial::opinion(objective, x.inner()));
        if self.config.learning != Learning::Generator {
            let grads = GradientsParams::from_grads(loss.backward(), &net);
            self.discriminator = self.discriminator_adam.step(net, grads);
        }
        let [real, fake] = opinions;
        [loss.inner(), real, fake]
    }

    /// The generator's loss, its samples and the gradient that reached them. The way back is walked in two parts, through
    /// the discriminator and through the generator, so that the gradient between them can be seen.
    fn step_generator(&mut self, fakes: &Fakes) -> (Tensor<1>, GanSeen) {
        let samples = fakes.samples.clone();
        let fake = Tensor::from_inner(samples.clone().inner()).require_grad();
        let (shown, masks) = (self.shown(fake.clone()), self.masks());
        let mut judge = self.discriminator.clone().no_grad();
        let logits = judge.forward_train(shown, &fakes.labels, &masks);
        let loss = adversarial::generator(self.config.objective, logits);
        let gradient = fake
            .grad(&loss.backward())
            .expect("the loss depends on the samples");
        if self.config.learning != Learning::Discriminator {
            let back = (samples * Tensor::from_inner(gradient.clone())).sum();
            let grads = GradientsParams::from_grads(back.backward(), &self.generator);
            let net = self.generator.clone();
            self.generator = self.generator_adam.step(net, grads);
        }
        let fake = fake.inner();
        (loss.inner(), GanSeen { fake, gradient })
    }
}
