//! CycleGAN (Zhu et al. 2017, arXiv 1703.10593): one training step, in the order of pytorch-CycleGAN-and-pix2pix, whose
//! names for the networks these are: `G_A` turns A into B, `G_B` turns B into A, `D_A` judges pictures of B, `D_B` those of
//! A. It reads nothing back and draws all randomness from the run's seed, so a run goes on from a saved state as if it had
//! never stopped.

mod config;
mod job;
mod pool;
mod state;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use crate::data::seed::Seed;
use crate::data::unpaired::Unpaired;
use crate::error::Error;
use crate::losses::adversarial;
use crate::models::{PatchDiscriminator, ResnetGenerator};
use crate::nn::Adam;
use crate::protocol::{CycleganConfig, CycleganControl, Learning};

pub use config::{check_cyclegan, estimate_cyclegan};
use config::{discriminator_of, generator_of};
pub use job::Cyclegan;
pub use pool::ReplayBuffer;
pub use state::CycleganState;

/// Streams of a run's seed.
const WEIGHTS: u32 = 41;
const TRAINING: u32 = 42;

/// What a step measured, still on the GPU, each `[1]`, before it is weighted; first of `G_A`, `D_A` and the way there and
/// back of A, then of the others.
#[derive(Clone, Debug)]
pub struct CycleganMetrics {
    /// The adversarial parts of the generators' loss.
    pub adversarial: [Tensor<1>; 2],
    /// `E|G_B(G_A(a)) - a|` and `E|G_A(G_B(b)) - b|` in -1..1.
    pub cycle: [Tensor<1>; 2],
    /// `E|G_A(b) - b|` and `E|G_B(a) - a|`, if they count.
    pub identity: Option<[Tensor<1>; 2]>,
    /// The discriminators' losses: half of what they have on true and on generated pictures.
    pub discriminator: [Tensor<1>; 2],
}

/// Two generators that learn to undo each other, and for the pictures of each a discriminator.
#[derive(Clone, Debug)]
pub struct CycleganTrainer {
    config: CycleganConfig,
    step: u32,
    seed: Seed,
    /// `G_A` and `G_B`.
    generators: [ResnetGenerator; 2],
    /// `D_A` and `D_B`.
    discriminators: [PatchDiscriminator; 2],
    generator_adam: Adam,
    discriminator_adam: Adam,
    /// What `G_A` and `G_B` drew in earlier steps.
    pools: [ReplayBuffer; 2],
    last: Option<CycleganMetrics>,
    /// Its tensors are tracked.
    device: Device,
}

/// What the generators made of a step's pictures.
struct Drawn {
    /// `G_A(a)` and `G_B(b)`.
    fake: [Tensor<4>; 2],
    /// `G_B(G_A(a))` and `G_A(G_B(b))`.
    back: [Tensor<4>; 2],
    /// `G_A(b)` and `G_B(a)`.
    same: Option<[Tensor<4>; 2]>,
}

fn distance(x: &Tensor<4>, y: &Tensor<4>) -> Tensor<1> {
    (x.clone() - y.clone()).abs().mean()
}

impl CycleganTrainer {
    /// A fresh run.
    ///
    /// # Errors
    /// Those of [`check_cyclegan`].
    pub fn new(config: &CycleganConfig, device: &Device) -> Result<Self, Error> {
        check_cyclegan(config)?;
        let device = device.clone().autodiff();
        let mut weights = Seed::stream(config.seed, WEIGHTS);
        let (of_g, of_d) = (generator_of(config), discriminator_of(config));
        let adam = |rate| Adam::new(rate, config.beta1, config.beta2);
        Ok(Self {
            generators: std::array::from_fn(|_| of_g.init(&mut weights, &device)),
            discriminators: std::array::from_fn(|_| of_d.init(&mut weights, &device)),
            generator_adam: adam(config.generator_rate).averaging(config.averaging),
            discriminator_adam: adam(config.discriminator_rate),
            pools: [ReplayBuffer::default(), ReplayBuffer::default()],
            seed: Seed::stream(config.seed, TRAINING),
            config: config.clone(),
            step: 0,
            last: None,
            device,
        })
    }

    /// The settings.
    pub fn config(&self) -> &CycleganConfig {
        &self.config
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.step
    }

    /// What the last step measured; none before the first.
    pub fn metrics(&self) -> Option<&CycleganMetrics> {
        self.last.as_ref()
    }

    /// What `G_A` and `G_B` drew in earlier steps.
    pub fn pools(&self) -> &[ReplayBuffer; 2] {
        &self.pools
    }

    /// Takes over live controls, which are within their ranges.
    fn tune(&mut self, control: &CycleganControl) {
        self.config.apply(control);
    }

