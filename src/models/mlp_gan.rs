//! Fully connected generator and discriminator (Goodfellow et al. 2014, arXiv 1406.2661) with the names of PyTorch-GAN:
//! `model.N`, where batch norms, dropouts and activations count. Differs from it in the batch norms' epsilon, which is
//! PyTorch's 1e-5; PyTorch-GAN passes 0.8 in its place.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{DenseLayers, DensePlan};
use crate::ops::Activation;
use crate::weights::{Expected, Weights};

/// The settings of both networks; the defaults are the reference's for 28 px, 1.510 M and 0.534 M parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct MlpGanConfig {
    /// `[C, H, W]`; a point of the plane is `[2, 1, 1]`.
    pub picture: [usize; 3],
    /// Numbers that the generator is given, with those of a label.
    pub latent: usize,
    /// Numbers about a label that the discriminator is given after the picture.
    pub label: usize,
    /// Hidden layers of the generator.
    pub generator: Vec<usize>,
    /// Hidden layers of the discriminator.
    pub discriminator: Vec<usize>,
    /// Batch norms in the generator, except in its first layer.
    pub norm: bool,
    /// Whether the generator ends in tanh: pictures do, points of the plane do not.
    pub bounded: bool,
    /// Whether dropout stands in the discriminator's hidden layers from the second on.
    pub dropout: bool,
}

impl Default for MlpGanConfig {
    fn default() -> Self {
        Self {
            picture: [1, 28, 28],
            latent: 100,
            label: 0,
            generator: vec![128, 256, 512, 1024],
            discriminator: vec![512, 256],
            norm: true,
            bounded: true,
            dropout: false,
        }
    }
}

const LEAKY: Activation = Activation::LeakyRelu(0.2);

impl MlpGanConfig {
    fn values(&self) -> usize {
        self.picture.iter().product()
    }

    fn generator(&self) -> Vec<DensePlan> {
        let end = match self.bounded {
            true => Activation::Tanh,
            false => Activation::Linear,
        };
        let norm = |layer: usize| self.norm && layer > 0;
        let widths = &self.generator;
        row(self.latent, widths, self.values(), end, norm, |_| false)
    }

    fn discriminator(&self) -> Vec<DensePlan> {
        let dropout = |layer: usize| self.dropout && layer > 0;
        let (inputs, widths) = (self.values() + self.label, &self.discriminator);
        row(inputs, widths, 1, Activation::Linear, |_| false, dropout)
    }

    /// The tensors of the generator's file.
    pub fn expected_generator(&self) -> Vec<Expected> {
        DenseLayers::expected(&self.generator())
    }

    /// The tensors of the discriminator's file.
    pub fn expected_discriminator(&self) -> Vec<Expected> {
        DenseLayers::expected(&self.discriminator())
    }

    /// Fresh weights, as PyTorch draws them.
    pub fn init_generator(&self, seed: &mut Seed, device: &Device) -> MlpGenerator {
        MlpGenerator {
            layers: DenseLayers::init(self.generator(), seed, device),
            picture: self.picture,
        }
    }

    /// See [`Self::init_generator`].
    pub fn init_discriminator(&self, seed: &mut Seed, device: &Device) -> MlpDiscriminator {
        MlpDiscriminator {
            layers: DenseLayers::init(self.discriminator(), seed, device),
        }
    }

    /// Weights from a file checked by [`Self::expected_generator`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load_generator(
        &self,
        weights: &Weights,
        device: &Device,
    ) -> Result<MlpGenerator, Error> {
        Ok(MlpGenerator {
            layers: DenseLayers::load(self.generator(), weights, device)?,
            picture: self.picture,
        })
    }

    /// Weights from a file checked by [`Self::expected_discriminator`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load_discriminator(
        &self,
        weights: &Weights,
        device: &Device,
    ) -> Result<MlpDiscriminator, Error> {
        Ok(MlpDiscriminator {
            layers: DenseLayers::load(self.discriminator(), weights, device)?,
        })
    }
}

/// Hidden layers, numbered from 0, and one that ends the row, as an `nn.Sequential` called `model` counts them.
fn row(
    inputs: usize,
    widths: &[usize],
    outputs: usize,
    end: Activation,
    norm: impl Fn(usize) -> bool,
    dropout: impl Fn(usize) -> bool,
) -> Vec<DensePlan> {
    let (mut plan, mut before, mut index) = (Vec::new(), inputs, 0);
    for (layer, &width) in widths.iter().enumerate() {
        let between = usize::from(norm(layer)) + usize::from(dropout(layer));
        plan.push(DensePlan {
            name: format!("model.{index}"),
            widths: [before, width],
            norm: norm(layer).then(|| format!("model.{}", index + 1)),
            activation: LEAKY,
            dropout: dropout(layer),
        });
        (before, index) = (width, index + 2 + between);
    }
    plan.push(DensePlan {
        name: format!("model.{index}"),
        widths: [before, outputs],
        norm: None,
        activation: end,
        dropout: false,
    });
    plan
}

/// From noise to pictures or points.
#[derive(Module, Debug)]
pub struct MlpGenerator {
    layers: DenseLayers,
    #[module(skip)]
    picture: [usize; 3],
}

impl MlpGenerator {
    /// `[B, latent, 1, 1]` drawn from `N(0, 1)` -> `[B, C, H, W]`; batch norms take their running statistics.
    pub fn forward(&self, noise: Tensor<4>) -> Tensor<4> {
        self.pictures(self.layers.forward(noise.flatten(1, 3)))
    }

    /// The same, but batch norms take the statistics of the batch and remember them.
    pub fn forward_train(&mut self, noise: Tensor<4>) -> Tensor<4> {
        let x = self.layers.forward_train(noise.flatten(1, 3), &[]);
        self.pictures(x)
    }

    fn pictures(&self, x: Tensor<2>) -> Tensor<4> {
        let ([b, _], [c, h, w]) = (x.dims(), self.picture);
        x.reshape([b, c, h, w])
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}

/// From pictures or points to opinions. The reference's sigmoid belongs to the loss here.
#[derive(Module, Debug)]
pub struct MlpDiscriminator {
    layers: DenseLayers,
}

impl MlpDiscriminator {
    /// `[B, values]`, each picture and what is said about its label in one row -> `[B, 1, 1, 1]`, the logit of being
    /// real; nothing is dropped.
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<4> {
        opinions(self.layers.forward(rows))
    }

    /// The same in training, with the masks of dropout.
    pub fn forward_train(&mut self, rows: Tensor<2>, masks: &[Tensor<2>]) -> Tensor<4> {
        opinions(self.layers.forward_train(rows, masks))
    }

    /// Masks of a pass in training: see [`DenseLayers::masks`].
    pub fn masks(
        &self,
        share: f32,
        batch: usize,
        seed: &mut Seed,
        device: &Device,
    ) -> Vec<Tensor<2>> {
        self.layers.masks(share, batch, seed, device)
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}

fn opinions(x: Tensor<2>) -> Tensor<4> {
    let [b, _] = x.dims();
    x.reshape([b, 1, 1, 1])
}
