//! The whole state of a run: saved, read back as strictly as weights, continued.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Pix2pixTrainer, discriminator_of, generator_of};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::gan::{moments, numbered, part};
use crate::protocol::Pix2pixConfig;

/// Prefixes of the tensors.
const GENERATOR: &str = "generator.";
const DISCRIMINATOR: &str = "discriminator.";
const GENERATOR_ADAM: &str = "adam.generator.";
const DISCRIMINATOR_ADAM: &str = "adam.discriminator.";

/// Everything that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pix2pixState {
    /// The settings.
    #[serde(skip)]
    pub config: Pix2pixConfig,
    /// Steps done.
    pub step: u32,
    /// Steps that the generator and the discriminator have learnt from.
    pub learnt: [u32; 2],
    /// Where the random numbers stand; in hexadecimal, since numbers in JSON end at 2⁵³.
    pub random: String,
}

fn bad(detail: impl ToString) -> Error {
    Error::BadCheckpoint(detail.to_string())
}

impl Pix2pixState {
    /// The inverse of [`Self::meta`].
    ///
    /// # Errors
    /// `BadCheckpoint` says what is wrong with it.
    pub fn new(config: &Pix2pixConfig, meta: Value) -> Result<Self, Error> {
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

impl Pix2pixTrainer {
    /// The whole state; the tensors are still on the GPU.
    pub fn save(&self) -> (Pix2pixState, Vec<(String, Tensor<1>)>) {
        let (g_learnt, of_g) = self.generator_adam.save(&self.generator);
        let (d_learnt, of_d) = self.discriminator_adam.save(&self.discriminator);
        let state = Pix2pixState {
            config: self.config.clone(),
            step: self.step,
            learnt: [g_learnt, d_learnt],
            random: format!("{:016x}", self.seed.state()),
        };
        let parts = [
            (GENERATOR, self.generator.tensors()),
            (DISCRIMINATOR, self.discriminator.tensors()),
            (GENERATOR_ADAM, numbered(of_g)),
            (DISCRIMINATOR_ADAM, numbered(of_d)),
        ];
        let tensors = parts.into_iter().flat_map(|(prefix, tensors)| {
            let tensors = tensors.into_iter();
            tensors.map(move |(name, x)| (format!("{prefix}{name}"), x.without_autodiff()))
        });
        (state, tensors.collect())
    }

    /// Both networks with the shapes of their tensors, named as in [`Self::save`]; of the generator's weights the running
    /// average.
    pub fn trained(&self) -> Vec<(String, Tensor<1>, Vec<usize>)> {
        let generator = self.generator_adam.averaged(self.generator.valid());
        let parts = [
            (
                GENERATOR,
                generator.tensors(),
                generator_of(&self.config).expected(),
            ),
            (
                DISCRIMINATOR,
                self.discriminator.tensors(),
                discriminator_of(&self.config).expected(),
            ),
        ];
        let mut all = Vec::new();
        for (prefix, tensors, expected) in parts {
            let shapes = expected.into_iter().filter(|e| e.used).map(|e| e.shape);
            all.extend(tensors.into_iter().zip(shapes).map(|((name, x), shape)| {
                (format!("{prefix}{name}"), x.without_autodiff(), shape)
            }));
        }
        all
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for tensors that do not fit them.
    pub fn load(
        state: &Pix2pixState,
        mut tensors: BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<Self, Error> {
        let random = u64::from_str_radix(&state.random, 16).map_err(bad)?;
        let mut run = Self::new(&state.config, device)?;
        let (of_g, of_d) = (generator_of(&run.config), discriminator_of(&run.config));
        let weights = part(&mut tensors, GENERATOR, &of_g.expected())?;
        run.generator = of_g.load(&weights, &run.device)?;
        let weights = part(&mut tensors, DISCRIMINATOR, &of_d.expected())?;
        run.discriminator = of_d.load(&weights, &run.device)?;
        let inner = run.device.clone().inner();
        let [of_g, of_d] =
            [GENERATOR_ADAM, DISCRIMINATOR_ADAM].map(|of| moments(&mut tensors, of, &inner));
        let (g, d) = (&mut run.generator_adam, &mut run.discriminator_adam);
        let [g_learnt, d_learnt] = state.learnt;
        // One that never learnt has no moments.
        let fits = (g_learnt == 0 && of_g.is_empty() || g.restore(&run.generator, g_learnt, of_g))
            && (d_learnt == 0 && of_d.is_empty() || d.restore(&run.discriminator, d_learnt, of_d));
        if !fits {
            return Err(bad("the optimisers' states do not fit the networks"));
        }
        if let Some(name) = tensors.keys().next() {
            return Err(bad(format!("{name} belongs to nothing")));
        }
        (run.step, run.seed) = (state.step, Seed::at(random));
        Ok(run)
    }
}
