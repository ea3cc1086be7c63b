//! Which class a small picture belongs to: our own network, by which the samples of a GAN are judged. Three convolutions
//! that halve the picture and one that sees all of what is left; no norms, so that the samples beside it do not matter.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Form, Init, LayerPlan, Layers};
use crate::ops::{Activation, ConvOptions};
use crate::weights::{Expected, Weights};

/// Channels of the hidden layers.
const CHANNELS: [usize; 4] = [16, 32, 48, 48];

/// The settings, which follow from the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassifierConfig {
    /// Side of the square pictures in pixels, at least 8: 28 of digits, 32 of scenes.
    pub size: usize,
    /// Channels of the pictures.
    pub channels: usize,
    /// How many classes there are.
    pub classes: usize,
}

impl ClassifierConfig {
    fn plan(&self) -> Vec<LayerPlan> {
        let (mut side, mut input, mut plan) = (self.size, self.channels, Vec::new());
        for (i, output) in CHANNELS.into_iter().enumerate() {
            let stride = if i == 0 { 1 } else { 2 };
            let options = ConvOptions {
                stride,
                padding: 1,
                ..ConvOptions::default()
            };
            let layer = LayerPlan::new(
                format!("main.{}", 2 * i),
                Form::Direct(options),
                [input, output],
                3,
            );
            plan.push(LayerPlan {
                activation: Activation::Relu,
                ..layer
            });
            (side, input) = (side.div_ceil(stride), output);
        }
        let whole = Form::Direct(ConvOptions::default());
        let name = format!("main.{}", 2 * CHANNELS.len());
        plan.push(LayerPlan::new(name, whole, [input, self.classes], side));
        plan
    }

    /// The tensors of its file.
    #[must_use]
    pub fn expected(&self) -> Vec<Expected> {
        Layers::expected(&self.plan())
    }

    /// Fresh weights by He's rule, biases 0.
    #[must_use]
    pub fn init(&self, seed: &mut Seed, device: &Device) -> Classifier {
        Classifier {
            layers: Layers::init(self.plan(), Init::He, seed, device),
            config: *self,
        }
    }

    /// The network of a file.
    ///
    /// # Errors
    /// Those of [`Weights::read`].
    pub fn read(&self, name: &str, file: &[u8], device: &Device) -> Result<Classifier, Error> {
        let weights = Weights::read(name, file, |_| Ok(self.expected()))?;
        Ok(Classifier {
            layers: Layers::load(self.plan(), &weights, device)?,
            config: *self,
        })
    }
}

/// The network; 47,000 numbers for digits.
#[derive(Module, Debug)]
pub struct Classifier {
    layers: Layers,
    #[module(skip)]
    config: ClassifierConfig,
}

impl Classifier {
    /// The settings.
    pub fn config(&self) -> ClassifierConfig {
        self.config
    }

    /// `[B, C, S, S]` in -1..1 -> logits `[B, classes]`.
    ///
    /// # Panics
    /// If the pictures have another shape.
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        let [b, shape @ ..] = pictures.dims();
        let ClassifierConfig {
            size,
            channels,
            classes,
        } = self.config;
        assert_eq!(shape, [channels, size, size], "the shape of a picture");
        self.layers.forward(pictures).reshape([b, classes])
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}
