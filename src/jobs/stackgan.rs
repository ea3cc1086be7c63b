//! StackGAN (Zhang et al. 2017, arXiv 1612.03242): training steps of the encoder of sentences and of both stages. It reads
//! nothing back and draws all randomness from the run's seed, so a run goes on from a saved state as if it had never
//! stopped.
//!
//! Differs from the authors' in the encoder, which is our own and learns first; in that the wrong caption of a picture is
//! judged with what the discriminator saw in it already, and not a wrong picture of a caption; in that Stage-I draws for
//! Stage-II by its averages; and, unless its weight is 0, in the encoder's opinion as a part of the generators' loss.

mod config;
mod job;
mod state;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::captioned::Captioned;
use crate::data::captions::{Caption, Language, VOCABULARY, tokens};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::training::gaussian;
use crate::losses::{adversarial, stackgan};
use crate::models::{
    FirstGenerator, MatchingDiscriminator, SecondGenerator, StackConfig, TextEncoder,
    TextEncoderConfig, drawn_around,
};
use crate::nn::{Adam, halved};
use crate::protocol::{Learning, Objective, StackganConfig, StackganControl};

pub use config::{check_stackgan, estimate_stackgan};
use config::{encoder_of, networks_of};
pub use job::Stackgan;
pub use state::StackganState;

/// Streams of a run's seed.
const WEIGHTS: u32 = 41;
const TRAINING: u32 = 42;
const SETTLING: u32 = 44;
/// Batches of captions that running statistics are taken from. Each moves them by a tenth.
const CALIBRATION: usize = 30;
/// What the generators play for.
const OBJECTIVE: Objective = Objective::NonSaturating;

/// What a step measured, still on the GPU, each `[1]`.
#[allow(
    clippy::large_enum_variant,
    reason = "a run has one, of handles to numbers on the GPU"
)]
#[derive(Clone, Debug)]
pub enum StackganMetrics {
    /// The encoder's loss.
    Encoder(Tensor<1>),
    /// Of Stage-I or Stage-II.
    Stage {
        /// The discriminator's loss.
        d_loss: Tensor<1>,
        /// The generator's adversarial loss.
        g_loss: Tensor<1>,
        /// Of the condition, before it is weighted.
        divergence: Tensor<1>,
        /// The encoder's loss on what the generator draws, before it is weighted; 0 without weight.
        matching: Tensor<1>,
        /// Mean opinions on real pictures, on those with wrong captions, and on generated ones.
        opinions: [Tensor<1>; 3],
    },
}

/// What a step of a stage learns from, on a device without tracking.
#[derive(Clone, Debug)]
pub struct StackganBatch {
    /// Real pictures of the stage's size, `[B, 3, S, S]` in -1..1.
    pub real: Tensor<4>,
    /// Embeddings of their sentences, `[B, embedding]`.
    pub embedding: Tensor<2>,
    /// Embeddings of sentences that do not fit them, likewise.
    pub wrong: Tensor<2>,
    /// Of the conditioning augmentation of the stage, `[B, condition]`.
    pub augmentation: Tensor<2>,
    /// Stage-I's noise, `[B, noise]`.
    pub noise: Tensor<2>,
    /// Of Stage-I's augmentation where Stage-II learns.
    pub before: Tensor<2>,
}

/// The encoder, both stages' networks and their optimisers.
#[derive(Clone, Debug)]
pub struct StackganTrainer {
    config: StackganConfig,
    step: u32,
    /// Steps that each stage really did.
    learnt: [u32; 3],
    seed: Seed,
    encoder: TextEncoder,
    first: FirstGenerator,
    second: SecondGenerator,
    /// Of Stage-I and of Stage-II.
    discriminators: [MatchingDiscriminator; 2],
    encoder_adam: Adam,
    generator_adams: [Adam; 2],
    discriminator_adams: [Adam; 2],
    last: Option<StackganMetrics>,
    /// Its tensors are tracked.
    device: Device,
}

