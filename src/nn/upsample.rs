//! Up-sampling by a convolution that is not transposed: no checkerboard (Odena et al., 2016).

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::ops::{ConvOptions, Packed, upsample_conv2d_packed};

/// Nearest neighbours twice as large, one pixel of padding, a 3x3 convolution; weight `[out, in, 3, 3]`, bias `[out]`.
#[derive(Module, Debug)]
pub struct UpsampleConv2d {
    /// `[out, in, 3, 3]`
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    options: ConvOptions,
    #[module(skip)]
    packed: Option<Box<Packed>>,
}

impl UpsampleConv2d {
    /// From given values; of the options, padding mode and activation count.
    pub fn new(weight: Tensor<4>, bias: Option<Tensor<1>>, options: ConvOptions) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: bias.map(Param::from_tensor),
            options,
            packed: None,
        }
    }

    /// The same, for inference and frozen networks, as [`super::Conv2d::packed`].
    pub fn packed(self) -> Self {
        Self {
            packed: Some(Box::new(Packed::upsampled(&self.weight.val()))),
            weight: self.weight.set_require_grad(false),
            ..self
        }
    }

    /// With packed filters: pictures and filters stored as f16 from now on.
    pub(super) fn half(self) -> Self {
        Self {
            packed: self.packed.map(|packed| Box::new(packed.half())),
            ..self
        }
    }

    /// `[B, in, H, W]` -> `[B, out, 2 H, 2 W]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        let weight = self.weight.val();
        let packed = self.packed.as_deref().filter(|_| !weight.is_require_grad());
        upsample_conv2d_packed(x, weight, bias, packed, self.options)
    }
}
