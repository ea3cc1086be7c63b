//! The states of runs that train networks: tensors by name, and what else goes on with them.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::Adam;
use crate::weights::{Expected, Weights};

pub(super) fn bad(detail: impl ToString) -> Error {
    Error::BadCheckpoint(detail.to_string())
}

/// Everything of a run of two sides that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunState<C> {
    /// The settings.
    #[serde(skip)]
    pub config: C,
    /// Steps done.
    pub step: u32,
    /// Steps that generators and discriminators have learnt from.
    pub learnt: [u32; 2],
    /// Where the random numbers stand; in hexadecimal, since numbers in JSON end at 2⁵³.
    pub random: String,
}

impl<C: Clone + Default> RunState<C> {
    /// The inverse of [`Self::meta`].
    ///
    /// # Errors
    /// `BadCheckpoint` says what is wrong with it.
    pub fn new(config: &C, meta: Value) -> Result<Self, Error> {
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

/// Where random numbers stand, and back.
pub(super) fn hexadecimal(seed: &Seed) -> String {
    format!("{:016x}", seed.state())
}

/// See [`hexadecimal`].
pub(super) fn random(hexadecimal: &str) -> Result<Seed, Error> {
    let state = u64::from_str_radix(hexadecimal, 16);
    state.map(Seed::at).map_err(bad)
}

/// Tensors of parts under their prefixes.
pub(super) fn named(
    parts: Vec<(&str, Vec<(String, Tensor<1>)>)>,
) -> impl Iterator<Item = (String, Tensor<1>)> {
    parts.into_iter().flat_map(|(prefix, tensors)| {
        let tensors = tensors.into_iter();
        tensors.map(move |(name, x)| (format!("{prefix}{name}"), x.without_autodiff()))
    })
}

/// The tensors of a network with their shapes, under a prefix, for a file of weights.
pub(super) fn shaped(
    prefix: &str,
    tensors: Vec<(String, Tensor<1>)>,
    expected: Vec<Expected>,
) -> impl Iterator<Item = (String, Tensor<1>, Vec<usize>)> {
    let shapes = expected.into_iter().filter(|e| e.used).map(|e| e.shape);
    let tensors = tensors.into_iter().zip(shapes);
    tensors.map(move |((name, x), shape)| (format!("{prefix}{name}"), x.without_autodiff(), shape))
}

/// The tensors of a network in a file where all their names begin with `before`.
pub(super) fn behind(before: &str, expected: &[Expected]) -> Vec<Expected> {
    let named = expected.iter().map(|e| Expected {
        name: format!("{before}{}", e.name),
        ..e.clone()
    });
    named.collect()
}

/// The states of an optimiser, named so that the names' order is theirs.
pub(super) fn numbered(states: Vec<Tensor<1>>) -> Vec<(String, Tensor<1>)> {
    let states = states.into_iter().enumerate();
    states.map(|(i, x)| (format!("{i:03}"), x)).collect()
}

/// The tensors of a saved run that nothing has taken up yet.
pub(super) struct Tensors {
    left: BTreeMap<String, Vec<f32>>,
    /// Not tracked.
    device: Device,
}

impl Tensors {
    pub fn new(all: BTreeMap<String, Vec<f32>>, device: &Device) -> Self {
        Self {
            left: all,
            device: device.clone().inner(),
        }
    }

    /// Takes one out by its name, if it is there.
    pub fn take(&mut self, name: &str) -> Option<Vec<f32>> {
        self.left.remove(name)
    }

    /// Takes those of one network out, as a checked file of weights.
    ///
    /// # Errors
    /// `BadCheckpoint` if one is missing or of another length.
    pub fn network(&mut self, prefix: &str, expected: &[Expected]) -> Result<Weights, Error> {
        let unexpected = |e: safetensors::SafeTensorError| bad(e);
        let mut bytes = Vec::new();
        for e in expected.iter().filter(|e| e.used) {
            let name = format!("{prefix}{}", e.name);
            let values = self.take(&name);
            let values = values.ok_or_else(|| bad(format!("{name} is missing")))?;
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

    /// Gives an optimiser its states, in the order of their names, which is the map's. One that never learnt has none.
    ///
    /// # Errors
    /// `BadCheckpoint` if they do not fit the network.
    pub fn optimiser<M: Module>(
        &mut self,
        prefix: &str,
        adam: &mut Adam,
        network: &M,
        learnt: u32,
    ) -> Result<(), Error> {
        let states = self.left.extract_if(.., |name, _| name.starts_with(prefix));
        let states: Vec<_> = states
            .map(|(_, x)| Tensor::from_floats(x.as_slice(), &self.device))
            .collect();
        let none = learnt == 0 && states.is_empty();
        if none || adam.restore(network, learnt, states) {
            return Ok(());
        }
        Err(bad("the optimisers' states do not fit the networks"))
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// `BadCheckpoint` names the first that is.
    pub fn end(self) -> Result<(), Error> {
        match self.left.keys().next() {
            Some(name) => Err(bad(format!("{name} belongs to nothing"))),
            None => Ok(()),
        }
    }
}
