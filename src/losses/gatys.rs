//! The losses of Gatys et al. (2015), in two scalings (see [`Scaling`]). Every function returns `[1]`.

use burn::tensor::Tensor;

use crate::protocol::Scaling;

/// Keeps the relative losses finite for a target that is all zero.
const TINY: f32 = 1e-12;

/// Content loss of features `f` against the content's `p`, both `[B, C, H, W]`.
///
/// Paper (eq. 1): `1/2 sum (F - P)^2`. Relative: `sum (F - P)^2 / sum P^2`.
pub fn content(f: Tensor<4>, p: Tensor<4>, scaling: Scaling) -> Tensor<1> {
    let error = (f - p.clone()).square().sum();
    match scaling {
        Scaling::Relative => error / p.square().sum().add_scalar(TINY),
        Scaling::Paper => error * 0.5,
    }
}

/// Style loss of one layer: Gram matrix `g` against the style's `a`, both per pixel `[B, N, N]`.
///
/// Paper (eq. 4): `E = sum (G - A)^2 / (4 N^2 M^2)`, where its Gram matrices are sums over the M
/// pixels; per pixel the M^2 is gone: `sum (G - A)^2 / (4 N^2)`, and pictures of different sizes
/// compare. Relative: `sum (G - A)^2 / sum A^2`.
pub fn style(g: Tensor<3>, a: Tensor<3>, scaling: Scaling) -> Tensor<1> {
    let n = a.dims()[1] as f32;
    let error = (g - a.clone()).square().sum();
    match scaling {
        Scaling::Relative => error / a.square().sum().add_scalar(TINY),
        Scaling::Paper => error / (4.0 * n * n),
    }
}
