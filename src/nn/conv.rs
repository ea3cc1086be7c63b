//! Convolutions with PyTorch's names and layout.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::seed::Seed;
use crate::ops::{
    ConvOptions, ConvTransposeOptions, Entry, Packed, conv_transpose2d_entered,
    conv_transpose2d_packed, conv2d_entered, conv2d_packed,
};

/// How weights are drawn. Biases start at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// `N(0, 2 / (in k k))`, for a following ReLU (He et al., 2015).
    He,
    /// `N(0, deviation²)`; the GAN papers take 0.02.
    Normal(f32),
}

impl Init {
    /// A tensor of weights whose second dimension counts the inputs. Drawn on the CPU, so that a seed gives the same
    /// weights on every device.
    pub fn draw(
        self,
        dims: [usize; 4],
        inputs: usize,
        seed: &mut Seed,
        device: &Device,
    ) -> Tensor<4> {
        let deviation = match self {
            Self::He => (2.0 / (inputs * dims[2] * dims[3]) as f32).sqrt(),
            Self::Normal(deviation) => deviation,
        };
        let mut own = seed.split();
        let values: Vec<f32> = (0..dims.iter().product())
            .map(|_| deviation * own.normal())
            .collect();
        Tensor::from_data(TensorData::new(values, dims), device)
    }
}

/// `y = act(w * pad(x) + b)`; weight `[out, in, k, k]`, bias `[out]`.
#[derive(Module, Debug)]
pub struct Conv2d {
    /// `[out, in, k, k]`
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    options: ConvOptions,
    #[module(skip)]
    packed: Option<Box<Packed>>,
}

impl Conv2d {
    /// From given values.
    pub fn new(weight: Tensor<4>, bias: Option<Tensor<1>>, options: ConvOptions) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: bias.map(Param::from_tensor),
            options,
            packed: None,
        }
    }

    /// The same, for inference and frozen networks: its filters are laid out once and not at every call; with
    /// `backward` also those of the input gradient. A filter that changes afterwards must be packed again.
    pub fn packed(self, backward: bool) -> Self {
        Self {
            packed: Some(Box::new(Packed::new(
                &self.weight.val(),
                self.options,
                backward,
            ))),
            // What learns would leave its packed copy behind.
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

    /// With random weights.
    pub fn init(
        [input, output]: [usize; 2],
        kernel: usize,
        bias: bool,
        options: ConvOptions,
        init: Init,
        seed: &mut Seed,
        device: &Device,
    ) -> Self {
        let weight = init.draw([output, input, kernel, kernel], input, seed, device);
        Self::new(
            weight,
            bias.then(|| Tensor::zeros([output], device)),
            options,
        )
    }

    /// `[B, in, H, W]` -> `[B, out, H', W']`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        let weight = self.weight.val();
        let packed = self.packed.as_deref().filter(|_| !weight.is_require_grad());
        conv2d_packed(x, weight, bias, packed, self.options)
    }

    /// The same of what is normalised as it is read, in inference.
    pub fn forward_entered(&self, entry: Entry) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        let packed = self.packed.as_deref();
        conv2d_entered(entry, self.weight.val(), bias, packed, self.options)
    }
}

/// `y = act(w *ᵀ x + b)`; weight `[in, out, k, k]`, bias `[out]`.
#[derive(Module, Debug)]
pub struct ConvTranspose2d {
    /// `[in, out, k, k]`
    pub weight: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    options: ConvTransposeOptions,
    #[module(skip)]
    packed: Option<Box<Packed>>,
}

impl ConvTranspose2d {
    /// From given values.
    pub fn new(weight: Tensor<4>, bias: Option<Tensor<1>>, options: ConvTransposeOptions) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: bias.map(Param::from_tensor),
            options,
            packed: None,
        }
    }

    /// The same, for inference and frozen networks, as [`Conv2d::packed`].
    pub fn packed(self) -> Self {
        Self {
            packed: Some(Box::new(Packed::transposed(&self.weight.val()))),
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

    /// With random weights.
    pub fn init(
        [input, output]: [usize; 2],
        kernel: usize,
        bias: bool,
        options: ConvTransposeOptions,
        init: Init,
        seed: &mut Seed,
        device: &Device,
    ) -> Self {
        let weight = init.draw([input, output, kernel, kernel], input, seed, device);
        Self::new(
            weight,
            bias.then(|| Tensor::zeros([output], device)),
            options,
        )
    }

    /// `[B, in, H, W]` -> `[B, out, H', W']`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        let weight = self.weight.val();
        let packed = self.packed.as_deref().filter(|_| !weight.is_require_grad());
        conv_transpose2d_packed(x, weight, bias, packed, self.options)
    }

    /// As [`Conv2d::forward_entered`].
    pub fn forward_entered(&self, entry: Entry) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        let packed = self.packed.as_deref();
        conv_transpose2d_entered(entry, self.weight.val(), bias, packed, self.options)
    }
}
