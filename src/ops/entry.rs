//! Instance norms that have no pass of their own: the next convolution normalises what it reads,
//! `y = x scale + shift`, negative numbers times a slope, by channel of each image. For inference: there are no gradients.

use burn::backend::{
    Backend, Dispatch, DispatchTensor, TensorMetadata, backend_extension,
    tensor::FloatTensor,
    wgpu::{CubeBackend, CubeTensor, into_contiguous},
};
use burn::tensor::Tensor;

use super::conv_transpose2d::{ConvTransposeOptions, transposed};
use super::conv2d::{ConvOptions, Has, Packed, parts};
use super::conv2d_launch::{dims4, forward};
use super::kernel::or_nothing;
use super::norm::{Over, scales, scales_of};
use super::{Activation, conv_transpose2d_reference, conv2d_reference};

/// A picture `[B, C, H, W]` before its norm and activation.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The picture.
    pub x: Tensor<4>,
    /// `[2, B C]`: scale and shift of each plane.
    pub scales: Tensor<2>,
    /// What negative numbers are multiplied by after that: 1 changes nothing, 0 is a ReLU.
    pub slope: f32,
}

impl Activation {
    /// What negative numbers are multiplied by, 0..=1; none if that is not all there is to it.
    #[must_use]
    pub fn slope(self) -> Option<f32> {
        match self {
            Self::Linear => Some(1.0),
            Self::Relu => Some(0.0),
            // The kernels take the larger of both.
            Self::LeakyRelu(slope) => (slope <= 1.0).then_some(slope),
            Self::Tanh => None,
        }
    }
}

impl Entry {
    /// What the convolution sees, as a picture.
    #[must_use]
    pub fn reference(self) -> Tensor<4> {
        let [b, c, _, _] = self.x.dims();
        let set = |row: usize| self.scales.clone().narrow(0, row, 1).reshape([b, c, 1, 1]);
        let dtype = self.x.dtype();
        let y = self.x * set(0).cast(dtype) + set(1).cast(dtype);
        match self.slope {
            1.0 => y,
            0.0 => Activation::Relu.reference(y),
            slope => Activation::LeakyRelu(slope).reference(y),
        }
    }
}

fn sides(x: &DispatchTensor, affine: Option<(Tensor<1>, Tensor<1>)>) -> [DispatchTensor; 2] {
    match affine {
        Some((gamma, beta)) => [gamma.into_dispatch(), beta.into_dispatch()],
        None => [x.clone(), x.clone()],
    }
}

/// Scale and shift `[2, B C]` that normalise each plane of `[B, C, H, W]`:
/// `gamma / sqrt(variance + epsilon)` and `beta - mean` times that.
///
/// # Panics
/// On a tensor that tracks gradients.
pub fn norm_scales(
    x: Tensor<4>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    epsilon: f32,
) -> Tensor<2> {
    let is_affine = affine.is_some();
    let x = x.into_dispatch();
    let [gamma, beta] = sides(&x, affine);
    Tensor::from_dispatch(Dispatch::norm_scales(x, gamma, beta, is_affine, epsilon))
}

/// The same from statistics `[2, B C]`.
///
/// # Panics
/// As [`norm_scales`].
pub fn norm_scales_of(
    statistics: Tensor<2>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    epsilon: f32,
) -> Tensor<2> {
    let is_affine = affine.is_some();
    let statistics = statistics.into_dispatch();
    let [gamma, beta] = sides(&statistics, affine);
    Tensor::from_dispatch(Dispatch::norm_scales_of(
        statistics, gamma, beta, is_affine, epsilon,
    ))
}

/// [`norm_scales_of`] in plain tensor operations.
pub fn norm_scales_of_reference(
    statistics: Tensor<2>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    epsilon: f32,
) -> Tensor<2> {
    let planes = statistics.dims()[1];
    let row = |n: usize| statistics.clone().narrow(0, n, 1);
    let scale = (row(1) + epsilon).sqrt().recip();
    let shift = -row(0) * scale.clone();
    let (scale, shift) = match affine {
        None => (scale, shift),
        Some((gamma, beta)) => {
            let each = |side: Tensor<1>| {
                let images = planes / side.dims()[0];
                side.repeat_dim(0, images).reshape([1, planes])
            };
            let gamma = each(gamma);
            (scale * gamma.clone(), shift * gamma + each(beta))
        }
    };
    Tensor::cat(vec![scale, shift], 0)
}

