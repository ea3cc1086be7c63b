//! pix2pix (Isola et al. 2017, arXiv 1611.07004): one training step, in the order of pytorch-CycleGAN-and-pix2pix. It
//! reads nothing back and draws all randomness from the run's seed, so a run goes on from a saved state as if it had
//! never stopped.

mod config;
mod job;
mod state;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use crate::data::pairs::{Change, Pairs};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::losses::adversarial;
use crate::models::{PatchDiscriminator, Unet};
use crate::nn::Adam;
use crate::protocol::{Learning, Pix2pixConfig, Pix2pixControl};

pub use config::{check_pix2pix, estimate_pix2pix};
use config::{discriminator_of, generator_of};
pub use job::Pix2pix;
pub use state::Pix2pixState;

/// Streams of a run's seed.
const WEIGHTS: u32 = 31;
const TRAINING: u32 = 32;
const SHOWN: u32 = 33;

/// What a step measured, still on the GPU, each `[1]`.
#[derive(Clone, Debug)]
pub struct Pix2pixMetrics {
    /// The discriminator's loss: half of what it has on true and on generated pictures.
    pub d_loss: Tensor<1>,
    /// The adversarial part of the generator's loss, before it is weighted.
    pub g_loss: Tensor<1>,
    /// The other part, before it is weighted: `E|y - G(x)|` in -1..1.
    pub l1: Tensor<1>,
    /// The mean opinion on true pictures, before the discriminator's step.
    pub d_real: Tensor<1>,
    /// The mean opinion on generated pictures, before the discriminator's step.
    pub d_fake: Tensor<1>,
}

/// A generator that learns to turn inputs into targets, and a discriminator that is shown either pair.
#[derive(Clone, Debug)]
pub struct Pix2pixTrainer {
    config: Pix2pixConfig,
    step: u32,
    seed: Seed,
    generator: Unet,
    discriminator: PatchDiscriminator,
    generator_adam: Adam,
    discriminator_adam: Adam,
    last: Option<Pix2pixMetrics>,
    /// Its tensors are tracked.
    device: Device,
}

/// Input and picture as the discriminator is shown them, `[B, 6, H, W]`.
fn shown(input: &Tensor<4>, picture: Tensor<4>) -> Tensor<4> {
    Tensor::cat(vec![input.clone(), picture], 1)
}

impl Pix2pixTrainer {
    /// A fresh run.
    ///
    /// # Errors
    /// Those of [`check_pix2pix`].
    pub fn new(config: &Pix2pixConfig, device: &Device) -> Result<Self, Error> {
        check_pix2pix(config)?;
        let device = device.clone().autodiff();
        let mut weights = Seed::stream(config.seed, WEIGHTS);
        let adam = |rate| Adam::new(rate, config.beta1, config.beta2);
        Ok(Self {
            generator: generator_of(config).init(&mut weights, &device),
            discriminator: discriminator_of(config).init(&mut weights, &device),
            generator_adam: adam(config.generator_rate).averaging(config.averaging),
            discriminator_adam: adam(config.discriminator_rate),
            seed: Seed::stream(config.seed, TRAINING),
            config: config.clone(),
            step: 0,
            last: None,
            device,
        })
    }

    /// The settings.
    pub fn config(&self) -> &Pix2pixConfig {
        &self.config
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.step
    }

    /// What the last step measured; none before the first.
    pub fn metrics(&self) -> Option<&Pix2pixMetrics> {
        self.last.as_ref()
    }

    /// Takes over live controls, which are within their ranges.
    fn tune(&mut self, control: &Pix2pixControl) {
        self.config.apply(control);
        self.generator_adam.set_rate(self.config.generator_rate);
        self.discriminator_adam
            .set_rate(self.config.discriminator_rate);
    }

    /// One step of the discriminator on pictures of the generator as it stands, then one of the generator.
    ///
    /// # Panics
    /// If the pairs have another size than the run.
    pub fn step(&mut self, data: &Pairs) {
        assert_eq!(data.size(), self.config.size as usize, "the size of a pair");
        let Pix2pixConfig { mirror, jitter, .. } = self.config;
        let (batch, change) = (self.config.batch as usize, Change { mirror, jitter });
        let [input, target] = data.batch(batch, change, &mut self.seed, &self.device);
        let masks = masks(&self.config, batch, &mut self.seed, &self.device);
        let fake = self.generator.forward_train(input.clone(), &masks);
        let [d_loss, d_real, d_fake] = self.step_discriminator(&input, &target, &fake);
        let [g_loss, l1] = self.step_generator(&input, target, fake);
        self.last = Some(Pix2pixMetrics {
            d_loss,
            g_loss,
            l1,
            d_real,
            d_fake,
        });
        self.step += 1;
    }

