//! Generator and discriminator of DCGAN (Radford et al. 2016, arXiv 1511.06434) with the names of PyTorch's tutorial:
//! `main.N`, where norms and ReLUs count.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Form, Init, LayerPlan, Layers, NormKind};
use crate::ops::{Activation, ConvOptions, ConvTransposeOptions};
use crate::weights::{Expected, Weights};

/// The settings of both networks; the defaults are the tutorial's, 3.577 M and 2.766 M parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DcganConfig {
    /// Side of the square pictures in pixels: halved as often as it is even and above 4, it must end between 4 and 7
    /// and have been halved. 28, 32 and 64 do.
    pub size: usize,
    /// Channels of the pictures.
    pub channels: usize,
    /// Numbers that the generator is given.
    pub latent: usize,
    /// Channels next to the pictures, in both networks; doubled with each halving.
    pub width: usize,
}

impl Default for DcganConfig {
    fn default() -> Self {
        Self {
            size: 64,
            channels: 3,
            latent: 100,
            width: 64,
        }
    }
}

impl DcganConfig {
    /// The smallest side, and how often it is doubled.
    fn sides(&self) -> (usize, usize) {
        let (mut side, mut doublings) = (self.size, 0);
        while side.is_multiple_of(2) && side > 4 {
            (side, doublings) = (side / 2, doublings + 1);
        }
        assert!(
            (4..8).contains(&side) && doublings > 0,
            "DCGAN draws pictures of 28, 32 or 64 px, not {}",
            self.size
        );
        (side, doublings)
    }

    fn generator(&self) -> Vec<LayerPlan> {
        let (side, doublings) = self.sides();
        let conv = |stage: usize, channels, kernel, stride, padding| {
            let options = ConvTransposeOptions {
                stride,
                padding,
                ..ConvTransposeOptions::default()
            };
            let plan = LayerPlan::new(
                format!("main.{}", 3 * stage),
                Form::Transposed(options),
                channels,
                kernel,
            );
            LayerPlan {
                bias: false,
                ..plan
            }
        };
        let width = |stage: usize| self.width << (doublings - 1 - stage);
        let mut plan = vec![conv(0, [self.latent, width(0)], side, 1, 0)];
        plan.extend(
            (1..doublings).map(|stage| conv(stage, [width(stage - 1), width(stage)], 4, 2, 1)),
        );
        let normed = |plan: LayerPlan| plan.followed_by(Some(NormKind::Batch), Activation::Relu);
        let mut plan: Vec<_> = plan.into_iter().map(normed).collect();
        let last = conv(doublings, [self.width, self.channels], 4, 2, 1);
        plan.push(last.followed_by(None, Activation::Tanh));
        plan
    }

    fn discriminator(&self) -> Vec<LayerPlan> {
        let (side, halvings) = self.sides();
        let conv = |index: usize, channels, kernel, stride, padding| {
            let options = ConvOptions {
                stride,
                padding,
                ..ConvOptions::default()
            };
            let plan = LayerPlan::new(
                format!("main.{index}"),
                Form::Direct(options),
                channels,
                kernel,
            );
            LayerPlan {
                bias: false,
                ..plan
            }
        };
        let leaky = Activation::LeakyRelu(0.2);
        let mut plan = vec![conv(0, [self.channels, self.width], 4, 2, 1).followed_by(None, leaky)];
        let mut input = self.width;
        for n in 1..halvings {
            let plan_n = conv(3 * n - 1, [input, 2 * input], 4, 2, 1);
            plan.push(plan_n.followed_by(Some(NormKind::Batch), leaky));
            input *= 2;
        }
        plan.push(conv(3 * halvings - 1, [input, 1], side, 1, 0));
        plan
    }

    /// The tensors of the generator's file.
    pub fn expected_generator(&self) -> Vec<Expected> {
        Layers::expected(&self.generator())
    }

    /// The tensors of the discriminator's file.
    pub fn expected_discriminator(&self) -> Vec<Expected> {
        Layers::expected(&self.discriminator())
    }