/// `N(0, 1)`, without what is farther from 0 than 2 if it is cut off.
fn normal(dims: [usize; 2], cut: bool, seed: &mut Seed, device: &Device) -> Tensor<2> {
    let mut own = seed.split();
    let mut draw = || loop {
        let value = own.normal();
        if !cut || value.abs() <= 2.0 {
            return value;
        }
    };
    let values: Vec<f32> = (0..dims[0] * dims[1]).map(|_| draw()).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

impl StackganTrainer {
    /// A fresh run.
    ///
    /// # Errors
    /// Those of [`check_stackgan`].
    pub fn new(config: &StackganConfig, device: &Device) -> Result<Self, Error> {
        check_stackgan(config)?;
        let device = device.clone().autodiff();
        let networks = networks_of(config);
        let mut weights = Seed::stream(config.seed, WEIGHTS);
        let adam = |rate| Adam::new(rate, config.beta1, config.beta2);
        let judge = |side, weights: &mut Seed| MatchingDiscriminator {
            net: networks.discriminator(side).init(weights, &device),
        };
        let generator_adam = || adam(config.generator_rate).averaging(config.averaging);
        Ok(Self {
            encoder: encoder_of(config).init(&mut weights, &device),
            first: FirstGenerator {
                net: networks.first().init(&mut weights, &device),
            },
            second: SecondGenerator {
                net: networks.second().init(&mut weights, &device),
            },
            discriminators: [networks.low, networks.size].map(|side| judge(side, &mut weights)),
            encoder_adam: Adam::new(config.encoder_rate, 0.9, 0.999),
            generator_adams: [generator_adam(), generator_adam()],
            discriminator_adams: [(); 2].map(|()| adam(config.discriminator_rate)),
            seed: Seed::stream(config.seed, TRAINING),
            config: config.clone(),
            step: 0,
            learnt: [0; 3],
            last: None,
            device,
        })
    }

    /// The settings.
    pub fn config(&self) -> &StackganConfig {
        &self.config
    }

    /// Steps done.
    pub fn steps(&self) -> u32 {
        self.step
    }

    /// The present stage: 0 the encoder, 1 and 2 Stage-I and Stage-II.
    pub fn stage(&self) -> usize {
        self.config.stage(self.step)
    }

    /// What the last step measured; none before the first.
    pub fn metrics(&self) -> Option<&StackganMetrics> {
        self.last.as_ref()
    }

    /// Takes over live controls, which are within their ranges. A stage that is skipped has had its steps.
    fn tune(&mut self, control: &StackganControl) {
        self.config.apply(control);
        self.encoder_adam.set_rate(self.config.encoder_rate);
        for i in 0..2 {
            self.generator_adams[i].set_rate(self.config.generator_rate);
            self.discriminator_adams[i].set_rate(self.config.discriminator_rate);
        }
        let stage = self.stage();
        if control.skip == Some(true) && stage < 2 {
            self.step = self.config.stages()[..=stage].iter().sum();
        }
    }

    /// Embeddings of sentences, given as the numbers of their words: `[B, embedding]`, numbers of size 1.
    pub fn embed(&self, sentences: &[&[u16]]) -> Tensor<2> {
        let device = self.device.clone().inner();
        let bags = encoder_of(&self.config).bags(sentences, &device);
        let length = (self.config.embedding as f32).sqrt();
        self.encoder.valid().sentences(bags) * length
    }

    /// How sentences and pictures of Stage-I's size lie on the encoder's sphere: `[B, embedding]` of each.
    pub fn placed(&self, sentences: &[&[u16]], pictures: Tensor<4>) -> [Tensor<2>; 2] {
        let length = (self.config.embedding as f32).sqrt();
        let pictures = self.encoder.valid().pictures(pictures);
        [self.embed(sentences) / length, pictures]
    }

    /// A step of the present stage on random pictures.
    ///
    /// # Panics
    /// If the pictures have not Stage-II's size.
    pub fn step(&mut self, data: &Captioned) {
        let stage = self.stage();
        if stage == 2 && self.learnt[2] == 0 {
            self.settle([true, false]);
        }
        let mut seed = self.seed.split();
        let mut numbers: Vec<_> = (0..self.config.batch)
            .map(|_| seed.below(data.len()))
            .collect();
        if stage == 0 {
            // Beside each one that differs in little, or nothing is learnt of that.
            let others: Vec<_> = numbers.iter().map(|n| data.other(*n, &mut seed)).collect();
            numbers.extend(others);
        }
        let device = self.device.clone().inner();
        let mut real = data.at(&numbers, &device);
        let wanted = if stage == 2 {
            self.config.size
        } else {
            self.config.low
        } as usize;
        while real.dims()[3] > wanted {
            real = halved(real);
        }
        let said: Vec<_> = numbers
            .iter()
            .map(|n| data.sentence(*n, &mut seed))
            .collect();
        if stage == 0 {
            self.learn_encoder(&said, real);
        } else {
            let wrong: Vec<_> = (numbers.iter())
                .map(|n| {
                    let other = data.other(*n, &mut seed);
                    data.sentence(other, &mut seed)
                })
                .collect();
            let (b, condition) = (numbers.len(), self.config.condition as usize);
            let batch = StackganBatch {
                real,
                embedding: self.embed(&said),
                wrong: self.embed(&wrong),
                augmentation: normal([b, condition], true, &mut seed, &device),
                noise: normal([b, self.config.noise as usize], false, &mut seed, &device),
                before: normal([b, condition], true, &mut seed, &device),
            };
            self.learn(stage, batch);
        }
        if self.step == self.config.steps() {
            self.settle([stage == 1, stage == 2]);
        }
    }

    /// A step of the encoder on sentences and their pictures, `[B, 3, low, low]` in -1..1.
    pub fn learn_encoder(&mut self, said: &[&[u16]], real: Tensor<4>) {
        let bags = encoder_of(&self.config).bags(said, &self.device.clone().inner());
        let sentences = self.encoder.sentences(Tensor::from_inner(bags));
        let pictures = self.encoder.pictures(Tensor::from_inner(real));
        let loss = stackgan::matching(sentences, pictures);
        self.last = Some(StackganMetrics::Encoder(loss.clone().inner()));
        let grads = GradientsParams::from_grads(loss.backward(), &self.encoder);
        self.encoder = self.encoder_adam.step(self.encoder.clone(), grads);
        self.count(0);
    }

    fn count(&mut self, stage: usize) {
        self.step += 1;
        self.learnt[stage] += 1;
    }

    /// One step of a stage's discriminator, then one of its generator on the same pictures, in the order of the authors'
    /// trainer. `stage` is 1 or 2.
    ///
    /// # Panics
    /// If the pictures have not the stage's size.
    pub fn learn(&mut self, stage: usize, batch: StackganBatch) {
        let low = (stage == 2).then(|| {
            let first = self.averaged_first();
            let of_first = first.condition(batch.embedding.clone());
            let condition = drawn_around(&of_first, batch.before.clone());
            first.forward(condition, batch.noise.clone())
        });
        let track = |x: &Tensor<2>| Tensor::from_inner(x.clone());
        let (embedding, augmentation) = (track(&batch.embedding), track(&batch.augmentation));
        let (fake, around) = match low {
            None => {
                let noise = track(&batch.noise);
                self.first.forward_train(embedding, augmentation, noise)
            }
            Some(low) => {
                let low = Tensor::from_inner(low);
                self.second.forward_train(embedding, augmentation, low)
            }
        };
        let (d_loss, opinions) = self.step_discriminator(stage, &batch, fake.clone().inner());
        let [g_loss, divergence, matching] =
            self.step_generator(stage, &batch.embedding, fake, around);
        self.last = Some(StackganMetrics::Stage {
            d_loss,
            g_loss,
            divergence,
            matching,
            opinions,
        });
        self.count(stage);
    }

    /// What the discriminator is shown: pictures, with noise if there is any.
    fn shown(&mut self, pictures: Tensor<4>) -> Tensor<4> {
        let deviation = self.config.instance_noise;
        if deviation <= 0.0 {
            return pictures;
        }
        let noise = gaussian(pictures.dims(), deviation, &mut self.seed, &self.device);
        pictures + noise
    }

    /// The discriminator's loss and its mean opinions on real pictures, on those with wrong captions, and on generated ones.
    fn step_discriminator(
        &mut self,
        stage: usize,
        batch: &StackganBatch,
        fake: Tensor<4>,
    ) -> (Tensor<1>, [Tensor<1>; 3]) {
        let real = self.shown(Tensor::from_inner(batch.real.clone()));
        let fake = self.shown(Tensor::from_inner(fake));
        let judge = &mut self.discriminators[stage - 1];
        let [fitting, wrong] =
            [&batch.embedding, &batch.wrong].map(|x| Tensor::from_inner(x.clone()));
        let seen = judge.encode_train(real);
        let of_real = judge.score_train(seen.clone(), fitting.clone());
        let of_wrong = judge.score_train(seen, wrong);
        let seen = judge.encode_train(fake);
        let of_fake = judge.score_train(seen, fitting);
        let all = [of_real.clone(), of_wrong.clone(), of_fake.clone()];
        let opinions = all.map(|logits| adversarial::opinion(OBJECTIVE, logits.inner()));
        let loss = stackgan::discriminator(of_real, of_wrong, of_fake);
        let value = loss.clone().inner();
        if self.config.learning != Learning::Generator {
            let net = judge.clone();
            let grads = GradientsParams::from_grads(loss.backward(), &net);
            *judge = self.discriminator_adams[stage - 1].step(net, grads);
        }
        (value, opinions)
    }

    /// The generator's adversarial loss, the divergence of the condition and the encoder's opinion.
    fn step_generator(
        &mut self,
        stage: usize,
        embedding: &Tensor<2>,
        fake: Tensor<4>,
        around: [Tensor<2>; 2],
    ) -> [Tensor<1>; 3] {
        let fitting = Tensor::from_inner(embedding.clone());
        // Its norms remember nothing of this.
        let mut judge = self.discriminators[stage - 1].clone().no_grad();
        let seen = judge.encode_train(self.shown(fake.clone()));
        let opposed = adversarial::generator(OBJECTIVE, judge.score_train(seen, fitting.clone()));
        let divergence = stackgan::divergence(around);
        let mut loss = opposed.clone() + divergence.clone() * self.config.divergence;
        let mut matching = Tensor::zeros([1], &self.device.clone().inner());
        if self.config.matching > 0.0 {
            let mut small = fake;
            while small.dims()[3] > self.config.low as usize {
                small = halved(small);
            }
            let seen = self.encoder.clone().no_grad().pictures(small);
            let length = (self.config.embedding as f32).sqrt();
            let of_encoder = stackgan::matching(fitting / length, seen);
            matching = of_encoder.clone().inner();
            loss = loss + of_encoder * self.config.matching;
        }
        if self.config.learning != Learning::Discriminator {
            let (grads, adam) = (loss.backward(), &mut self.generator_adams[stage - 1]);
            if stage == 1 {
                let grads = GradientsParams::from_grads(grads, &self.first);
                self.first = adam.step(self.first.clone(), grads);
            } else {
                let grads = GradientsParams::from_grads(grads, &self.second);
                self.second = adam.step(self.second.clone(), grads);
            }
        }
        [opposed.inner(), divergence.inner(), matching]
    }

    /// Both generators by the running averages of their weights, with running statistics of their own, taken from random
    /// captions: those that batch norms remember are of other weights. Of a stage that learnt nothing, or is not `wanted`, they
    /// are as they were.
    fn settled(&self, wanted: [bool; 2]) -> (FirstGenerator, SecondGenerator) {
        let (mut first, mut second) = (self.averaged_first(), self.averaged_second());
        let (b, condition) = (self.config.batch as usize, self.config.condition as usize);
        let device = self.device.clone().inner();
        let drawn = |seed: &mut Seed| {
            let language = |n| [Language::English, Language::Korean][n % 2];
            let said = (0..b).map(|n| {
                let said = Caption::random(seed).sentence(language(n), seed);
                tokens(&said).expect("captions are made of known words")
            });
            let said: Vec<_> = said.collect();
            let said: Vec<_> = said.iter().map(Vec::as_slice).collect();
            let around = normal([b, condition], true, seed, &device);
            let noise = normal([b, self.config.noise as usize], false, seed, &device);
            (self.embed(&said), around, noise)
        };
        if wanted[0] && self.learnt[1] > 0 {
            let mut seed = Seed::stream(self.config.seed, SETTLING);
            for _ in 0..CALIBRATION {
                let (embedding, around, noise) = drawn(&mut seed);
                first.forward_train(embedding, around, noise);
            }
        }
        if wanted[1] && self.learnt[2] > 0 {
            let mut seed = Seed::stream(self.config.seed, SETTLING);
            for _ in 0..CALIBRATION {
                let (embedding, around, noise) = drawn(&mut seed);
                let of_first = first.condition(embedding.clone());
                let low = first.forward(drawn_around(&of_first, around.clone()), noise);
                second.forward_train(embedding, around, low);
            }
        }
        (first, second)
    }

    /// The generators' batch norms take the running statistics of [`Self::settled`]: of Stage-I when Stage-II begins to learn
    /// from it, of the last stage in the end.
    fn settle(&mut self, wanted: [bool; 2]) {
        let (first, second) = self.settled(wanted);
        self.first.net.take_running(&first.net);
        self.second.net.take_running(&second.net);
    }

    /// The generators as they are to be written: what is not yet settled is.
    fn finished(&self) -> (FirstGenerator, SecondGenerator) {
        let going_on = self.step < self.config.steps();
        self.settled([going_on && self.learnt[2] == 0, going_on])
    }

    /// Stage-I's generator with the running average of its weights.
    fn averaged_first(&self) -> FirstGenerator {
        self.generator_adams[0].averaged(self.first.valid())
    }

    /// Stage-II's.
    fn averaged_second(&self) -> SecondGenerator {
        self.generator_adams[1].averaged(self.second.valid())
    }

    /// Pictures of Stage-I, `[B, 3, low, low]`, and Stage-II's of them, `[B, 3, size, size]`, by the averages, for embeddings
    /// and noise as [`Self::fixed`] gives it.
    pub fn draw(&self, embedding: Tensor<2>, noise: Tensor<2>) -> [Tensor<4>; 2] {
        let own = self.config.noise as usize;
        let augmentation = noise.clone().narrow(1, own, self.config.condition as usize);
        let around = |of: [Tensor<2>; 2]| drawn_around(&of, augmentation.clone());
        let (first, second) = (self.averaged_first(), self.averaged_second());
        let condition = around(first.condition(embedding.clone()));
        let low = first.forward(condition, noise.narrow(1, 0, own));
        let condition = around(second.condition(embedding));
        [low.clone(), second.forward(low, condition)]
    }

    /// Noise that is the same whenever it is asked for: of each picture Stage-I's, then that of the conditions,
    /// `[count, noise + condition]`.
    pub fn fixed(&self, count: usize, seed: u32) -> Tensor<2> {
        let (mut seed, device) = (Seed::stream(seed, 43), self.device.clone().inner());
        let mut part = |width: u32, cut| normal([count, width as usize], cut, &mut seed, &device);
        let own = part(self.config.noise, false);
        Tensor::cat(vec![own, part(self.config.condition, true)], 1)
    }
}
