//! The image transformation network of Johnson et al. (2016, arXiv 1603.08155), one network per style, in the form and
//! with the names of PyTorch's example `fast_neural_style`. It differs from the paper by instance norm in place of
//! batch norm (Ulyanov et al., arXiv 1607.08022), reflection padding at every convolution, up-sampling in place of
//! transposed convolutions, and no tanh at the end.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::assert_sides;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Form, Init, LayerPlan, Layers, NormKind, Wired};
use crate::ops::{Activation, ConvOptions, PadMode};
use crate::weights::{Expected, Weights};

/// The settings; the defaults are the reference's, 1.679 M parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct JohnsonConfig {
    /// Channels at full size; four times as many in the blocks.
    pub width: usize,
    /// Residual blocks.
    pub blocks: usize,
}

impl Default for JohnsonConfig {
    fn default() -> Self {
        Self {
            width: 32,
            blocks: 5,
        }
    }
}

/// Layers before the blocks, and after them.
const ENDS: usize = 3;

impl JohnsonConfig {
    /// Its layers, in the order in which they run.
    pub fn plan(&self) -> Vec<LayerPlan> {
        let options = |kernel: usize, stride| ConvOptions {
            stride,
            padding: kernel / 2,
            mode: PadMode::Reflect,
            ..ConvOptions::default()
        };
        let layer = |name: String, norm: String, channels, kernel, stride| LayerPlan {
            name: format!("{name}.conv2d"),
            form: Form::Direct(options(kernel, stride)),
            channels,
            kernel,
            bias: true,
            norm: Some((NormKind::AffineInstance, norm)),
            activation: Activation::Relu,
        };
        let w = self.width;
        let mut plan = vec![
            layer("conv1".into(), "in1".into(), [3, w], 9, 1),
            layer("conv2".into(), "in2".into(), [w, 2 * w], 3, 2),
            layer("conv3".into(), "in3".into(), [2 * w, 4 * w], 3, 2),
        ];
        for block in 1..=self.blocks {
            for (i, activation) in [(1, Activation::Relu), (2, Activation::Linear)] {
                let (name, norm) = (format!("res{block}.conv{i}"), format!("res{block}.in{i}"));
                let layer = layer(name, norm, [4 * w; 2], 3, 1);
                plan.push(LayerPlan {
                    activation,
                    ..layer
                });
            }
        }
        let up = |layer| LayerPlan {
            form: Form::Upsampled(options(3, 1)),
            ..layer
        };
        plan.push(up(layer(
            "deconv1".into(),
            "in4".into(),
            [4 * w, 2 * w],
            3,
            1,
        )));
        plan.push(up(layer("deconv2".into(), "in5".into(), [2 * w, w], 3, 1)));
        plan.push(LayerPlan {
            norm: None,
            activation: Activation::Linear,
            ..layer("deconv3".into(), String::new(), [w, 3], 9, 1)
        });
        plan
    }

    /// The tensors of its file.
    pub fn expected(&self) -> Vec<Expected> {
        Layers::expected(&self.plan())
    }

    /// Fresh weights by He's rule, biases 0.
    pub fn init(&self, seed: &mut Seed, device: &Device) -> Johnson {
        let layers = Layers::init(self.plan(), Init::He, seed, device);
        Johnson { layers }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(&self, weights: &Weights, device: &Device) -> Result<Johnson, Error> {
        let layers = Layers::load(self.plan(), weights, device)?;
        Ok(Johnson { layers })
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct Johnson {
    layers: Layers,
}

impl Johnson {
    /// RGB `[B, 3, H, W]` in 0..255 -> the same; values may leave the range a little and are to be clamped.
    ///
    /// # Panics
    /// If a side is not a multiple of 4, or less than 8.
    pub fn forward(&self, image: Tensor<4>) -> Tensor<4> {
        assert_sides(&image, 4, 8);
        self.layers.forward_residual(ENDS, image)
    }

    /// Layers of [`JohnsonConfig::plan`] for pictures of any size.
    pub fn wired(layers: Layers) -> Wired {
        Wired::residual(layers, ENDS)
    }

    /// The same for inference: filters are laid out for the kernels once and not at every call.
    pub fn packed(self) -> Self {
        Self {
            layers: self.layers.packed(),
        }
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}
