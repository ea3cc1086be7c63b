//! The whole state of a run: saved, read back as strictly as weights, continued.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{KEPT, ProganTrainer};
use crate::error::Error;
use crate::jobs::state::{Tensors, bad, behind, hexadecimal, named, numbered, random, shaped};
use crate::models::FIRST;
use crate::models::ProgressiveConfig;
use crate::protocol::ProganConfig;
use crate::weights::{Expected, Weights};

/// Prefixes of the tensors.
const GENERATOR: &str = "generator.";
const DISCRIMINATOR: &str = "discriminator.";
const GENERATOR_ADAM: &str = "adam.generator.";
const DISCRIMINATOR_ADAM: &str = "adam.discriminator.";
const LEVELS: &str = "levels.";

/// Everything that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProganState {
    /// The settings.
    #[serde(skip)]
    pub config: ProganConfig,
    /// Channels of the pictures.
    pub channels: usize,
    /// Steps done.
    pub step: u32,
    /// The level, from 0.
    pub level: u32,
    /// Pictures of the level that have been shown.
    pub shown: u32,
    /// Steps that the generator and the discriminator have learnt from since Adam last began anew.
    pub learnt: [u32; 2],
    /// Where the random numbers stand; in hexadecimal, since numbers in JSON end at 2⁵³.
    pub random: String,
}

impl ProganState {
    /// The inverse of [`Self::meta`].
    ///
    /// # Errors
    /// `BadCheckpoint` says what is wrong with it.
    pub fn new(config: &ProganConfig, meta: Value) -> Result<Self, Error> {
        let state: Self = serde_json::from_value(meta).map_err(bad)?;
        Ok(Self {
            config: config.clone(),
            ..state
        })
    }

    /// All but the settings, for a checkpoint.
    ///
    /// # Panics
    /// Never: these are plain data.
    #[must_use]
    pub fn meta(&self) -> Value {
        serde_json::to_value(self).expect("plain data")
    }
}

/// The name of what a level left, and its shape.
fn left(level: usize, channels: usize) -> (String, [usize; 4]) {
    let side = FIRST << level;
    let name = format!("{LEVELS}{level:03}");
    (name, [KEPT, channels, side, side])
}

/// The tensors of networks that have grown up to a level, and what the levels before it left.
fn expected(networks: &ProgressiveConfig, level: usize) -> Vec<Expected> {
    let mut all = behind(GENERATOR, &networks.expected_generator(level));
    all.extend(behind(
        DISCRIMINATOR,
        &networks.expected_discriminator(level),
    ));
    all.extend((0..level).map(|level| {
        let (name, shape) = left(level, networks.channels);
        let (shape, used) = (shape.to_vec(), true);
        Expected { name, shape, used }
    }));
    all
}

impl ProganTrainer {
    /// The whole state; the tensors are still on the GPU.
    pub fn save(&self) -> (ProganState, Vec<(String, Tensor<1>)>) {
        let (g_learnt, of_g) = self.generator_adam.save(&self.generator);
        let (d_learnt, of_d) = self.discriminator_adam.save(&self.discriminator);
        let state = ProganState {
            config: self.config.clone(),
            channels: self.networks.channels,
            step: self.step,
            level: self.level,
            shown: self.shown,
            learnt: [g_learnt, d_learnt],
            random: hexadecimal(&self.seed),
        };
        let kept = self.kept.iter().map(|x| x.clone().flatten(0, 3));
        let tensors = named(vec![
            (GENERATOR, self.generator.tensors()),
            (DISCRIMINATOR, self.discriminator.tensors()),
            (GENERATOR_ADAM, numbered(of_g)),
            (DISCRIMINATOR_ADAM, numbered(of_d)),
            (LEVELS, numbered(kept.collect())),
        ]);
        (state, tensors.collect())
    }

    /// Both networks with the shapes of their tensors, and what the levels before left, named as in [`Self::save`]; of the
    /// generator's weights the running average.
    pub fn trained(&self) -> Vec<(String, Tensor<1>, Vec<usize>)> {
        let generator = self.generator_adam.averaged(self.generator.valid());
        let level = self.level as usize;
        let of_g = self.networks.expected_generator(level);
        let of_d = self.networks.expected_discriminator(level);
        shaped(GENERATOR, generator.tensors(), of_g)
            .chain(shaped(DISCRIMINATOR, self.discriminator.tensors(), of_d))
            .chain(self.kept.iter().enumerate().map(|(level, kept)| {
                let (name, shape) = left(level, self.networks.channels);
                (name, kept.clone().flatten(0, 3), shape.to_vec())
            }))
            .collect()
    }

    /// Takes the networks of [`Self::trained`], grown up to the last level, in the place of fresh ones; that level has faded
    /// in then, and is learnt on.
    ///
    /// # Errors
    /// Those of [`Weights`] for a file that does not fit the settings.
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        let (networks, top) = (self.networks, self.config.top());
        let level = top as usize;
        let mut weights = Weights::read(name, file, |_| Ok(expected(&networks, level)))?;
        let part = weights.part(GENERATOR);
        self.generator = networks.load_generator(level, &part, &self.device)?;
        let part = weights.part(DISCRIMINATOR);
        self.discriminator = networks.load_discriminator(level, &part, &self.device)?;
        let inner = self.device.clone().inner();
        let kept =
            (0..level).map(|level| weights.tensor(&left(level, networks.channels).0, &inner));
        self.kept = kept.collect::<Result<_, _>>()?;
        (self.level, self.shown) = (top, self.config.fading(top));
        Ok(())
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for tensors that do not fit them.
    pub fn load(
        state: &ProganState,
        tensors: BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<Self, Error> {
        let seed = random(&state.random)?;
        if !matches!(state.channels, 1 | 3) {
            return Err(bad(format!("pictures of {} channels", state.channels)));
        }
        let mut run = Self::new(&state.config, state.channels, device)?;
        if state.level > run.config.top() {
            return Err(bad(format!(
                "level {} of {}",
                state.level,
                run.config.top()
            )));
        }
        let mut tensors = Tensors::new(tensors, &run.device);
        let (level, networks) = (state.level as usize, run.networks);
        let weights = tensors.network(GENERATOR, &networks.expected_generator(level))?;
        run.generator = networks.load_generator(level, &weights, &run.device)?;
        let weights = tensors.network(DISCRIMINATOR, &networks.expected_discriminator(level))?;
        run.discriminator = networks.load_discriminator(level, &weights, &run.device)?;
        let [of_g, of_d] = state.learnt;
        let (g, d) = (&mut run.generator_adam, &mut run.discriminator_adam);
        tensors.optimiser(GENERATOR_ADAM, g, &run.generator, of_g)?;
        tensors.optimiser(DISCRIMINATOR_ADAM, d, &run.discriminator, of_d)?;
        if level > 0 {
            run.generator_adam = run.generator_adam.renewed();
        }
        for level in 0..level {
            let (name, shape) = left(level, state.channels);
            let values = tensors.take(&name);
            let values = values.filter(|x| x.len() == shape.iter().product::<usize>());
            let values = values.ok_or_else(|| bad(format!("{name} is missing or too short")))?;
            let data = TensorData::new(values, shape);
            run.kept
                .push(Tensor::from_data(data, &run.device.clone().inner()));
        }
        tensors.end()?;
        (run.step, run.level, run.shown) = (state.step, state.level, state.shown);
        run.seed = seed;
        Ok(run)
    }
}
