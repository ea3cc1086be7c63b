//! What a sentence and a picture have in common: two small networks of our own that put both on one sphere, where a
//! sentence is near the pictures that it fits (the aim of Reed et al. 2016, arXiv 1605.05395, with the loss of
//! `losses::stackgan::matching`).
//!
//! A sentence is a bag: the mean over its words of one-hot words and of hashed pairs of neighbours (as fastText's, Joulin et
//! al. 2016, arXiv 1607.01759), so that "red" belongs to what follows it. The picture's network has no norms, so that
//! pictures beside it do not matter.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{DenseLayers, DensePlan, Form, Init, LayerPlan, Layers};
use crate::ops::{Activation, ConvOptions};
use crate::weights::{Expected, Weights};

/// Numbers of a bag that stand for pairs of words.
const PAIRS: usize = 256;
/// Numbers between the two layers of a sentence's network.
const HIDDEN: usize = 128;

/// The settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoderConfig {
    /// How many words there are.
    pub words: usize,
    /// Numbers of an embedding.
    pub embedding: usize,
    /// Side of the pictures in pixels: 16, 32, ...
    pub size: usize,
    /// Channels after the first convolution.
    pub width: usize,
}

impl TextEncoderConfig {
    fn sentence(&self) -> Vec<DensePlan> {
        let layer = |name: &str, widths, activation| DensePlan {
            name: name.into(),
            widths,
            norm: None,
            activation,
            dropout: false,
        };
        let leaky = Activation::LeakyRelu(0.2);
        vec![
            layer("sentence.0", [self.words + PAIRS, HIDDEN], leaky),
            layer("sentence.2", [HIDDEN, self.embedding], Activation::Linear),
        ]
    }

    fn picture(&self) -> Vec<LayerPlan> {
        let halvings = (self.size / 4).ilog2() as usize;
        let mut input = 3;
        let mut plan = Vec::new();
        for halving in 0..halvings {
            let output = self.width << halving;
            let options = ConvOptions {
                stride: 2,
                padding: 1,
                ..ConvOptions::default()
            };
            let name = format!("picture.{}", 2 * halving);
            let layer = LayerPlan::new(name, Form::Direct(options), [input, output], 4);
            plan.push(LayerPlan {
                activation: Activation::LeakyRelu(0.2),
                ..layer
            });
            input = output;
        }
        let name = format!("picture.{}", 2 * halvings);
        let whole = Form::Direct(ConvOptions::default());
        plan.push(LayerPlan::new(name, whole, [input, self.embedding], 4));
        plan
    }

    /// The tensors of its file.
    #[must_use]
    pub fn expected(&self) -> Vec<Expected> {
        let mut all = DenseLayers::expected(&self.sentence());
        all.extend(Layers::expected(&self.picture()));
        all
    }

    /// Fresh weights.
    #[must_use]
    pub fn init(&self, seed: &mut Seed, device: &Device) -> TextEncoder {
        TextEncoder {
            sentence: DenseLayers::init(self.sentence(), seed, device),
            picture: Layers::init(self.picture(), Init::He, seed, device),
        }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(&self, weights: &Weights, device: &Device) -> Result<TextEncoder, Error> {
        Ok(TextEncoder {
            sentence: DenseLayers::load(self.sentence(), weights, device)?,
            picture: Layers::load(self.picture(), weights, device)?,
        })
    }

    /// Sentences as numbers of their words -> bags `[B, words + PAIRS]`.
    ///
    /// # Panics
    /// If a word is not below `words`.
    #[must_use]
    pub fn bags(&self, sentences: &[&[u16]], device: &Device) -> Tensor<2> {
        let width = self.words + PAIRS;
        let mut values = vec![0.0_f32; sentences.len() * width];
        for (bag, sentence) in values.chunks_exact_mut(width).zip(sentences) {
            let share = 1.0 / sentence.len().max(1) as f32;
            for word in *sentence {
                assert!(usize::from(*word) < self.words, "word {word}");
                bag[usize::from(*word)] += share;
            }
            for pair in sentence.windows(2) {
                let hash =
                    (u32::from(pair[0]) << 16 | u32::from(pair[1])).wrapping_mul(0x9E37_79B1);
                bag[self.words + (hash >> 24) as usize] += share;
            }
        }
        Tensor::from_data(TensorData::new(values, [sentences.len(), width]), device)
    }
}

/// Both networks.
#[derive(Module, Debug)]
pub struct TextEncoder {
    sentence: DenseLayers,
    picture: Layers,
}

/// Rows of length 1.
fn unit(x: Tensor<2>) -> Tensor<2> {
    let length = (x.clone().square().sum_dim(1) + 1e-8).sqrt();
    x / length
}

impl TextEncoder {
    /// Bags of [`TextEncoderConfig::bags`] -> `[B, embedding]`, rows of length 1.
    pub fn sentences(&self, bags: Tensor<2>) -> Tensor<2> {
        unit(self.sentence.forward(bags * 4.0))
    }

    /// `[B, 3, S, S]` in -1..1 -> `[B, embedding]`, rows of length 1.
    pub fn pictures(&self, pictures: Tensor<4>) -> Tensor<2> {
        unit(self.picture.forward(pictures).flatten(1, 3))
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let mut all = self.sentence.tensors();
        all.extend(self.picture.tensors());
        all
    }
}
