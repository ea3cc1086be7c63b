//! The whole state of a run: saved, written as one file, read back as strictly as weights, continued.

use std::collections::{BTreeMap, HashMap};

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::GanTrainer;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::protocol::GanConfig;
use crate::weights::{Expected, Weights};

/// The metadata key under which everything but the tensors lies.
const KEY: &str = "easel-gan";
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
    pub config: GanConfig,
    /// `[C, H, W]` of a sample.
    pub shape: [usize; 3],
    /// Classes of the data; 1 without labels.
    pub classes: usize,
    /// Steps done.
    pub step: u32,
    /// Where the random numbers stand; in hexadecimal, since numbers in JSON end at 2⁵³.
    pub random: String,
}

fn bad(detail: impl ToString) -> Error {
    Error::BadCheckpoint(detail.to_string())
}

impl GanState {
    /// One file: safetensors, with the state as metadata. `tensors` are those of [`GanTrainer::save`], read.
    ///
    /// # Errors
    /// `Unexpected` if a tensor is not f32.
    pub fn write(&self, tensors: &[(String, TensorData)]) -> Result<Vec<u8>, Error> {
        let unexpected = |e: safetensors::SafeTensorError| Error::Unexpected(e.to_string());
        let text = serde_json::to_string(self).map_err(|e| Error::Unexpected(e.to_string()))?;
        let mut views = Vec::new();
        for (name, data) in tensors {
            let view = TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes());
            views.push((name, view.map_err(unexpected)?));
        }
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        safetensors::serialize(views, Some(metadata)).map_err(unexpected)
    }

    /// The state and the tensors, flat, of a file that [`Self::write`] made.
    ///
    /// # Errors
    /// `BadCheckpoint` says what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<(Self, BTreeMap<String, Vec<f32>>), Error> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(bad)?;
        let text = metadata.metadata().as_ref().and_then(|map| map.get(KEY));
        let text = text.ok_or_else(|| bad("it is no training run of Easel"))?;
        let state = serde_json::from_str(text).map_err(bad)?;
        let file = SafeTensors::deserialize(bytes).map_err(bad)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(bad(format!("{name} is not f32")));
            }
            let values = view.data().as_chunks().0.iter();
            let values: Vec<f32> = values.map(|b| f32::from_le_bytes(*b)).collect();
            if !values.iter().all(|v| v.is_finite()) {
                return Err(bad(format!("{name} holds a value that is not finite")));
            }
            tensors.insert(name, values);
        }
        Ok((state, tensors))
    }
}

impl GanTrainer {
    /// The whole state; the tensors are still on the GPU.
    pub fn save(&self) -> (GanState, Vec<(String, Tensor<1>)>) {
        let state = GanState {
            config: self.config.clone(),
            shape: self.shape,
            classes: self.classes,
            step: self.step,
            random: format!("{:016x}", self.seed.state()),
        };
        let mut all = Vec::new();
        let mut add = |prefix: &str, tensors: Vec<(String, Tensor<1>)>| {
            let tensors = tensors.into_iter();
            all.extend(tensors.map(|(name, x)| (format!("{prefix}{name}"), x.without_autodiff())));
        };
        add(GENERATOR, self.generator.tensors());
        add(DISCRIMINATOR, self.discriminator.tensors());
        let numbered = |(_, states): (u32, Vec<Tensor<1>>)| {
            let states = states.into_iter().enumerate();
            states.map(|(i, x)| (format!("{i:03}"), x)).collect()
        };
        let moments = self.generator_adam.save(&self.generator);
        add(GENERATOR_ADAM, numbered(moments));
        let moments = self.discriminator_adam.save(&self.discriminator);
        add(DISCRIMINATOR_ADAM, numbered(moments));
        (state, all)
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for tensors that do not fit them.
    pub fn load(
        state: &GanState,
        mut tensors: BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<Self, Error> {
        let sides = state.shape.iter().all(|side| (1..=1024).contains(side));
        if !sides || !(1..=256).contains(&state.classes) {
            let (shape, classes) = (state.shape, state.classes);
            return Err(bad(format!("samples of {shape:?} in {classes} classes")));
        }
        let random = u64::from_str_radix(&state.random, 16).map_err(bad)?;
        let mut run = Self::new(&state.config, state.shape, state.classes, device)?;
        let expected = run.pair.expected_generator();
        let weights = part(&mut tensors, GENERATOR, &expected)?;
        run.generator = run.pair.load_generator(&weights, &run.device)?;
        let expected = run.pair.expected_discriminator();
        let weights = part(&mut tensors, DISCRIMINATOR, &expected)?;
        run.discriminator = run.pair.load_discriminator(&weights, &run.device)?;
        let inner = run.device.clone().inner();
        let mut moments = |prefix: &str| -> Vec<Tensor<1>> {
            // The map is in the order of the names.
            let states = tensors.extract_if(.., |name, _| name.starts_with(prefix));
            states
                .map(|(_, x)| Tensor::from_floats(x.as_slice(), &inner))
                .collect()
        };
        let [of_g, of_d] = [GENERATOR_ADAM, DISCRIMINATOR_ADAM].map(&mut moments);
        let (g, d) = (&mut run.generator_adam, &mut run.discriminator_adam);
        let discriminator_steps = state.step.checked_mul(state.config.discriminator_steps);
        let time = discriminator_steps.ok_or_else(|| bad("too many steps"))?;
        let fits = match state.step {
            0 => of_g.is_empty() && of_d.is_empty(),
            step => {
                g.restore(&run.generator, step, of_g) && d.restore(&run.discriminator, time, of_d)
            }
        };
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

/// Takes the tensors of one network out, as a checked file of weights.
fn part(
    tensors: &mut BTreeMap<String, Vec<f32>>,
    prefix: &str,
    expected: &[Expected],
) -> Result<Weights, Error> {
    let unexpected = |e: safetensors::SafeTensorError| bad(e);
    let mut bytes = Vec::new();
    for e in expected.iter().filter(|e| e.used) {
        let name = format!("{prefix}{}", e.name);
        let values = tensors
            .remove(&name)
            .ok_or_else(|| bad(format!("{name} is missing")))?;
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        bytes.push((e.name.as_str(), e.shape.clone(), raw));
    }
    let mut views = Vec::new();
    for (name, shape, raw) in &bytes {
        let view = TensorView::new(Dtype::F32, shape.clone(), raw).map_err(unexpected)?;
        views.push((*name, view));
    }
    let file = safetensors::serialize(views, None).map_err(unexpected)?;
    Weights::read("the run", &file, |_| Ok(expected.to_vec()))
}
