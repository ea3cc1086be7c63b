//! The convolutional generator of PyTorch-GAN, whose transposed convolutions are up-sampling and a convolution (Odena et
//! al. 2016), with its names: `l1` and `conv_blocks.N`, where up-samplings and activations count. It is only drawn with.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::error::Error;
use crate::nn::{BatchNorm2d, DenseLayers, DensePlan, Form, LayerPlan, Layers, NormKind};
use crate::ops::{Activation, ConvOptions};
use crate::weights::{Expected, Weights};

/// The settings; the reference has 100 numbers, a side of 8 pixels and channels of 128, 128, 64 and 1: 1.050 M parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct UpsamplingConfig {
    /// Numbers that it is given, with those of a label.
    pub latent: usize,
    /// Side of the smallest pictures, in pixels.
    pub side: usize,
    /// Channels from there to the picture. All convolutions but the last double the side.
    pub channels: Vec<usize>,
    /// Whether a batch norm comes before the first convolution.
    pub norm: bool,
    /// Between the layers.
    pub activation: Activation,
}

impl UpsamplingConfig {
    /// Side of the square pictures in pixels.
    #[must_use]
    pub fn size(&self) -> usize {
        self.side << (self.channels.len() - 2)
    }

    fn first(&self) -> Vec<DensePlan> {
        vec![DensePlan {
            name: "l1.0".into(),
            widths: [self.latent, self.channels[0] * self.side * self.side],
            norm: None,
            activation: Activation::Linear,
            dropout: false,
        }]
    }

    fn blocks(&self) -> Vec<LayerPlan> {
        let (mut index, mut plan) = (usize::from(self.norm), Vec::new());
        let options = ConvOptions {
            padding: 1,
            ..ConvOptions::default()
        };
        let convolution = |index: usize, form, channels| {
            LayerPlan::new(format!("conv_blocks.{index}"), form, channels, 3)
        };
        let mut pairs: Vec<_> = { self.channels.windows(2) }.map(|c| [c[0], c[1]]).collect();
        let last = pairs.pop();
        for channels in pairs {
            let layer = convolution(index + 1, Form::Upsampled(options), channels);
            plan.push(layer.followed_by(Some(NormKind::Batch), self.activation));
            index += 4;
        }
        let last = last.map(|channels| convolution(index, Form::Direct(options), channels));
        plan.extend(last.map(|layer| layer.followed_by(None, Activation::Tanh)));
        plan
    }

    /// The norms whose epsilon is 0.8 in the reference: all but the one before the first convolution.
    #[must_use]
    pub fn norms(&self) -> Vec<String> {
        let norms = self.blocks().into_iter().filter_map(|layer| layer.norm);
        norms.map(|(_, name)| name).collect()
    }

    /// The tensors of its file.
    #[must_use]
    pub fn expected(&self) -> Vec<Expected> {
        let mut all = DenseLayers::expected(&self.first());
        let c = vec![self.channels[0]];
        let parts = ["weight", "bias", "running_mean", "running_var"];
        if self.norm {
            all.extend(parts.map(|part| Expected {
                name: format!("conv_blocks.0.{part}"),
                shape: c.clone(),
                used: true,
            }));
            all.push(Expected {
                name: "conv_blocks.0.num_batches_tracked".into(),
                shape: vec![],
                used: false,
            });
        }
        all.extend(Layers::expected(&self.blocks()));
        all
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(&self, weights: &Weights, device: &Device) -> Result<UpsamplingGenerator, Error> {
        let part = |part: &str| weights.tensor::<1>(&format!("conv_blocks.0.{part}"), device);
        let norm = match self.norm {
            false => None,
            true => Some(BatchNorm2d::new([
                part("weight")?,
                part("bias")?,
                part("running_mean")?,
                part("running_var")?,
            ])),
        };
        Ok(UpsamplingGenerator {
            first: DenseLayers::load(self.first(), weights, device)?,
            norm,
            blocks: Layers::load(self.blocks(), weights, device)?,
            smallest: [self.channels[0], self.side, self.side],
        })
    }
}

/// From noise to pictures.
#[derive(Module, Debug)]
pub struct UpsamplingGenerator {
    first: DenseLayers,
    norm: Option<BatchNorm2d>,
    blocks: Layers,
    /// `[C, H, W]`
    #[module(skip)]
    smallest: [usize; 3],
}

impl UpsamplingGenerator {
    /// `[B, latent, 1, 1]` drawn from `N(0, 1)` -> `[B, C, size, size]` in -1..1; batch norms take their running
    /// statistics.
    pub fn forward(&self, noise: Tensor<4>) -> Tensor<4> {
        let x = self.pictures(self.first.forward(noise.flatten(1, 3)));
        let x = match &self.norm {
            Some(norm) => norm.forward(x, None, Activation::Linear),
            None => x,
        };
        self.blocks.forward(x)
    }

    /// The same, but batch norms take the statistics of the batch and remember them.
    pub fn forward_train(&mut self, noise: Tensor<4>) -> Tensor<4> {
        let x = self.first.forward_train(noise.flatten(1, 3), &[]);
        let x = self.pictures(x);
        let x = match &mut self.norm {
            Some(norm) => norm.forward_train(x, None, Activation::Linear),
            None => x,
        };
        self.blocks.forward_train(x)
    }

    fn pictures(&self, x: Tensor<2>) -> Tensor<4> {
        let ([b, _], [c, h, w]) = (x.dims(), self.smallest);
        x.reshape([b, c, h, w])
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let mut all = self.first.tensors();
        if let Some(norm) = &self.norm {
            let parts = [
                ("weight", norm.weight.val()),
                ("bias", norm.bias.val()),
                ("running_mean", norm.running_mean()),
                ("running_var", norm.running_var()),
            ];
            all.extend(parts.map(|(part, x)| (format!("conv_blocks.0.{part}"), x)));
        }
        all.extend(self.blocks.tensors());
        all
    }
}
