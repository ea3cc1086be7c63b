//! Progressive GAN (Karras et al. 2018, arXiv 1710.10196): one training step at the level and the fade where the run stands.
//! It reads nothing back and draws all randomness from the run's seed, so a run goes on from a saved state as if it had never
//! stopped.
//!
//! Differs from the authors' in that both networks of a step see the same generated pictures.

mod config;
mod job;
mod state;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::dataset::{Augmentation, Dataset};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::losses::{adversarial, wasserstein};
use crate::models::{FIRST, ProgressiveConfig, ProgressiveDiscriminator, ProgressiveGenerator};
use crate::nn::{Adam, Dual, doubled, halved};
use crate::protocol::{Learning, Objective, ProganConfig, ProganControl, ProganObjective};

use config::networks_of;
pub use config::{check_progan, estimate_progan};
pub use job::Progan;
pub use state::ProganState;

/// Streams of a run's seed; each level but the first has one of its own, from `GROWTH` on.
const WEIGHTS: u32 = 41;
const TRAINING: u32 = 42;
const SAMPLES: u32 = 43;
const GROWTH: u32 = 50;

/// Pictures that are kept of each level that was left.
pub const KEPT: usize = 8;

/// What a step measured, still on the GPU, each `[1]`.
#[derive(Clone, Debug)]
pub struct ProganMetrics {
    /// The discriminator's loss, the penalty included.
    pub d_loss: Tensor<1>,
    /// The generator's loss.
    pub g_loss: Tensor<1>,
    /// The mean score of real pictures, before the discriminator's step.
    pub d_real: Tensor<1>,
    /// The mean score of generated pictures, before the discriminator's step.
    pub d_fake: Tensor<1>,
    /// The gradient penalty, weighted; 0 without one.
    pub penalty: Tensor<1>,
}

/// What a step learns from, on a device without tracking.
#[derive(Clone, Debug)]
pub struct ProganBatch {
    /// Real pictures of the present level, `[B, C, S, S]` in -1..1, before they are faded.
    pub real: Tensor<4>,
    /// `N(0, 1)`, `[B, latent, 1, 1]`.
    pub noise: Tensor<4>,
    /// How much of the generated picture there is in each mixed one, `[B, 1, 1, 1]` in 0..1. Used by the penalty.
    pub mix: Tensor<4>,
}

/// Two networks that learn from each other and grow.
#[derive(Clone, Debug)]
pub struct ProganTrainer {
    config: ProganConfig,
    networks: ProgressiveConfig,
    step: u32,
    level: u32,
    /// Pictures that the level has been learnt from, as the schedule counts them.
    shown: u32,
    seed: Seed,
    generator: ProgressiveGenerator,
    discriminator: ProgressiveDiscriminator,
    generator_adam: Adam,
    discriminator_adam: Adam,
    /// What the same noise gave when each level was left, `[KEPT, C, S, S]`.
    kept: Vec<Tensor<4>>,
    last: Option<ProganMetrics>,
    /// Its tensors are tracked.
    device: Device,
}

/// As much of a picture as has faded in; the rest is the picture at half the size.
fn faded(picture: Tensor<4>, alpha: f32) -> Tensor<4> {
    if alpha >= 1.0 {
        return picture;
    }
    let coarse = doubled(halved(picture.clone()));
    picture * alpha + coarse * (1.0 - alpha)
}

impl ProganTrainer {
    /// A fresh run for pictures of so many channels.
    ///
    /// # Errors
    /// Those of [`check_progan`].
    pub fn new(config: &ProganConfig, channels: usize, device: &Device) -> Result<Self, Error> {
        check_progan(config)?;
        let device = device.clone().autodiff();
        let networks = networks_of(config, channels);
        let mut weights = Seed::stream(config.seed, WEIGHTS);
        let adam = |rate| Adam::new(rate, config.beta1, config.beta2);
        Ok(Self {
            generator: networks.init_generator(&mut weights, &device),
            discriminator: networks.init_discriminator(&mut weights, &device),
            generator_adam: adam(config.generator_rate).averaging(config.averaging),
            discriminator_adam: adam(config.discriminator_rate),
            seed: Seed::stream(config.seed, TRAINING),
            config: config.clone(),
            networks,
            step: 0,
            level: 0,
            shown: 0,
            kept: Vec::new(),
            last: None,
            device,
        })
    }

    /// The settings.
    pub fn config(&self) -> &ProganConfig {
        &self.config
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.step
    }

    /// The present level, from 0.
    pub fn level(&self) -> u32 {
        self.level
    }

    /// Pictures that the level has been learnt from, as the schedule counts them: those over which it fades in come first.
    pub fn shown(&self) -> u32 {
        self.shown
    }

