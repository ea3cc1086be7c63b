//! 2-D convolution with its padding, bias and activation: `y = act(w * pad(x) + b)`, cross-correlation as
//! everywhere in deep learning.

use burn::tensor::{
    Tensor,
    activation::{leaky_relu, relu},
    module,
    ops::{ConvOptions as BurnOptions, PadMode as BurnPad},
};

/// What lies outside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PadMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The picture mirrored at its border pixels, which are not repeated. The padding must be smaller than the picture.
    Reflect,
    /// The nearest border pixel.
    Replicate,
}

/// Applied to each value at the end of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activation {
    /// None.
    #[default]
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, `slope * x` below; the slope is positive.
    LeakyRelu(f32),
    /// `tanh(x)`.
    Tanh,
}

impl Activation {
    /// In plain tensor operations.
    pub fn reference<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Linear => x,
            Self::Relu => relu(x),
            Self::LeakyRelu(slope) => leaky_relu(x, f64::from(slope)),
            Self::Tanh => x.tanh(),
        }
    }
}

/// The settings of [`conv2d`]; kernels and strides are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvOptions {
    /// Step between outputs, in pixels.
    pub stride: usize,
    /// Added on each side, in pixels.
    pub padding: usize,
    /// What the padding holds.
    pub mode: PadMode,
    /// Applied to the result.
    pub activation: Activation,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self {
            stride: 1,
            padding: 0,
            mode: PadMode::Zeros,
            activation: Activation::Linear,
        }
    }
}

/// `[B, I, H, W]`, weight `[O, I, k, k]`, bias `[O]` -> `[B, O, H', W']` with `H' = (H + 2 padding - k) / stride + 1`.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    conv2d_reference(x, weight, bias, options)
}

/// [`conv2d`] in plain tensor operations, with Burn's own gradients.
pub fn conv2d_reference(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    let p = options.padding;
    let (x, left) = match options.mode {
        PadMode::Reflect if p > 0 => (x.pad((p, p, p, p), BurnPad::Reflect), 0),
        PadMode::Replicate if p > 0 => (x.pad((p, p, p, p), BurnPad::Edge), 0),
        _ => (x, p),
    };
    let plain = BurnOptions::new([options.stride; 2], [left; 2], [1; 2], 1);
    options
        .activation
        .reference(module::conv2d(x, weight, bias, plain))
}

/// Nearest up-sampling by 2, one pixel of padding, and a 3x3 convolution of stride 1: `[B, I, H, W]` -> `[B, O, 2H, 2W]`.
/// Only mode and activation of the options count.
pub fn upsample_conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    upsample_conv2d_reference(x, weight, bias, options)
}

/// [`upsample_conv2d`] in plain tensor operations.
pub fn upsample_conv2d_reference(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    let twice = x
        .reshape([b, c, h, 1, w, 1])
        .expand([b, c, h, 2, w, 2])
        .reshape([b, c, 2 * h, 2 * w]);
    let options = ConvOptions {
        stride: 1,
        padding: 1,
        ..options
    };
    conv2d_reference(twice, weight, bias, options)
}
