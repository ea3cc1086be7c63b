//! The PatchGAN discriminator of pix2pix and CycleGAN (Isola et al. 2017, arXiv 1611.07004) with the names of
//! pytorch-CycleGAN-and-pix2pix: a map of opinions, each on a square of the picture.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Form, Init, LayerPlan, Layers, NormKind};
use crate::ops::{Activation, ConvOptions};
use crate::weights::{Expected, Weights};

/// The settings; the defaults are CycleGAN's, 2.765 M parameters. pix2pix has batch norm, and 6 channels of input: the
/// condition and the picture, 2.769 M.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PatchDiscriminatorConfig {
    /// Channels of the input.
    pub input: usize,
    /// Channels after the first convolution, doubled with each halving up to 8 times as many.
    pub width: usize,
    /// Halvings, 0 to 5: an opinion is on 1, 16, 34, 70, 142 or 286 px. 0 has convolutions of 1x1 alone.
    pub halvings: usize,
    /// The norm of all but the first and the last convolution. As in the reference, convolutions between have a bias
    /// only with instance norm.
    pub norm: Option<NormKind>,
}

impl Default for PatchDiscriminatorConfig {
    fn default() -> Self {
        Self {
            input: 3,
            width: 64,
            halvings: 3,
            norm: Some(NormKind::Instance),
        }
    }
}

impl PatchDiscriminatorConfig {
    fn plan(&self) -> Vec<LayerPlan> {
        assert!(
            self.halvings <= 5,
            "a PatchGAN halves 0 to 5 times, not {}",
            self.halvings
        );
        let (w, leaky) = (self.width, Activation::LeakyRelu(0.2));
        let bias = !matches!(self.norm, None | Some(NormKind::Batch));
        if self.halvings == 0 {
            let conv = |index: usize, channels| {
                LayerPlan::new(
                    format!("net.{index}"),
                    Form::Direct(ConvOptions::default()),
                    channels,
                    1,
                )
            };
            let middle = conv(2, [w, 2 * w]).followed_by(self.norm, leaky);
            return vec![
                conv(0, [self.input, w]).followed_by(None, leaky),
                LayerPlan { bias, ..middle },
                LayerPlan {
                    bias,
                    ..conv(5, [2 * w, 1])
                },
            ];
        }
        let conv = |index: usize, channels, stride| {
            let form = Form::Direct(ConvOptions {
                stride,
                padding: 1,
                ..ConvOptions::default()
            });
            LayerPlan::new(format!("model.{index}"), form, channels, 4)
        };
        let width = |halvings: usize| w * (1 << halvings.min(3));
        let mut plan = vec![conv(0, [self.input, w], 2).followed_by(None, leaky)];
        for n in 1..=self.halvings {
            let stride = if n < self.halvings { 2 } else { 1 };
            let layer = conv(3 * n - 1, [width(n - 1), width(n)], stride);
            let layer = layer.followed_by(self.norm, leaky);
            plan.push(LayerPlan { bias, ..layer });
        }
        plan.push(conv(3 * self.halvings + 2, [width(self.halvings), 1], 1));
        plan
    }

    /// The sides of the map of opinions on a picture with these sides; `None` if it is too small for one.
    pub fn map(&self, sides: [usize; 2]) -> Option<[usize; 2]> {
        let map = sides.map(|side| match self.halvings {
            0 => side,
            n => (side >> n).saturating_sub(2),
        });
        (map[0] > 0 && map[1] > 0).then_some(map)
    }

    /// The tensors of its file.
    pub fn expected(&self) -> Vec<Expected> {
        Layers::expected(&self.plan())
    }

    /// Fresh weights `N(0, 0.02²)`, those of batch norms `N(1, 0.02²)`, biases 0.
    pub fn init(&self, seed: &mut Seed, device: &Device) -> PatchDiscriminator {
        PatchDiscriminator {
            layers: Layers::init(self.plan(), Init::Normal(0.02), seed, device),
            config: *self,
        }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(&self, weights: &Weights, device: &Device) -> Result<PatchDiscriminator, Error> {
        Ok(PatchDiscriminator {
            layers: Layers::load(self.plan(), weights, device)?,
            config: *self,
        })
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct PatchDiscriminator {
    layers: Layers,
    #[module(skip)]
    config: PatchDiscriminatorConfig,
}

impl PatchDiscriminator {
    /// `[B, input, H, W]` in -1..1 -> `[B, 1, h, w]`, without a sigmoid; `h` and `w` by
    /// [`PatchDiscriminatorConfig::map`]. Batch norms take their running statistics.
    ///
    /// # Panics
    /// If the picture is too small for one opinion.
    pub fn forward(&self, image: Tensor<4>) -> Tensor<4> {
        self.assert_size(&image);
        self.layers.forward(image)
    }

    /// The same, but batch norms take the statistics of the batch and remember them.
    ///
    /// # Panics
    /// As [`Self::forward`].
    pub fn forward_train(&mut self, image: Tensor<4>) -> Tensor<4> {
        self.assert_size(&image);
        self.layers.forward_train(image)
    }

    fn assert_size(&self, image: &Tensor<4>) {
        let [_, _, h, w] = image.dims();
        let n = self.config.halvings;
        assert!(
            self.config.map([h, w]).is_some(),
            "{w} x {h} px are too few for a PatchGAN that halves {n} times"
        );
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}
