//! Transposed 2-D convolution, the gradient of a convolution used forwards, with bias and activation.

use burn::tensor::{Tensor, module, ops::ConvTransposeOptions as BurnOptions};

use super::Activation;

/// The settings of [`conv_transpose2d`]; kernels and strides are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvTransposeOptions {
    /// Step between the places of two input pixels in the output.
    pub stride: usize,
    /// Taken away on each side of the output, in pixels.
    pub padding: usize,
    /// Added at the right and the bottom of the output, in pixels, smaller than the stride.
    pub output_padding: usize,
    /// Applied to the result.
    pub activation: Activation,
}

impl Default for ConvTransposeOptions {
    fn default() -> Self {
        Self {
            stride: 1,
            padding: 0,
            output_padding: 0,
            activation: Activation::Linear,
        }
    }
}

/// `[B, I, H, W]`, weight `[I, O, k, k]`, bias `[O]` -> `[B, O, H', W']` with
/// `H' = (H - 1) stride - 2 padding + k + output_padding`.
pub fn conv_transpose2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions,
) -> Tensor<4> {
    conv_transpose2d_reference(x, weight, bias, options)
}

/// [`conv_transpose2d`] in plain tensor operations, with Burn's own gradients.
pub fn conv_transpose2d_reference(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions,
) -> Tensor<4> {
    let plain = BurnOptions::new(
        [options.stride; 2],
        [options.padding; 2],
        [options.output_padding; 2],
        [1; 2],
        1,
    );
    options
        .activation
        .reference(module::conv_transpose2d(x, weight, bias, plain))
}