    /// One step of both generators, then one of both discriminators on what they drew.
    ///
    /// # Panics
    /// If the pictures are smaller than the run's.
    pub fn step(&mut self, data: &Unpaired) {
        let factor = self.config.factor(self.step);
        let rates = [self.config.generator_rate, self.config.discriminator_rate];
        self.generator_adam.set_rate(rates[0] * factor);
        self.discriminator_adam.set_rate(rates[1] * factor);
        let real = data.batch(&self.config, &mut self.seed, &self.device);
        let drawn = self.draw(&real);
        let fake = drawn.fake.clone().map(Tensor::inner);
        let (adversarial, cycle, identity) = self.step_generators(&real, &drawn);
        let discriminator = self.step_discriminators(real, fake);
        self.last = Some(CycleganMetrics {
            adversarial,
            cycle,
            identity,
            discriminator,
        });
        self.step += 1;
    }

    /// Pictures that go through the same network go through it as one batch: instance norms do not mix them.
    fn draw(&self, [a, b]: &[Tensor<4>; 2]) -> Drawn {
        let [g_a, g_b] = &self.generators;
        let (fake, same) = if self.config.identity > 0.0 {
            let both = |net: &ResnetGenerator, x: &Tensor<4>, y: &Tensor<4>| {
                let count = x.dims()[0];
                let both = net.forward(Tensor::cat(vec![x.clone(), y.clone()], 0));
                let part = |from| both.clone().narrow(0, from, count);
                [part(0), part(count)]
            };
            let ([fake_b, same_b], [fake_a, same_a]) = (both(g_a, a, b), both(g_b, b, a));
            ([fake_b, fake_a], Some([same_b, same_a]))
        } else {
            ([g_a.forward(a.clone()), g_b.forward(b.clone())], None)
        };
        let back = [g_b.forward(fake[0].clone()), g_a.forward(fake[1].clone())];
        Drawn { fake, back, same }
    }

    /// The parts of the generators' loss, before they are weighted.
    fn step_generators(
        &mut self,
        [a, b]: &[Tensor<4>; 2],
        drawn: &Drawn,
    ) -> ([Tensor<1>; 2], [Tensor<1>; 2], Option<[Tensor<1>; 2]>) {
        let objective = self.config.objective;
        let opposed = [0, 1].map(|i| {
            let judge = self.discriminators[i].clone().no_grad();
            let logits = judge.forward(drawn.fake[i].clone());
            adversarial::generator(objective, logits)
        });
        let cycle = [distance(&drawn.back[0], a), distance(&drawn.back[1], b)];
        let same = drawn.same.as_ref();
        let identity = same.map(|[of_b, of_a]| [distance(of_b, b), distance(of_a, a)]);
        if self.config.learning != Learning::Discriminator {
            let sum = |[x, y]: &[Tensor<1>; 2]| x.clone() + y.clone();
            let weight = self.config.cycle;
            let mut loss = sum(&opposed) + sum(&cycle) * weight;
            if let Some(identity) = &identity {
                loss = loss + sum(identity) * (weight * self.config.identity);
            }
            let grads = GradientsParams::from_grads(loss.backward(), &self.generators);
            let nets = self.generators.clone();
            self.generators = self.generator_adam.step(nets, grads);
        }
        let inner = |pair: [Tensor<1>; 2]| pair.map(Tensor::inner);
        (inner(opposed), inner(cycle), identity.map(inner))
    }

    /// The discriminators' losses. `fake` are what the generators drew before they learnt.
    fn step_discriminators(
        &mut self,
        [a, b]: [Tensor<4>; 2],
        fake: [Tensor<4>; 2],
    ) -> [Tensor<1>; 2] {
        let (size, objective) = (self.config.pool as usize, self.config.objective);
        let mut pairs = [b, a].into_iter().zip(fake);
        let losses = [0, 1].map(|i| {
            let (real, fake) = pairs.next().expect("two of them");
            let shown = self.pools[i].query(fake, size, &mut self.seed);
            let count = real.dims()[0];
            let both = Tensor::cat(vec![real, Tensor::from_inner(shown)], 0);
            let logits = self.discriminators[i].forward(both);
            let part = |from| logits.clone().narrow(0, from, count);
            adversarial::halved(objective, part(0), part(count))
        });
        if self.config.learning != Learning::Generator {
            // No network is in both.
            let loss = losses[0].clone() + losses[1].clone();
            let grads = GradientsParams::from_grads(loss.backward(), &self.discriminators);
            let nets = self.discriminators.clone();
            self.discriminators = self.discriminator_adam.step(nets, grads);
        }
        losses.map(Tensor::inner)
    }

    /// Both generators with the running average of their weights.
    pub fn averaged(&self) -> [ResnetGenerator; 2] {
        self.generator_adam.averaged(self.generators.valid())
    }

    /// The opinions of `D_A` on pictures of B, `[B, 3, H, W]`, or of `D_B` on those of A, as logits `[B, 1, h, w]`; `h` and
    /// `w` by [`PatchDiscriminatorConfig::map`](crate::models::PatchDiscriminatorConfig::map).
    pub fn judge(&self, on_a: bool, pictures: Tensor<4>) -> Tensor<4> {
        let net = &self.discriminators[usize::from(on_a)];
        net.valid().forward(pictures)
    }
}
