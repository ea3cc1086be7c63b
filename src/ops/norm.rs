//! Instance and batch normalisation with the affine map, activation and residual that follow.

use burn::tensor::Tensor;

use super::Activation;

/// Over what the statistics are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Over {
    /// The pixels of one channel of one image.
    Instance,
    /// The pixels of one channel of all images.
    Batch,
}

/// The settings of [`norm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormOptions {
    /// Over what the statistics are taken.
    pub over: Over,
    /// Added to the variance; PyTorch's layers use 1e-5.
    pub epsilon: f32,
    /// Applied before the residual is added.
    pub activation: Activation,
}

/// `y = act((x - mean) / sqrt(variance + epsilon) * gamma + beta) + residual`, `[B, C, H, W]`, and the statistics
/// `[2, S]`: mean and biased variance for each of `S = B C` or `S = C` sets. The statistics carry no gradient.
pub fn norm(
    x: Tensor<4>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    residual: Option<Tensor<4>>,
    options: NormOptions,
) -> (Tensor<4>, Tensor<2>) {
    norm_reference(x, affine, residual, options)
}

/// [`norm`] in plain tensor operations, with Burn's own gradients.
pub fn norm_reference(
    x: Tensor<4>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    residual: Option<Tensor<4>>,
    options: NormOptions,
) -> (Tensor<4>, Tensor<2>) {
    let [b, c, h, w] = x.dims();
    let flat = match options.over {
        Over::Instance => x.reshape([b * c, h * w]),
        Over::Batch => x.swap_dims(0, 1).reshape([c, b * h * w]),
    };
    let mean = flat.clone().mean_dim(1);
    let centred = flat - mean.clone();
    let variance = centred.clone().square().mean_dim(1);
    let flat = centred / (variance.clone() + options.epsilon).sqrt();
    let y = match options.over {
        Over::Instance => flat.reshape([b, c, h, w]),
        Over::Batch => flat.reshape([c, b, h, w]).swap_dims(0, 1),
    };
    let y = match affine {
        Some((gamma, beta)) => y * gamma.reshape([1, c, 1, 1]) + beta.reshape([1, c, 1, 1]),
        None => y,
    };
    let y = options.activation.reference(y);
    let y = match residual {
        Some(residual) => y + residual,
        None => y,
    };
    (
        y,
        Tensor::cat(vec![mean, variance], 1)
            .swap_dims(0, 1)
            .detach(),
    )
}
