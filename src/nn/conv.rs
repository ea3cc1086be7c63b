//! 2-D convolution with PyTorch's names and layout.

use burn::module::{Module, Param};
use burn::tensor::{Device, Distribution, Tensor, module::conv2d, ops::ConvOptions};

/// `y = w * x + b` with zero padding; weight `[out, in, k, k]`, bias `[out]`.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[out, in, k, k]`
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Param<Tensor<1>>,
    stride: usize,
    padding: usize,
}

impl Conv2d {
    /// From given values. Padding in pixels on each side.
    pub fn new(weight: Tensor<4>, bias: Tensor<1>, stride: usize, padding: usize) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: Param::from_tensor(bias),
            stride,
            padding,
        }
    }

    /// He initialisation for a following ReLU: `w ~ N(0, 2 / (in k k))`, `b = 0`. Stride 1, the
    /// output as large as the input.
    pub fn init([input, output]: [usize; 2], kernel: usize, device: &Device) -> Self {
        let deviation = (2.0 / (input * kernel * kernel) as f64).sqrt();
        let normal = Distribution::Normal(0.0, deviation);
        let weight = Tensor::random([output, input, kernel, kernel], normal, device);
        Self::new(weight, Tensor::zeros([output], device), 1, kernel / 2)
    }

    /// `[B, in, H, W]` -> `[B, out, H', W']`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let options = ConvOptions::new([self.stride; 2], [self.padding; 2], [1; 2], 1);
        conv2d(x, self.weight.val(), Some(self.bias.val()), options)
    }
}
