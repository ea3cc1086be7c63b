//! The U-Net of pix2pix (Isola et al. 2017, arXiv 1611.07004) with the names of pytorch-CycleGAN-and-pix2pix, where
//! each level is nested in the one outside of it: `model.model.1.model.3.model...`.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData, activation::relu};
use serde::{Deserialize, Serialize};

use super::assert_sides;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Form, Init, Input, Layer, LayerPlan, Layers, NormKind, Wire, Wired};
use crate::ops::{Activation, ConvOptions, ConvTransposeOptions};
use crate::weights::{Expected, Weights};

/// The settings; the defaults are the paper's for 256 px, 54.414 M parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct UnetConfig {
    /// Channels of the input.
    pub input: usize,
    /// Channels of the output.
    pub output: usize,
    /// Channels of the outermost level; the next have 2, 4, then 8 times as many.
    pub width: usize,
    /// Levels, each half the size of the one before, at least 5: 8 for 256 px, 7 for 128, 6 for 64.
    pub levels: usize,
}

impl Default for UnetConfig {
    fn default() -> Self {
        Self {
            input: 3,
            output: 3,
            width: 64,
            levels: 8,
        }
    }
}

/// Levels before those with dropout. The innermost has none either.
const OUTER: usize = 4;

impl UnetConfig {
    /// The way down, outermost first, then the way up, innermost first. The activation that the reference applies
    /// before a convolution stands here after the layer before, where it is fused: ReLU undoes leaky ReLU, so a skipped
    /// picture needs only one more ReLU.
    pub fn plan(&self) -> Vec<LayerPlan> {
        assert!(
            self.levels > OUTER,
            "a U-Net has at least 5 levels, not {}",
            self.levels
        );
        let down = Form::Direct(ConvOptions {
            stride: 2,
            padding: 1,
            ..ConvOptions::default()
        });
        let up = Form::Transposed(ConvTransposeOptions {
            stride: 2,
            padding: 1,
            ..ConvTransposeOptions::default()
        });
        let innermost = self.levels - 1;
        let width = |level: usize| self.width * (1 << level.min(3));
        let (mut downs, mut ups, mut name) = (Vec::new(), Vec::new(), "model.model".to_owned());
        for level in 0..self.levels {
            // Indices of the two convolutions and of what is nested between.
            let [conv, nested, back] = match level {
                0 => [0, 1, 3],
                _ if level == innermost => [1, 2, 3],
                _ => [1, 3, 5],
            };
            let outside = if level == 0 {
                self.input
            } else {
                width(level - 1)
            };
            let plan = LayerPlan::new(format!("{name}.{conv}"), down, [outside, width(level)], 4);
            let between = level > 0 && level < innermost;
            let norm = between.then_some(NormKind::Batch);
            let activation = match level == innermost {
                true => Activation::Relu,
                false => Activation::LeakyRelu(0.2),
            };
            downs.push(LayerPlan {
                bias: false,
                ..plan.followed_by(norm, activation)
            });

            // From the skipped picture and from inside.
            let inside = if level == innermost {
                width(level)
            } else {
                2 * width(level)
            };
            let outside = if level == 0 { self.output } else { outside };
            let plan = LayerPlan::new(format!("{name}.{back}"), up, [inside, outside], 4);
            ups.push(match level {
                0 => plan.followed_by(None, Activation::Tanh),
                _ => LayerPlan {
                    bias: false,
                    ..plan.followed_by(Some(NormKind::Batch), Activation::Relu)
                },
            });
            name = format!("{name}.{nested}.model");
        }
        downs.extend(ups.into_iter().rev());
        downs
    }

    /// The tensors of its file.
    pub fn expected(&self) -> Vec<Expected> {
        Layers::expected(&self.plan())
    }