/// [`conv2d_packed`](super::conv2d_packed()) of an entry.
///
/// # Panics
/// As that, and on tensors that track gradients.
pub fn conv2d_entered(
    entry: Entry,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    packed: Option<&Packed>,
    options: ConvOptions,
) -> Tensor<4> {
    if super::burns() {
        return conv2d_reference(entry.reference(), weight, bias, options);
    }
    options.check(entry.x.dims(), weight.dims(), bias.as_ref());
    let ([weight, bias, packed], has) = parts(weight, bias, packed);
    Tensor::from_dispatch(Dispatch::conv2d_entered(
        entry.x.into_dispatch(),
        entry.scales.into_dispatch(),
        weight,
        bias,
        packed,
        has,
        (entry.slope, options),
    ))
}

/// [`conv_transpose2d_packed`](super::conv_transpose2d_packed()) of an entry.
///
/// # Panics
/// As that, and on tensors that track gradients.
pub fn conv_transpose2d_entered(
    entry: Entry,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    packed: Option<&Packed>,
    options: ConvTransposeOptions,
) -> Tensor<4> {
    if super::burns() {
        return conv_transpose2d_reference(entry.reference(), weight, bias, options);
    }
    options.check(entry.x.dims(), weight.dims(), bias.as_ref());
    let ([weight, bias, packed], has) = parts(weight, bias, packed);
    Tensor::from_dispatch(Dispatch::conv_transpose2d_entered(
        entry.x.into_dispatch(),
        entry.scales.into_dispatch(),
        weight,
        bias,
        packed,
        has,
        (entry.slope, options),
    ))
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")))]
pub(crate) trait EntryOps: Backend {
    fn norm_scales(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        affine: bool,
        epsilon: f32,
    ) -> FloatTensor<Self>;
    fn norm_scales_of(
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        affine: bool,
        epsilon: f32,
    ) -> FloatTensor<Self>;
    fn conv2d_entered(
        x: FloatTensor<Self>,
        scales: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        has: Has,
        how: (f32, ConvOptions),
    ) -> FloatTensor<Self>;
    fn conv_transpose2d_entered(
        x: FloatTensor<Self>,
        scales: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        has: Has,
        how: (f32, ConvTransposeOptions),
    ) -> FloatTensor<Self>;
}

/// A picture, and how a kernel reads it.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub x: &'a CubeTensor,
    scales: Option<&'a CubeTensor>,
    slope: f32,
}

impl<'a> Reading<'a> {
    /// As it is.
    pub fn plain(x: &'a CubeTensor) -> Self {
        Self {
            x,
            scales: None,
            slope: 1.0,
        }
    }

    pub fn is_plain(self) -> bool {
        self.scales.is_none()
    }

    /// The scales to bind.
    pub fn bound(self) -> CubeTensor {
        or_nothing(self.scales, self.x)
    }

    /// How many planes have scales, 0 if none, and the slope.
    pub fn code(self) -> (u32, f32) {
        let planes = self.scales.map_or(0, |s| s.shape().num_elements() / 2);
        (planes as u32, self.slope)
    }
}

impl EntryOps for CubeBackend {
    fn norm_scales(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        affine: bool,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let affine = affine.then(|| [into_contiguous(gamma), into_contiguous(beta)]);
        let affine = affine.as_ref().map(|[g, b]| [g, b]);
        scales(&into_contiguous(x), Over::Instance, affine, epsilon)
    }

    fn norm_scales_of(
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        affine: bool,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let affine = affine.then(|| [into_contiguous(gamma), into_contiguous(beta)]);
        let affine = affine.as_ref().map(|[g, b]| [g, b]);
        scales_of(&into_contiguous(statistics), affine, epsilon)
    }

