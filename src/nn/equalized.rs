//! Equalised learning rate (Karras et al. 2018, 4.1): weights are drawn from `N(0, 1)` and multiplied by
//! `c = gain / sqrt(fan_in)` whenever they are used. An optimiser whose steps do not depend on the size of the gradient
//! then moves all of them at one relative speed. Biases are not multiplied and start at 0.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Init;
use super::dual::Dual;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::ops::{Activation, ConvOptions, conv2d, upsample_conv2d};
use crate::weights::{Expected, Weights};

/// What is done to a picture before, or with, the convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EqualizedForm {
    /// A convolution that keeps the size: of 3x3 with a border of zeros, or of 1x1.
    Conv,
    /// Nearest up-sampling by 2 before a convolution of 3x3.
    Doubling,
    /// A fully connected layer over the whole picture, as large as the kernel: the result has one pixel. Its weight is
    /// `[out, in k k]` in a file, as PyTorch's linear layers have it.
    Dense,
}

/// A layer before it has weights.
#[derive(Clone, Debug)]
pub struct EqualizedPlan {
    /// Its name in the reference's state dict.
    pub name: String,
    /// See [`EqualizedForm`].
    pub form: EqualizedForm,
    /// `[in, out]`
    pub channels: [usize; 2],
    /// Side of the square kernel, in pixels.
    pub kernel: usize,
    /// `sqrt(2)` before a leaky ReLU.
    pub gain: f32,
    /// Applied to the result.
    pub activation: Activation,
}

impl EqualizedPlan {
    fn shape(&self) -> Vec<usize> {
        let ([input, output], k) = (self.channels, self.kernel);
        match self.form {
            EqualizedForm::Dense => vec![output, input * k * k],
            EqualizedForm::Conv | EqualizedForm::Doubling => vec![output, input, k, k],
        }
    }

    fn expected(&self) -> [Expected; 2] {
        let part = |part: &str, shape: Vec<usize>| Expected {
            name: format!("{}.{part}", self.name),
            shape,
            used: true,
        };
        [
            part("weight", self.shape()),
            part("bias", vec![self.channels[1]]),
        ]
    }

    fn layer(&self, weight: Tensor<4>, bias: Tensor<1>) -> Equalized {
        let fan_in = self.channels[0] * self.kernel * self.kernel;
        Equalized {
            weight: Param::from_tensor(weight),
            bias: Param::from_tensor(bias),
            form: self.form,
            scale: self.gain / (fan_in as f32).sqrt(),
            options: ConvOptions {
                padding: match self.form {
                    EqualizedForm::Dense => 0,
                    EqualizedForm::Conv | EqualizedForm::Doubling => self.kernel / 2,
                },
                activation: self.activation,
                ..ConvOptions::default()
            },
        }
    }

    /// Drawn from the seed.
    fn init(&self, seed: &mut Seed, device: &Device) -> Equalized {
        let ([input, output], k) = (self.channels, self.kernel);
        let weight = Init::Normal(1.0).draw([output, input, k, k], input, seed, device);
        self.layer(weight, Tensor::zeros([output], device))
    }

    fn load(&self, weights: &Weights, device: &Device) -> Result<Equalized, Error> {
        let ([input, output], k) = (self.channels, self.kernel);
        let name = format!("{}.weight", self.name);
        let weight = match self.form {
            EqualizedForm::Dense => {
                let flat = weights.tensor::<2>(&name, device)?;
                flat.reshape([output, input, k, k])
            }
            EqualizedForm::Conv | EqualizedForm::Doubling => weights.tensor(&name, device)?,
        };
        let bias = weights.tensor(&format!("{}.bias", self.name), device)?;
        Ok(self.layer(weight, bias))
    }
}

/// `y = act(c w * x + b)`.
#[derive(Module, Debug)]
pub struct Equalized {
    /// `[out, in, k, k]`
    weight: Param<Tensor<4>>,
    /// `[out]`
    bias: Param<Tensor<1>>,
    #[module(skip)]
    form: EqualizedForm,
    #[module(skip)]
    scale: f32,
    #[module(skip)]
    options: ConvOptions,
}

impl Equalized {
    /// `[B, in, H, W]` -> `[B, out, H', W']`; see [`EqualizedForm`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (weight, bias) = (self.weight.val() * self.scale, Some(self.bias.val()));
        match self.form {
            EqualizedForm::Doubling => upsample_conv2d(x, weight, bias, self.options),
            EqualizedForm::Conv | EqualizedForm::Dense => conv2d(x, weight, bias, self.options),
        }
    }

    /// [`Self::forward`] with its derivative along the direction of `x`, if there is one.
    ///
    /// # Panics
    /// If there is one, and the layer doubles or does not end in a leaky ReLU or nothing.
    pub fn forward_dual(&self, x: Dual) -> Dual {
        let value = self.forward(x.value);
        let slope = x.slope.map(|slope| {
            assert!(self.form != EqualizedForm::Doubling, "nothing to derive");
            let linear = ConvOptions {
                activation: Activation::Linear,
                ..self.options
            };
            let slope = conv2d(slope, self.weight.val() * self.scale, None, linear);
            match self.options.activation {
                Activation::Linear => slope,
                // 1 above 0 and the slope below; constant almost everywhere, so nothing flows back through it.
                Activation::LeakyRelu(leak) => {
                    slope * (value.clone().detach() * f32::MAX.sqrt()).clamp(leak, 1.0)
                }
                other => panic!("no derivative of {other:?}"),
            }
        });
        Dual { value, slope }
    }
}

/// Layers in the order of their plans.
#[derive(Module, Debug)]
pub struct EqualizedLayers {
    /// In the order of the plan.
    pub layers: Vec<Equalized>,
    #[module(skip)]
    plan: Vec<EqualizedPlan>,
}

impl EqualizedLayers {
    /// Fresh weights, drawn from the seed.
    pub fn init(plan: Vec<EqualizedPlan>, seed: &mut Seed, device: &Device) -> Self {
        let layers = plan.iter().map(|layer| layer.init(seed, device));
        Self {
            layers: layers.collect(),
            plan,
        }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(
        plan: Vec<EqualizedPlan>,
        weights: &Weights,
        device: &Device,
    ) -> Result<Self, Error> {
        let layers = plan.iter().map(|layer| layer.load(weights, device));
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            plan,
        })
    }

    /// With further layers behind these, drawn from the seed. Those that were there stay the same parameters.
    pub fn grown(mut self, plan: Vec<EqualizedPlan>, seed: &mut Seed, device: &Device) -> Self {
        let more = plan.iter().map(|layer| layer.init(seed, device));
        self.layers.extend(more);
        self.plan.extend(plan);
        self
    }

    /// The tensors of the reference's state dict, in the order of the layers.
    pub fn expected(plan: &[EqualizedPlan]) -> Vec<Expected> {
        plan.iter().flat_map(EqualizedPlan::expected).collect()
    }

    /// All numbers by their names in the state dict, flat, in the order of [`Self::expected`]; shapes are there.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let names = self.plan.iter().flat_map(EqualizedPlan::expected);
        let values = self
            .layers
            .iter()
            .flat_map(|layer| [layer.weight.val().flatten(0, 3), layer.bias.val()]);
        names.map(|e| e.name).zip(values).collect()
    }
}
