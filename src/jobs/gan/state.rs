//! The whole state of a run: saved, read back as strictly as weights, continued.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{alone, prefix, refused};
use super::{CALIBRATION, GanTrainer};
use crate::error::Error;
use crate::jobs::state::{Tensors, bad, behind, hexadecimal, named, numbered, random};
use crate::protocol::{GanConfig, GanNetwork};
use crate::weights::{NOTE, Weights, safetensors_of};

/// Prefixes of the tensors.
const GENERATOR: &str = "generator.";
const DISCRIMINATOR: &str = "discriminator.";
const GENERATOR_ADAM: &str = "adam.generator.";
const DISCRIMINATOR_ADAM: &str = "adam.discriminator.";

/// Everything that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GanState {
    /// The settings.
    #[serde(skip)]
    pub config: GanConfig,
    /// `[C, H, W]` of a sample.
    pub shape: [usize; 3],
    /// Classes of the data; 1 without labels.
    pub classes: usize,
    /// Steps done.
    pub step: u32,
    /// Steps that the generator and the discriminator have learnt from.
    pub learnt: [u32; 2],
    /// Where the random numbers stand; in hexadecimal, since numbers in JSON end at 2⁵³.
    pub random: String,
}

impl GanState {
    /// The inverse of [`Self::meta`].
    ///
    /// # Errors
    /// `BadCheckpoint` says what is wrong with it.
    pub fn new(config: &GanConfig, meta: Value) -> Result<Self, Error> {
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

impl GanTrainer {
    /// The whole state; the tensors are still on the GPU.
    pub fn save(&self) -> (GanState, Vec<(String, Tensor<1>)>) {
        let (g_learnt, of_g) = self.generator_adam.save(&self.generator);
        let (d_learnt, of_d) = self.discriminator_adam.save(&self.discriminator);
        let state = GanState {
            learnt: [g_learnt, d_learnt],
            config: self.config.clone(),
            shape: self.shape,
            classes: self.classes,
            step: self.step,
            random: hexadecimal(&self.seed),
        };
        let tensors = named(vec![
            (GENERATOR, self.generator.tensors()),
            (DISCRIMINATOR, self.discriminator.tensors()),
            (GENERATOR_ADAM, numbered(of_g)),
            (DISCRIMINATOR_ADAM, numbered(of_d)),
        ]);
        (state, tensors.collect())
    }

    /// What another run can begin with, named and shaped as in [`Self::begin_with`]: the running average of the
    /// generator's weights with running statistics of their own, and the discriminator's.
    pub fn start(&self) -> Vec<(String, Tensor<1>, Vec<usize>)> {
        let mut generator = self.averaged();
        let (noise, labels) = self.fixed(CALIBRATION * self.config.batch as usize);
        for (i, part) in noise.chunk(CALIBRATION, 0).into_iter().enumerate() {
            let count = part.dims()[0];
            let labels = &labels[i * count..][..count];
            let labels = self.told(labels, &part.device());
            generator.forward_train(part, &labels);
        }
        let parts = [
            (
                GENERATOR,
                generator.tensors(),
                self.pair.expected_generator(),
            ),
            (
                DISCRIMINATOR,
                self.discriminator.tensors(),
                self.pair.expected_discriminator(),
            ),
        ];
        let mut all = Vec::new();
        for (prefix, tensors, expected) in parts {
            for (name, x) in tensors {
                let e = expected.iter().find(|e| e.name == name);
                let shape = e.expect("the networks' own names").shape.clone();
                all.push((format!("{prefix}{name}"), x.without_autodiff(), shape));
            }
        }
        all
    }

    /// Takes the weights of [`Self::start`] in the place of fresh ones; or those of a generator alone, also out of a `.pth`,
    /// while the discriminator stays fresh.
    ///
    /// # Errors
    /// Those of [`safetensors_of`] and [`Weights`] for a file that does not fit the settings; `weights-generator` for a
    /// generator alone that does not, or one that normalises in another way.
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        let file = safetensors_of(name, file)?;
        let generator = self.pair.expected_generator();
        let discriminator = self.pair.expected_discriminator();
        let (mut before, mut both, mut ours) = (String::new(), false, false);
        let read = Weights::read(name, &file, |header| {
            let names = header.tensors();
            let has = |prefix: &str| names.keys().any(|name| name.starts_with(prefix));
            both = has(GENERATOR) && has(DISCRIMINATOR);
            ours = header.note(NOTE).is_some();
            if both {
                before = GENERATOR.into();
                let of_d = behind(DISCRIMINATOR, &discriminator);
                return Ok([behind(GENERATOR, &generator), of_d].concat());
            }
            before = prefix(header);
            Ok(alone(&before, &generator, header))
        });
        let mut weights = match read {
            Err(e) if !both && matches!(e.code(), "weights-names" | "weights-shape") => {
                let detail = format!(
                    "there is no discriminator in it, and its generator is not of these settings: {e}"
                );
                return Err(refused(name, detail));
            }
            read => read?,
        };
        if !ours && self.config.network == GanNetwork::Mlp && self.config.norm {
            let detail = "its batch norms have another epsilon than those of a run".into();
            return Err(refused(name, detail));
        }
        let of_g = weights.part(&before);
        let of_g = self.pair.load_generator(&of_g, &self.device)?;
        if both {
            let of_d = weights.part(DISCRIMINATOR);
            self.discriminator = self.pair.load_discriminator(&of_d, &self.device)?;
        }
        self.generator = of_g;
        Ok(())
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for tensors that do not fit them.
    pub fn load(
        state: &GanState,
        tensors: BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<Self, Error> {
        let sides = state.shape.iter().all(|side| (1..=1024).contains(side));
        if !sides || !(1..=256).contains(&state.classes) {
            let (shape, classes) = (state.shape, state.classes);
            return Err(bad(format!("samples of {shape:?} in {classes} classes")));
        }
        let seed = random(&state.random)?;
        let mut run = Self::new(&state.config, state.shape, state.classes, device)?;
        let mut tensors = Tensors::new(tensors, &run.device);
        let weights = tensors.network(GENERATOR, &run.pair.expected_generator())?;
        run.generator = run.pair.load_generator(&weights, &run.device)?;
        let weights = tensors.network(DISCRIMINATOR, &run.pair.expected_discriminator())?;
        run.discriminator = run.pair.load_discriminator(&weights, &run.device)?;
        let [of_g, of_d] = state.learnt;
        let (g, d) = (&mut run.generator_adam, &mut run.discriminator_adam);
        tensors.optimiser(GENERATOR_ADAM, g, &run.generator, of_g)?;
        tensors.optimiser(DISCRIMINATOR_ADAM, d, &run.discriminator, of_d)?;
        tensors.end()?;
        (run.step, run.seed) = (state.step, seed);
        Ok(run)
    }
}
