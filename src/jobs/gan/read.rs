//! Generators out of files, to draw with or to begin a run with.

use burn::tensor::{Device, Tensor};

use super::networks::Generator;
use super::recognise::recognise;
use crate::error::Error;
use crate::jobs::state::behind;
use crate::models::one_hot;
use crate::protocol::{GanConfig, GanVariant};
use crate::weights::{Expected, Header, Weights, safetensors_of};

/// What may stand before a generator's own names: of what wraps it, and of dictionaries that hold more.
const BEFORE: [&str; 14] = [
    "module.",
    "_orig_mod.",
    "state_dict.",
    "model_state_dict.",
    "generator_state_dict.",
    "gen_state_dict.",
    "netG_state_dict.",
    "G_state_dict.",
    "generator.",
    "Generator.",
    "netG.",
    "gen.",
    "G.",
    "g.",
];

/// A generator to draw with.
#[derive(Clone, Debug)]
pub struct TrainedGenerator {
    /// Its settings; those of training are as it was trained if Easel trained it, otherwise defaults.
    pub config: GanConfig,
    /// `[C, H, W]` of a sample.
    pub shape: [usize; 3],
    /// How many labels it knows; 1 if it takes none.
    pub classes: usize,
    /// Up to six directions of the noise along which the first layer changes most, the strongest first: of length 1, at
    /// right angles to each other.
    pub directions: Vec<Vec<f32>>,
    net: Generator,
    /// Stands for labels where there are none.
    nothing: Tensor<2>,
}

impl TrainedGenerator {
    /// Noise `[B, latent, 1, 1]` from `N(0, 1)` and a label below `classes` each, ignored without labels -> `[B, C, H, W]`,
    /// pictures in -1..1. Batch norms take their running statistics.
    #[must_use]
    pub fn draw(&self, noise: Tensor<4>, labels: &[u8]) -> Tensor<4> {
        match self.config.variant {
            GanVariant::Cgan => {
                let labels = one_hot(labels, self.classes, &noise.device());
                self.forward(noise, &labels)
            }
            _ => self.forward(noise, &self.nothing),
        }
    }

    /// The same with labels of `one_hot`, or anything between them: `[B, classes]`.
    #[must_use]
    pub fn forward(&self, noise: Tensor<4>, labels: &Tensor<2>) -> Tensor<4> {
        self.net.forward(noise, labels)
    }
}

/// Reads a `.pth`, a file of safetensors with the reference's names, or what Easel exported.
///
/// # Errors
/// Those of [`safetensors_of`] and [`Weights`]; `weights-generator` for one that is not known, and says why.
pub fn read_generator(name: &str, file: &[u8], device: &Device) -> Result<TrainedGenerator, Error> {
    let file = safetensors_of(name, file)?;
    let mut found = None;
    let mut weights = Weights::read(name, &file, |header| {
        let before = prefix(header);
        let known = recognise(header, &before).map_err(|detail| refused(name, detail))?;
        let expected = alone(&before, &known.expected(), header);
        found = Some((known, before));
        Ok(expected)
    })?;
    let (known, before) = found.expect("the reading asked for it");
    let weights = weights.part(&before);
    let directions = known.directions(&weights)?;
    let net = known.load(weights, device)?;
    Ok(TrainedGenerator {
        directions,
        config: known.config,
        shape: known.shape,
        classes: known.classes,
        net,
        nothing: Tensor::zeros([1, 1], device),
    })
}

pub(in crate::jobs) fn refused(name: &str, detail: String) -> Error {
    Error::BadWeights {
        name: name.into(),
        code: "weights-generator",
        detail,
    }
}

/// What stands before the names of a file's generator.
pub(super) fn prefix(header: &Header) -> String {
    let (all, mut before) = (header.tensors(), String::new());
    loop {
        let rest = |name: &String| name.strip_prefix(&before).map(str::to_owned);
        let rest: Vec<_> = all.keys().filter_map(rest).collect();
        let begins = |with: &&&str| rest.iter().any(|name| name.starts_with(**with));
        match BEFORE.iter().find(begins) {
            Some(more) => before.push_str(more),
            None => return before,
        }
    }
}

/// As [`behind`]; what does not stand behind `before` is left unread.
pub(in crate::jobs) fn alone(
    before: &str,
    expected: &[Expected],
    header: &Header,
) -> Vec<Expected> {
    let mut all = behind(before, expected);
    let others = header.tensors().into_iter();
    let others = others.filter(|(name, _)| !name.starts_with(before));
    all.extend(others.map(|(name, shape)| Expected {
        name,
        shape,
        used: false,
    }));
    all
}
