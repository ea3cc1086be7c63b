//! Instance normalisation of a picture that is not there as a whole: the statistics of its parts, what they are together,
//! and the rest of [`norm`](super::norm()) by given ones. For inference: there are no gradients.

use burn::backend::{
    Backend, Dispatch, DispatchTensor, backend_extension,
    tensor::FloatTensor,
    wgpu::{CubeBackend, into_contiguous},
};
use burn::tensor::Tensor;

use super::norm::{NormOptions, Over, normalised, statistics};

/// Of `[B, C, H, W]` the mean and the biased variance of each plane, `[2, B C]`.
///
/// # Panics
/// On a tensor that tracks gradients.
pub fn norm_statistics(x: Tensor<4>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::norm_statistics(x.into_dispatch()))
}

/// [`norm_statistics`] in plain tensor operations.
pub fn norm_statistics_reference(x: Tensor<4>) -> Tensor<2> {
    let [b, c, h, w] = x.dims();
    let flat = x.reshape([b * c, h * w]);
    let mean = flat.clone().mean_dim(1);
    let variance = (flat - mean.clone()).square().mean_dim(1);
    Tensor::cat(vec![mean, variance], 1).swap_dims(0, 1)
}

/// The statistics `[2, S]` of sets that come in parts, from those of the parts and their pixels (Chan, Golub and
/// LeVeque 1979): `mean = sum n_i mean_i / N`, `variance = sum n_i (variance_i + (mean_i - mean)²) / N`.
///
/// # Panics
/// Without any part.
pub fn norm_combined(parts: &[(Tensor<2>, usize)]) -> Tensor<2> {
    let total = parts.iter().map(|(_, n)| *n).sum::<usize>() as f32;
    let row = |x: &Tensor<2>, i| x.clone().narrow(0, i, 1);
    let sum = |of: &dyn Fn(&Tensor<2>) -> Tensor<2>| {
        let weighed = parts.iter().map(|(x, n)| of(x) * (*n as f32 / total));
        weighed.reduce(|a, b| a + b).expect("there is a part")
    };
    let mean = sum(&|x| row(x, 0));
    let variance = sum(&|x| row(x, 1) + (row(x, 0) - mean.clone()).square());
    Tensor::cat(vec![mean, variance], 0)
}

/// `y = act((x - mean) / sqrt(variance + epsilon) * gamma + beta) + residual` as [`norm`](super::norm()) over instances,
/// but by given statistics `[2, B C]`.
///
/// # Panics
/// If gamma, beta, the residual or the statistics do not fit, or on tensors that track gradients.
pub fn norm_by(
    x: Tensor<4>,
    statistics: Tensor<2>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    residual: Option<Tensor<4>>,
    options: NormOptions,
) -> Tensor<4> {
    let dims @ [b, c, _, _] = x.dims();
    assert_eq!(statistics.dims(), [2, b * c], "the statistics of a picture");
    assert_eq!(options.over, Over::Instance, "over what they are");
    let fits = residual.as_ref().is_none_or(|r| r.dims() == dims);
    assert!(fits, "the residual needs the shape {dims:?}");
    let x = x.into_dispatch();
    let parts = (affine.is_some(), residual.is_some());
    let (gamma, beta) = match affine {
        Some((gamma, beta)) => (gamma.into_dispatch(), beta.into_dispatch()),
        None => (x.clone(), x.clone()),
    };
    let residual: DispatchTensor = residual.map_or_else(|| x.clone(), Tensor::into_dispatch);
    let statistics = statistics.into_dispatch();
    Tensor::from_dispatch(Dispatch::norm_by(
        x, statistics, gamma, beta, residual, parts, options,
    ))
}

/// [`norm_by`] in plain tensor operations.
pub fn norm_by_reference(
    x: Tensor<4>,
    statistics: Tensor<2>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    residual: Option<Tensor<4>>,
    options: NormOptions,
) -> Tensor<4> {
    let [b, c, _, _] = x.dims();
    let set = |row: usize| statistics.clone().narrow(0, row, 1).reshape([b, c, 1, 1]);
    let y = (x - set(0)) / (set(1) + options.epsilon).sqrt();
    let y = match affine {
        Some((gamma, beta)) => y * gamma.reshape([1, c, 1, 1]) + beta.reshape([1, c, 1, 1]),
        None => y,
    };
    let y = options.activation.reference(y);
    match residual {
        Some(residual) => y + residual,
        None => y,
    }
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")))]
pub(crate) trait NormPartsOps: Backend {
    fn norm_statistics(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// `parts`: whether gamma and beta count, whether the residual does.
    fn norm_by(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        parts: (bool, bool),
        options: NormOptions,
    ) -> FloatTensor<Self>;
}

impl NormPartsOps for CubeBackend {
    fn norm_statistics(x: FloatTensor<Self>) -> FloatTensor<Self> {
        statistics(&into_contiguous(x), Over::Instance)
    }

    fn norm_by(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        parts: (bool, bool),
        options: NormOptions,
    ) -> FloatTensor<Self> {
        let (x, statistics) = (into_contiguous(x), into_contiguous(statistics));
        normalised(&x, &statistics, [gamma, beta, residual], parts, options)
    }
}

#[cfg(not(target_family = "wasm"))]
impl NormPartsOps for burn::backend::Flex {
    fn norm_statistics(x: FloatTensor<Self>) -> FloatTensor<Self> {
        super::on_flex::<4, 2>(x, norm_statistics_reference)
    }

    fn norm_by(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        (affine, added): (bool, bool),
        options: NormOptions,
    ) -> FloatTensor<Self> {
        let side = |x| Tensor::from_primitive::<Self>(x);
        let affine = affine.then(|| (side(gamma), side(beta)));
        let residual = added.then(|| Tensor::from_primitive::<Self>(residual));
        let (x, statistics) = (
            Tensor::from_primitive::<Self>(x),
            Tensor::from_primitive::<Self>(statistics),
        );
        super::of_flex(norm_by_reference(x, statistics, affine, residual, options))
    }
}