    /// Fresh weights `N(0, 0.02²)`, those of norms `N(1, 0.02²)`.
    pub fn init_generator(&self, seed: &mut Seed, device: &Device) -> DcganGenerator {
        DcganGenerator {
            layers: Layers::init(self.generator(), Init::Normal(0.02), seed, device),
            config: *self,
        }
    }

    /// See [`Self::init_generator`].
    pub fn init_discriminator(&self, seed: &mut Seed, device: &Device) -> DcganDiscriminator {
        DcganDiscriminator {
            layers: Layers::init(self.discriminator(), Init::Normal(0.02), seed, device),
            config: *self,
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
    ) -> Result<DcganGenerator, Error> {
        Ok(DcganGenerator {
            layers: Layers::load(self.generator(), weights, device)?,
            config: *self,
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
    ) -> Result<DcganDiscriminator, Error> {
        Ok(DcganDiscriminator {
            layers: Layers::load(self.discriminator(), weights, device)?,
            config: *self,
        })
    }

    fn assert_noise(&self, noise: &Tensor<4>) {
        let ([_, c, h, w], latent) = (noise.dims(), self.latent);
        assert!(
            [c, h, w] == [latent, 1, 1],
            "noise is [B, {latent}, 1, 1], not {:?}",
            noise.dims()
        );
    }

    fn assert_image(&self, image: &Tensor<4>) {
        let ([_, c, h, w], s) = (image.dims(), self.size);
        let channels = self.channels;
        assert!(
            [c, h, w] == [channels, s, s],
            "pictures are [B, {channels}, {s}, {s}], not {:?}",
            image.dims()
        );
    }
}

/// From noise to pictures.
#[derive(Module, Debug)]
pub struct DcganGenerator {
    layers: Layers,
    #[module(skip)]
    config: DcganConfig,
}

impl DcganGenerator {
    /// Transposed convolutions of another geometry, or with biases: `plan` instead of the tutorial's, in a file checked by
    /// it, with `config` for the shapes at its ends.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(
        plan: Vec<LayerPlan>,
        config: DcganConfig,
        weights: &Weights,
        device: &Device,
    ) -> Result<Self, Error> {
        Ok(Self {
            layers: Layers::load(plan, weights, device)?,
            config,
        })
    }

    /// `[B, latent, 1, 1]` drawn from `N(0, 1)` -> `[B, channels, size, size]` in -1..1; batch norms take their running
    /// statistics.
    ///
    /// # Panics
    /// If the noise has another shape.
    pub fn forward(&self, noise: Tensor<4>) -> Tensor<4> {
        self.config.assert_noise(&noise);
        self.layers.forward(noise)
    }

    /// The same, but batch norms take the statistics of the batch and remember them.
    ///
    /// # Panics
    /// As [`Self::forward`].
    pub fn forward_train(&mut self, noise: Tensor<4>) -> Tensor<4> {
        self.config.assert_noise(&noise);
        self.layers.forward_train(noise)
    }

    /// The same function in inference, with every batch norm folded into its convolution.
    pub fn folded(&self) -> Self {
        Self {
            layers: self.layers.folded(),
            config: self.config,
        }
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}

/// From pictures to opinions. The tutorial's sigmoid belongs to the loss here, where it does not overflow.
#[derive(Module, Debug)]
pub struct DcganDiscriminator {
    layers: Layers,
    #[module(skip)]
    config: DcganConfig,
}

impl DcganDiscriminator {
    /// `[B, channels, size, size]` in -1..1 -> `[B, 1, 1, 1]`, the logit of being real; batch norms take their running
    /// statistics.
    ///
    /// # Panics
    /// If the pictures have another shape.
    pub fn forward(&self, image: Tensor<4>) -> Tensor<4> {
        self.config.assert_image(&image);
        self.layers.forward(image)
    }

    /// The same, but batch norms take the statistics of the batch and remember them.
    ///
    /// # Panics
    /// As [`Self::forward`].
    pub fn forward_train(&mut self, image: Tensor<4>) -> Tensor<4> {
        self.config.assert_image(&image);
        self.layers.forward_train(image)
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}