    /// Side of the present level's pictures in pixels.
    pub fn side(&self) -> usize {
        FIRST << self.level
    }

    /// How much of the present level has faded in, 0..=1.
    pub fn alpha(&self) -> f32 {
        let fading = self.config.fading(self.level);
        match self.shown >= fading {
            true => 1.0,
            false => self.shown as f32 / fading as f32,
        }
    }

    /// Steps that the schedule has left, if it is not held.
    pub fn steps_left(&self) -> u32 {
        let later = self.level + 1..=self.config.top();
        let later = later.map(|level| self.config.steps_left(level, 0));
        later.fold(
            self.config.steps_left(self.level, self.shown),
            u32::saturating_add,
        )
    }

    /// What the last step measured; none before the first.
    pub fn metrics(&self) -> Option<&ProganMetrics> {
        self.last.as_ref()
    }

    /// What the same noise gave when each level was left, `[KEPT, C, S, S]` in about -1..1.
    pub fn kept(&self) -> &[Tensor<4>] {
        &self.kept
    }

    /// Takes over live controls, which are within their ranges.
    fn tune(&mut self, control: &ProganControl) {
        self.config.apply(control);
        if let Some(alpha) = control.alpha.filter(|_| self.level > 0) {
            let fade = f64::from(self.config.fade);
            self.shown = (f64::from(alpha) * fade).round() as u32;
        }
    }

    /// A step on random pictures and noise.
    ///
    /// # Panics
    /// If the pictures have not the size of the level.
    pub fn step(&mut self, data: &Dataset) {
        let batch = self.config.batch(self.level) as usize;
        let augmentation = Augmentation {
            mirror: self.config.mirror,
            shift: 0,
        };
        let device = self.device.clone().inner();
        let (real, _) = data.batch(batch, augmentation, &mut self.seed, &device);
        let (mut of_noise, mut of_mix) = (self.seed.split(), self.seed.split());
        let noise = self.noise(batch, &mut of_noise);
        let mix: Vec<f32> = (0..batch).map(|_| of_mix.uniform()).collect();
        let mix = Tensor::from_data(TensorData::new(mix, [batch, 1, 1, 1]), &device);
        self.learn(ProganBatch { real, noise, mix });
    }

    /// One step of the discriminator, one of the generator on the same pictures, and one of the schedule: at the end of a
    /// level both networks grow. Adam begins anew when a level begins and when it has faded in, as the authors' does.
    ///
    /// # Panics
    /// If the pictures have not the size of the level.
    pub fn learn(&mut self, batch: ProganBatch) {
        let [count, _, h, w] = batch.real.dims();
        assert_eq!([h, w], [self.side(); 2], "the pictures of the level");
        let alpha = self.alpha();
        let pace = self.config.pace(self.level, self.shown);
        self.generator_adam
            .set_rate(pace * self.config.generator_rate);
        self.discriminator_adam
            .set_rate(pace * self.config.discriminator_rate);
        let fake = self
            .generator
            .forward(Tensor::from_inner(batch.noise), alpha);
        let real = faded(batch.real, alpha);
        let judged = self.step_discriminator(real, fake.clone().inner(), batch.mix, alpha);
        let g_loss = self.step_generator(fake, alpha);
        let [d_loss, d_real, d_fake, penalty] = judged;
        self.last = Some(ProganMetrics {
            d_loss,
            g_loss,
            d_real,
            d_fake,
            penalty,
        });
        self.step += 1;
        if !self.config.hold {
            self.advance(count as u32);
        }
    }

    /// The discriminator's loss, its mean scores of real and generated pictures, and the penalty.
    fn step_discriminator(
        &mut self,
        real: Tensor<4>,
        fake: Tensor<4>,
        mix: Tensor<4>,
        alpha: f32,
    ) -> [Tensor<1>; 4] {
        let count = real.dims()[0];
        let both = Tensor::cat(vec![real.clone(), fake.clone()], 0);
        let scores = self
            .discriminator
            .forward(Tensor::from_inner(both), alpha, 2);
        let [of_real, of_fake] = [0, count].map(|from| scores.clone().narrow(0, from, count));
        let [d_real, d_fake] = [&of_real, &of_fake].map(|x| x.clone().inner().mean());
        let mut loss = match self.config.objective {
            ProganObjective::WganGp => {
                wasserstein::discriminator(of_real, of_fake, self.config.drift)
            }
            ProganObjective::LeastSquares => {
                adversarial::discriminator(Objective::LeastSquares, of_real, of_fake, 0.0)
            }
        };
        let mut d_loss = loss.clone().inner();
        let mut penalty = Tensor::zeros([1], &d_loss.device());
        if self.config.objective == ProganObjective::WganGp && self.config.penalty > 0.0 {
            let mixed = real.clone() + (fake - real) * mix;
            let (value, slope) = self.penalise(mixed, alpha);
            (penalty, loss) = (value, loss + slope);
            d_loss = d_loss + penalty.clone();
        }
        if self.config.learning != Learning::Generator {
            let net = self.discriminator.clone();
            let grads = GradientsParams::from_grads(loss.backward(), &net);
            self.discriminator = self.discriminator_adam.step(net, grads);
        }
        [d_loss, d_real, d_fake, penalty]
    }

