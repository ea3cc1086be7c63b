//! The residual generator of CycleGAN (Zhu et al. 2017, arXiv 1703.10593; its layers are those of Johnson et al.) with
//! the names of pytorch-CycleGAN-and-pix2pix: `model.N`, where paddings, norms and ReLUs count.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::assert_sides;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Form, Init, LayerPlan, Layers, NormKind, Wired};
use crate::ops::{Activation, ConvOptions, ConvTransposeOptions, PadMode, Variant};
use crate::weights::{Expected, Weights};

/// The settings; the defaults are the paper's for 256 px, 11.378 M parameters. For 128 px it takes 6 blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ResnetGeneratorConfig {
    /// Channels of the input.
    pub input: usize,
    /// Channels of the output.
    pub output: usize,
    /// Channels at full size; four times as many in the blocks.
    pub width: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Whether pixels are doubled before a convolution where the reference has transposed convolutions, which leave a grid
    /// (Odena et al. 2016); the convolutions keep their names.
    pub upsample: bool,
}

impl Default for ResnetGeneratorConfig {
    fn default() -> Self {
        Self {
            input: 3,
            output: 3,
            width: 64,
            blocks: 9,
            upsample: false,
        }
    }
}

/// Layers before the blocks, and after them.
const ENDS: usize = 3;

impl ResnetGeneratorConfig {
    /// Its layers, in the order in which they run.
    pub fn plan(&self) -> Vec<LayerPlan> {
        let reflect = |padding| {
            Form::Direct(ConvOptions {
                padding,
                mode: PadMode::Reflect,
                ..ConvOptions::default()
            })
        };
        let down = Form::Direct(ConvOptions {
            stride: 2,
            padding: 1,
            ..ConvOptions::default()
        });
        let transposed = Form::Transposed(ConvTransposeOptions {
            stride: 2,
            padding: 1,
            output_padding: 1,
            ..ConvTransposeOptions::default()
        });
        let up = match (self.upsample, reflect(1)) {
            (true, Form::Direct(options)) => Form::Upsampled(options),
            _ => transposed,
        };
        let (w, norm) = (self.width, Some(NormKind::Instance));
        let relu = |plan: LayerPlan| plan.followed_by(norm, Activation::Relu);
        let mut plan = vec![
            relu(LayerPlan::new("model.1", reflect(3), [self.input, w], 7)),
            relu(LayerPlan::new("model.4", down, [w, 2 * w], 3)),
            relu(LayerPlan::new("model.7", down, [2 * w, 4 * w], 3)),
        ];
        for block in 10..10 + self.blocks {
            let conv = |index| {
                let name = format!("model.{block}.conv_block.{index}");
                LayerPlan::new(name, reflect(1), [4 * w; 2], 3)
            };
            plan.push(relu(conv(1)));
            plan.push(conv(5).followed_by(norm, Activation::Linear));
        }
        let name = |index: usize| format!("model.{}", 10 + self.blocks + index);
        plan.push(relu(LayerPlan::new(name(0), up, [4 * w, 2 * w], 3)));
        plan.push(relu(LayerPlan::new(name(3), up, [2 * w, w], 3)));
        let last = LayerPlan::new(name(7), reflect(3), [w, self.output], 7);
        plan.push(last.followed_by(None, Activation::Tanh));
        plan
    }

    /// The tensors of its file.
    pub fn expected(&self) -> Vec<Expected> {
        Layers::expected(&self.plan())
    }

    /// Fresh weights `N(0, 0.02²)`, biases 0.
    pub fn init(&self, seed: &mut Seed, device: &Device) -> ResnetGenerator {
        let layers = Layers::init(self.plan(), Init::Normal(0.02), seed, device);
        ResnetGenerator { layers }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(&self, weights: &Weights, device: &Device) -> Result<ResnetGenerator, Error> {
        let layers = Layers::load(self.plan(), weights, device)?;
        Ok(ResnetGenerator { layers })
    }
}

/// The network. Dropout is off, as CycleGAN has it.
#[derive(Module, Debug)]
pub struct ResnetGenerator {
    layers: Layers,
}

impl ResnetGenerator {
    /// `[B, input, H, W]` -> `[B, output, H, W]`, both in -1..1.
    ///
    /// # Panics
    /// If a side is not a multiple of 4, or less than 8.
    pub fn forward(&self, image: Tensor<4>) -> Tensor<4> {
        assert_sides(&image, 4, 8);
        let given = self.layers.as_given(image);
        self.layers
            .as_drawn(self.layers.forward_residual(ENDS, given))
    }

    /// Layers of [`ResnetGeneratorConfig::plan`], perhaps with other norms, for pictures of any size.
    pub fn wired(layers: Layers) -> Wired {
        Wired::residual(layers, ENDS)
    }

    /// The same for inference: filters are laid out for the kernels once and not at every call.
    pub fn packed(self) -> Self {
        Self {
            layers: self.layers.packed(),
        }
    }

    /// The same in a variant of the kernels.
    pub fn packed_as(self, variant: Variant) -> Self {
        Self {
            layers: self.layers.packed_as(variant),
        }
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}