    fn conv2d_entered(
        x: FloatTensor<Self>,
        scales: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        has: Has,
        (slope, options): (f32, ConvOptions),
    ) -> FloatTensor<Self> {
        let (x, scales) = (into_contiguous(x), into_contiguous(scales));
        let bias = has.bias.then(|| into_contiguous(bias));
        let filter_dims = dims4(&weight);
        let u = options.filters(weight, packed, has, &x);
        let [_, _, h, w] = dims4(&x);
        let windows = options.windows([h, w], filter_dims[2]);
        let reading = Reading {
            x: &x,
            scales: Some(&scales),
            slope,
        };
        forward(
            reading,
            &u,
            filter_dims,
            bias.as_ref(),
            &windows,
            false,
            options.activation,
        )
    }

    fn conv_transpose2d_entered(
        x: FloatTensor<Self>,
        scales: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        has: Has,
        (slope, options): (f32, ConvTransposeOptions),
    ) -> FloatTensor<Self> {
        let (x, weight) = (into_contiguous(x), into_contiguous(weight));
        let scales = into_contiguous(scales);
        let bias = has.bias.then(|| into_contiguous(bias));
        let packed = has.forward.then(|| into_contiguous(packed));
        let ([_, _, h, w], k) = (dims4(&x), dims4(&weight)[2]);
        let size = [options.length(h, k), options.length(w, k)];
        let place = (options.stride, options.padding);
        let (bias, packed) = (bias.as_ref(), packed.as_ref());
        let reading = Reading {
            x: &x,
            scales: Some(&scales),
            slope,
        };
        transposed(
            reading,
            &weight,
            packed,
            bias,
            size,
            place,
            options.activation,
        )
    }
}

#[cfg(not(target_family = "wasm"))]
mod on_the_cpu {
    use burn::backend::Flex;

    use super::*;
    use crate::ops::{norm_statistics_reference, of_flex};

    fn tensor<const D: usize>(x: FloatTensor<Flex>) -> Tensor<D> {
        Tensor::from_primitive::<Flex>(x)
    }

    impl EntryOps for Flex {
        fn norm_scales(
            x: FloatTensor<Self>,
            gamma: FloatTensor<Self>,
            beta: FloatTensor<Self>,
            affine: bool,
            epsilon: f32,
        ) -> FloatTensor<Self> {
            let affine = affine.then(|| (tensor(gamma), tensor(beta)));
            let statistics = norm_statistics_reference(tensor(x));
            of_flex(norm_scales_of_reference(statistics, affine, epsilon))
        }

        fn norm_scales_of(
            statistics: FloatTensor<Self>,
            gamma: FloatTensor<Self>,
            beta: FloatTensor<Self>,
            affine: bool,
            epsilon: f32,
        ) -> FloatTensor<Self> {
            let affine = affine.then(|| (tensor(gamma), tensor(beta)));
            of_flex(norm_scales_of_reference(
                tensor(statistics),
                affine,
                epsilon,
            ))
        }

        fn conv2d_entered(
            x: FloatTensor<Self>,
            scales: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            bias: FloatTensor<Self>,
            _: FloatTensor<Self>,
            has: Has,
            (slope, options): (f32, ConvOptions),
        ) -> FloatTensor<Self> {
            let (x, scales) = (tensor(x), tensor(scales));
            let x = Entry { x, scales, slope }.reference();
            let bias = has.bias.then(|| tensor(bias));
            of_flex(conv2d_reference(x, tensor(weight), bias, options))
        }

        fn conv_transpose2d_entered(
            x: FloatTensor<Self>,
            scales: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            bias: FloatTensor<Self>,
            _: FloatTensor<Self>,
            has: Has,
            (slope, options): (f32, ConvTransposeOptions),
        ) -> FloatTensor<Self> {
            let (x, scales) = (tensor(x), tensor(scales));
            let x = Entry { x, scales, slope }.reference();
            let bias = has.bias.then(|| tensor(bias));
            of_flex(conv_transpose2d_reference(x, tensor(weight), bias, options))
        }
    }
}
