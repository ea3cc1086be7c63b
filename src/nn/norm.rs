//! Instance and batch normalisation with PyTorch's names: the gain is `weight`, the shift `bias`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::Init;
use crate::data::seed::Seed;
use crate::ops::{
    Activation, NormOptions, Over, norm, norm_by, norm_scales, norm_scales_of, running_statistics,
};

/// PyTorch's.
const EPSILON: f32 = 1e-5;
/// How far the running statistics move towards those of a batch: PyTorch's.
const MOMENTUM: f32 = 0.1;

/// Over the pixels of each channel of each image (Ulyanov et al., arXiv 1607.08022):
/// `y = act((x - mean) / sqrt(variance + 1e-5) * weight + bias) + residual`.
#[derive(Module, Debug)]
pub struct InstanceNorm2d {
    /// `[C]`; without affine map none.
    pub weight: Option<Param<Tensor<1>>>,
    /// `[C]`, there if the weight is.
    pub bias: Option<Param<Tensor<1>>>,
}

impl InstanceNorm2d {
    /// From given weight and bias; `None` is a norm without affine map.
    pub fn new(affine: Option<[Tensor<1>; 2]>) -> Self {
        let (weight, bias) = affine.map(|[w, b]| (w, b)).unzip();
        Self {
            weight: weight.map(Param::from_tensor),
            bias: bias.map(Param::from_tensor),
        }
    }

    /// `[B, C, H, W]` -> the same; the activation comes before the residual is added.
    pub fn forward(
        &self,
        x: Tensor<4>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        norm(
            x,
            self.affine(),
            residual,
            options(Over::Instance, activation),
        )
        .0
    }

    /// The same by given statistics `[2, B C]`, for inference: see [`norm_by`].
    pub fn forward_by(
        &self,
        x: Tensor<4>,
        statistics: Tensor<2>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        let options = options(Over::Instance, activation);
        norm_by(x, statistics, self.affine(), residual, options)
    }

    /// What scales and shifts each plane of `[B, C, H, W]`, for the convolution that reads it next: see [`Entry`](crate::ops::Entry).
    pub fn scales(&self, x: Tensor<4>) -> Tensor<2> {
        norm_scales(x, self.affine(), EPSILON)
    }

    /// The same by given statistics `[2, B C]`.
    pub fn scales_by(&self, statistics: Tensor<2>) -> Tensor<2> {
        norm_scales_of(statistics, self.affine(), EPSILON)
    }

    fn affine(&self) -> Option<(Tensor<1>, Tensor<1>)> {
        let affine = self.weight.as_ref().zip(self.bias.as_ref());
        affine.map(|(weight, bias)| (weight.val(), bias.val()))
    }
}

/// Over the pixels of each channel of all images (Ioffe and Szegedy, arXiv 1502.03167). Training takes the statistics
/// of the batch and remembers them; inference takes the remembered ones.
#[derive(Module, Debug)]
pub struct BatchNorm2d {
    /// `[C]`
    pub weight: Param<Tensor<1>>,
    /// `[C]`
    pub bias: Param<Tensor<1>>,
    /// `[2, C]`: running mean, running unbiased variance. In one tensor, because a training step updates it many times.
    /// No parameter: optimisers do not see it, and it never carries a gradient.
    running: Tensor<2>,
}

impl BatchNorm2d {
    /// From given weight, bias, running mean and running variance, each `[C]`.
    pub fn new([weight, bias, mean, variance]: [Tensor<1>; 4]) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: Param::from_tensor(bias),
            running: Tensor::stack::<2>(vec![mean, variance], 0).without_autodiff(),
        }
    }

    /// Fresh. With [`Init::Normal`] the weights are `N(1, deviation²)`, as the GAN papers' code has it; otherwise 1.
    pub fn init(channels: usize, init: Init, seed: &mut Seed, device: &Device) -> Self {
        let ones = Tensor::ones([channels], device);
        let weight = match init {
            Init::Normal(_) => {
                init.draw([channels, 1, 1, 1], 1, seed, device)
                    .reshape([channels])
                    + 1.0
            }
            Init::He => ones.clone(),
        };
        let zeros = Tensor::zeros([channels], device);
        Self::new([weight, zeros.clone(), zeros, ones])
    }

    /// Takes the running statistics of another of as many channels.
    pub fn take_running(&mut self, other: &Self) {
        self.running = other.running.clone();
    }

    /// The running mean, `[C]`.
    pub fn running_mean(&self) -> Tensor<1> {
        self.running.clone().narrow(0, 0, 1).flatten(0, 1)
    }

    /// The running variance, `[C]`.
    pub fn running_var(&self) -> Tensor<1> {
        self.running.clone().narrow(0, 1, 1).flatten(0, 1)
    }

    /// In inference: `[B, C, H, W]` -> the same, by the running statistics. The activation comes before the residual.
    /// Where it matters, [`Self::folded`] leaves nothing of it to compute.
    pub fn forward(
        &self,
        x: Tensor<4>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        let c = x.dims()[1];
        let scale = self.weight.val() / (self.running_var() + EPSILON).sqrt();
        let shift = self.bias.val() - self.running_mean() * scale.clone();
        let y = activation.reference(x * scale.reshape([1, c, 1, 1]) + shift.reshape([1, c, 1, 1]));
        match residual {
            Some(residual) => y + residual,
            None => y,
        }
    }

    /// In training: by the statistics of the batch, which move the running ones. Nothing is read back.
    ///
    /// # Panics
    /// If there is only one value per channel: it has no variance.
    pub fn forward_train(
        &mut self,
        x: Tensor<4>,
        residual: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        let [b, _, h, w] = x.dims();
        let n = b * h * w;
        assert!(
            n > 1,
            "batch norm in training needs more than one value per channel"
        );
        let affine = Some((self.weight.val(), self.bias.val()));
        let (y, statistics) = norm(x, affine, residual, options(Over::Batch, activation));
        self.running = running_statistics(
            self.running.clone().without_autodiff(),
            statistics.without_autodiff(),
            MOMENTUM,
            n,
        );
        y
    }

    /// Weight and bias of a convolution that does the work of the given one with this norm, in inference, after it:
    /// `w s`, `(b - mean) s + shift` with `s = weight / sqrt(variance + 1e-5)`. `axis` is the dimension of the
    /// convolution's weight that counts the outputs: 0, or 1 if it is transposed.
    pub fn folded(
        &self,
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        axis: usize,
    ) -> (Tensor<4>, Tensor<1>) {
        let scale = self.weight.val() / (self.running_var() + EPSILON).sqrt();
        let centre = match bias {
            Some(bias) => bias - self.running_mean(),
            None => -self.running_mean(),
        };
        let mut dims = [1; 4];
        dims[axis] = scale.dims()[0];
        let bias = centre * scale.clone() + self.bias.val();
        (weight * scale.reshape(dims), bias)
    }
}

fn options(over: Over, activation: Activation) -> NormOptions {
    NormOptions {
        over,
        epsilon: EPSILON,
        activation,
    }
}