    /// The discriminator's loss and its mean opinions on true and generated pictures.
    fn step_discriminator(
        &mut self,
        input: &Tensor<4>,
        target: &Tensor<4>,
        fake: &Tensor<4>,
    ) -> [Tensor<1>; 3] {
        let fake = Tensor::from_inner(fake.clone().inner());
        let mut net = self.discriminator.clone();
        let fake = net.forward_train(shown(input, fake));
        let real = net.forward_train(shown(input, target.clone()));
        let objective = self.config.objective;
        let loss = adversarial::halved(objective, real.clone(), fake.clone());
        let [real, fake] = [real, fake].map(|x| adversarial::opinion(objective, x.inner()));
        if self.config.learning != Learning::Generator {
            let grads = GradientsParams::from_grads(loss.backward(), &net);
            self.discriminator = self.discriminator_adam.step(net, grads);
        }
        [loss.inner(), real, fake]
    }

    /// Both parts of the generator's loss.
    fn step_generator(
        &mut self,
        input: &Tensor<4>,
        target: Tensor<4>,
        fake: Tensor<4>,
    ) -> [Tensor<1>; 2] {
        let mut judge = self.discriminator.clone().no_grad();
        let logits = judge.forward_train(shown(input, fake.clone()));
        let opposed = adversarial::generator(self.config.objective, logits);
        let l1 = (fake - target).abs().mean();
        let Pix2pixConfig {
            adversarial,
            lambda,
            ..
        } = self.config;
        if self.config.learning != Learning::Discriminator {
            let loss = opposed.clone() * adversarial + l1.clone() * lambda;
            let grads = GradientsParams::from_grads(loss.backward(), &self.generator);
            let net = self.generator.clone();
            self.generator = self.generator_adam.step(net, grads);
        }
        [opposed.inner(), l1.inner()]
    }

    /// What the running average of the generator makes of inputs `[B, 3, H, W]`, each for itself. Dropout stays on, as in
    /// the paper; its noise is the same whenever it is asked. Trained picture by picture, batch norms take the statistics
    /// of that one picture, as in the reference; trained in batches, whose statistics one picture does not have, they take
    /// the running ones (on edges of 32 px in batches of 4, that is a distance of 0.19 from the truth instead of 0.23).
    pub fn translate(&self, inputs: Tensor<4>) -> Tensor<4> {
        let mut net = self.generator_adam.averaged(self.generator.valid());
        let mut seed = Seed::stream(self.config.seed, SHOWN);
        let device = inputs.device();
        if self.config.batch > 1 {
            let masks = masks(&self.config, inputs.dims()[0], &mut seed, &device);
            return net.forward(inputs, &masks);
        }
        let pictures = inputs.split(1, 0).into_iter().map(|input| {
            let masks = masks(&self.config, 1, &mut seed, &device);
            net.forward_train(input, &masks)
        });
        Tensor::cat(pictures.collect(), 0)
    }

    /// The discriminator's opinions on pairs as in [`Self::translate`], as logits `[B, 1, h, w]`; `h` and
    /// `w` by [`PatchDiscriminatorConfig::map`](crate::models::PatchDiscriminatorConfig::map).
    pub fn judge(&self, inputs: Tensor<4>, pictures: Tensor<4>) -> Tensor<4> {
        let mut net = self.discriminator.valid();
        let pairs = shown(&inputs, pictures);
        if self.config.batch > 1 {
            return net.forward(pairs);
        }
        let opinions = pairs.split(1, 0).into_iter();
        Tensor::cat(opinions.map(|pair| net.forward_train(pair)).collect(), 0)
    }
}

/// The generator's noise in one pass.
fn masks(config: &Pix2pixConfig, batch: usize, seed: &mut Seed, device: &Device) -> Vec<Tensor<4>> {
    if config.dropout == 0.0 {
        return Vec::new();
    }
    let side = config.size as usize;
    generator_of(config).masks(config.dropout, batch, [side, side], seed, device)
}