    /// The gradient penalty at mixed pictures, and what has its gradient by the weights; see [`wasserstein`].
    fn penalise(&self, mixed: Tensor<4>, alpha: f32) -> (Tensor<1>, Tensor<1>) {
        let lambda = self.config.penalty;
        let at = Tensor::from_inner(mixed.clone()).require_grad();
        let judge = self.discriminator.clone().no_grad();
        let scores = judge.forward(at.clone(), alpha, 1);
        let gradient = at
            .grad(&scores.sum().backward())
            .expect("scores depend on the pictures");
        let norms = wasserstein::norms(gradient.clone());
        let along = wasserstein::direction(gradient, norms.clone(), lambda);
        let [mixed, along] = [mixed, along].map(Tensor::from_inner);
        let judged = self
            .discriminator
            .forward_dual(Dual::along(mixed, along), alpha, 1);
        let slope = judged.slope.expect("a direction was given").sum();
        (wasserstein::penalty(norms, lambda), slope)
    }

    /// The generator's loss.
    fn step_generator(&mut self, fake: Tensor<4>, alpha: f32) -> Tensor<1> {
        let judge = self.discriminator.clone().no_grad();
        let scores = judge.forward(fake, alpha, 1);
        let loss = match self.config.objective {
            ProganObjective::WganGp => wasserstein::generator(scores),
            ProganObjective::LeastSquares => {
                adversarial::generator(Objective::LeastSquares, scores)
            }
        };
        let value = loss.clone().inner();
        if self.config.learning != Learning::Discriminator {
            let net = self.generator.clone();
            let grads = GradientsParams::from_grads(loss.backward(), &net);
            self.generator = self.generator_adam.step(net, grads);
        }
        value
    }

    /// The schedule after so many more pictures.
    fn advance(&mut self, pictures: u32) {
        let (fading, before) = (self.config.fading(self.level), self.shown);
        self.shown = before.saturating_add(pictures);
        if self.level < self.config.top() && self.config.steps_left(self.level, self.shown) == 0 {
            self.grow();
        } else if before < fading && self.shown >= fading {
            self.renew();
        }
    }

    fn grow(&mut self) {
        let noise = self.fixed(KEPT);
        self.kept.push(self.sample(noise));
        (self.level, self.shown) = (self.level + 1, 0);
        let mut seed = Seed::stream(self.config.seed, GROWTH + self.level);
        let (generator, discriminator) = (self.generator.clone(), self.discriminator.clone());
        self.generator = generator.grown(&mut seed, &self.device);
        self.discriminator = discriminator.grown(&self.networks, &mut seed, &self.device);
        self.renew();
    }

    fn renew(&mut self) {
        self.generator_adam.renew(&self.generator);
        self.discriminator_adam.renew(&self.discriminator);
    }

    /// Pictures of the running average of the generator's weights at the present level and fade: `[B, C, S, S]`. Noise is
    /// `[B, latent, 1, 1]`.
    pub fn sample(&self, noise: Tensor<4>) -> Tensor<4> {
        let net = self.generator_adam.averaged(self.generator.valid());
        net.forward(noise, self.alpha())
    }

    /// Noise that is the same whenever it is asked for.
    pub fn fixed(&self, count: usize) -> Tensor<4> {
        self.noise(count, &mut Seed::stream(self.config.seed, SAMPLES))
    }

    /// The discriminator's scores of any pictures of the level `[B, C, S, S]`: `[B, 1, 1, 1]`.
    pub fn judge(&self, pictures: Tensor<4>) -> Tensor<4> {
        let net = self.discriminator.valid();
        net.forward(pictures, self.alpha(), 1)
    }

    fn noise(&self, count: usize, seed: &mut Seed) -> Tensor<4> {
        let latent = self.networks.latent;
        let values: Vec<f32> = (0..count * latent).map(|_| seed.normal()).collect();
        let data = TensorData::new(values, [count, latent, 1, 1]);
        Tensor::from_data(data, &self.device.clone().inner())
    }
}