    /// Fresh weights `N(0, 0.02²)`, those of norms `N(1, 0.02²)`, biases 0.
    pub fn init(&self, seed: &mut Seed, device: &Device) -> Unet {
        Unet {
            layers: Layers::init(self.plan(), Init::Normal(0.02), seed, device),
        }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(&self, weights: &Weights, device: &Device) -> Result<Unet, Error> {
        let layers = Layers::load(self.plan(), weights, device)?;
        Ok(Unet { layers })
    }

    /// Noise for one pass over `batch` pictures: dropout of a share below 1 of the values, the paper's is one half, as
    /// masks of 0 and `1 / (1 - share)`, one for each level with dropout, innermost first, `[batch, 8 width, h, w]`. With
    /// 256 px these are the levels of 4, 8 and 16 px; with 5 levels there are none.
    pub fn masks(
        &self,
        share: f32,
        batch: usize,
        [h, w]: [usize; 2],
        seed: &mut Seed,
        device: &Device,
    ) -> Vec<Tensor<4>> {
        let mask = |level: usize| {
            let dims = [batch, 8 * self.width, h >> level, w >> level];
            let mut own = seed.split();
            let mut value = || match own.chance(share) {
                true => 0.0,
                false => 1.0 / (1.0 - share),
            };
            let values = (0..dims.iter().product()).map(|_| value());
            Tensor::from_data(TensorData::new(values.collect::<Vec<f32>>(), dims), device)
        };
        (OUTER..self.levels - 1).rev().map(mask).collect()
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct Unet {
    layers: Layers,
}

impl Unet {
    /// `[B, input, H, W]` -> `[B, output, H, W]`, both in -1..1; batch norms take their running statistics. `masks`
    /// from [`UnetConfig::masks`], or none: without dropout. The paper leaves it on when the network is used.
    ///
    /// # Panics
    /// If a side is not a multiple of 2 to the number of levels, or if there are too few masks.
    pub fn forward(&self, image: Tensor<4>, masks: &[Tensor<4>]) -> Tensor<4> {
        let layers = &self.layers.layers;
        wire(layers.len() / 2, image, masks, |i, x| {
            layers[i].forward(x, None)
        })
    }

    /// The same, but batch norms take the statistics of the batch and remember them; the reference uses the network in
    /// this way after training, too.
    ///
    /// # Panics
    /// As [`Self::forward`].
    pub fn forward_train(&mut self, image: Tensor<4>, masks: &[Tensor<4>]) -> Tensor<4> {
        let layers: &mut [Layer] = &mut self.layers.layers;
        wire(layers.len() / 2, image, masks, |i, x| {
            layers[i].forward_train(x, None)
        })
    }

    /// Layers of [`UnetConfig::plan`], perhaps with other norms, for pictures of any size; and those with dropout, innermost
    /// first, as [`UnetConfig::masks`] has its masks.
    pub fn wired(layers: Layers) -> (Wired, Vec<usize>) {
        let levels = layers.layers.len() / 2;
        let up = |level: usize| {
            let [skipped, inner] = [level + 1, 2 * levels - 1 - level];
            let input = |value, relu| Input { value, relu };
            Wire {
                from: vec![input(skipped, true), input(inner, false)],
                residual: None,
            }
        };
        // Down, the innermost one up, and the others.
        let mut wires: Vec<_> = (0..=levels).map(Wire::of).collect();
        wires.extend((0..levels - 1).rev().map(up));
        let dropout = (OUTER..levels - 1).rev();
        let dropout = dropout.map(|level| 2 * levels - 1 - level);
        (Wired::new(layers, wires), dropout.collect())
    }

    /// The same function in inference, with every batch norm folded into its convolution.
    pub fn folded(&self) -> Self {
        Self {
            layers: self.layers.folded(),
        }
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}

/// The way of a picture through the layers of [`UnetConfig::plan`], which `run` runs by their index.
fn wire(
    levels: usize,
    image: Tensor<4>,
    masks: &[Tensor<4>],
    mut run: impl FnMut(usize, Tensor<4>) -> Tensor<4>,
) -> Tensor<4> {
    assert_sides(&image, 1 << levels, 1 << levels);
    let dropout = OUTER..levels - 1;
    assert!(
        masks.is_empty() || masks.len() == dropout.len(),
        "{} masks for {} levels with dropout",
        masks.len(),
        dropout.len()
    );
    let (mut x, mut skipped) = (image, Vec::new());
    for level in 0..levels {
        x = run(level, x);
        skipped.push(x.clone());
    }
    skipped.pop();
    let mut masks = masks.iter();
    for level in (0..levels).rev() {
        x = run(2 * levels - 1 - level, x);
        if dropout.contains(&level)
            && let Some(mask) = masks.next()
        {
            x = x * mask.clone();
        }
        if let Some(skip) = skipped.pop() {
            x = Tensor::cat(vec![relu(skip), x], 1);
        }
    }
    x
}
