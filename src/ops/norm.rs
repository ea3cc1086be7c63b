//! Instance and batch normalisation with the affine map, activation and residual that follow.

use burn::backend::{
    Backend, Dispatch, DispatchTensor, TensorMetadata, backend_extension,
    ops::FloatTensorOps,
    tensor::FloatTensor,
    wgpu::{CubeBackend, CubeTensor, into_contiguous},
};
use burn::tensor::{DType, Tensor};

use super::Activation;
use super::conv2d_launch::dims4;
use super::kernel::{Wgsl, empty, grid, launch, or_nothing};

static STATISTICS: Wgsl = Wgsl {
    name: "norm_statistics",
    source: include_str!("../../shaders/norm_statistics.wgsl"),
    dim: (64, 1, 1),
};
static COMBINE: Wgsl = Wgsl {
    name: "norm_combine",
    source: include_str!("../../shaders/norm_combine.wgsl"),
    dim: (64, 1, 1),
};
static NORM: Wgsl = Wgsl {
    name: "norm",
    source: include_str!("../../shaders/norm.wgsl"),
    dim: (64, 1, 1),
};
static SUMS: Wgsl = Wgsl {
    name: "norm_sums",
    source: include_str!("../../shaders/norm_sums.wgsl"),
    dim: (64, 1, 1),
};
static BACKWARD: Wgsl = Wgsl {
    name: "norm_backward",
    source: include_str!("../../shaders/norm_backward.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 5] = [&STATISTICS, &COMBINE, &NORM, &SUMS, &BACKWARD];

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
///
/// # Panics
/// If gamma, beta or the residual do not fit.
pub fn norm(
    x: Tensor<4>,
    affine: Option<(Tensor<1>, Tensor<1>)>,
    residual: Option<Tensor<4>>,
    options: NormOptions,
) -> (Tensor<4>, Tensor<2>) {
    if super::burns() {
        return norm_reference(x, affine, residual, options);
    }
    let dims @ [_, c, _, _] = x.dims();
    let fits = affine
        .as_ref()
        .is_none_or(|(gamma, beta)| gamma.dims() == [c] && beta.dims() == [c]);
    assert!(fits, "gamma and beta need {c} values each");
    let fits = residual.as_ref().is_none_or(|r| r.dims() == dims);
    assert!(fits, "the residual needs the shape {dims:?}");
    let x = x.into_dispatch();
    // An extension takes no optional tensor: any stands for one that does not count.
    let parts = (affine.is_some(), residual.is_some());
    let (gamma, beta) = match affine {
        Some((gamma, beta)) => (gamma.into_dispatch(), beta.into_dispatch()),
        None => (x.clone(), x.clone()),
    };
    let residual: DispatchTensor = residual.map_or_else(|| x.clone(), Tensor::into_dispatch);
    let (y, statistics) = Dispatch::norm_act(x, gamma, beta, residual, parts, options);
    (Tensor::from_dispatch(y), Tensor::from_dispatch(statistics))
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
    let statistics = Tensor::cat(vec![mean, variance], 1).swap_dims(0, 1);
    (y, statistics.detach())
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")), Autodiff)]
pub(crate) trait NormOps: Backend {
    /// Result and statistics. `parts`: whether gamma and beta count, whether the residual does.
    fn norm_act(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        parts: (bool, bool),
        options: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// The gradient of x, and `[2, S]`, the sums over each set of `g` and `g n` (the gradient before the activation,
    /// and its product with the normalised value): the gradients of beta and gamma.
    fn norm_act_backward(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        affine: bool,
        grad: FloatTensor<Self>,
        options: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// Where the values of a set lie, as the kernels take it.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Sets {
    /// Pixels of a plane.
    pixels: u32,
    /// Planes of a set, and how many planes lie from one to the next.
    planes: u32,
    skip: u32,
    sets: u32,
    /// Each set is cut into as many parts for the statistics.
    parts: u32,
}

/// The pixels of an invocation where all that is of the plane is known.
const PIXELS: u32 = 4;
/// The fewest values worth a part, and the most parts.
const PART: usize = 64;
const PARTS: usize = 64;

impl Sets {
    fn new([b, c, h, w]: [usize; 4], over: Over) -> Self {
        let pixels = h * w;
        let (planes, sets) = match over {
            Over::Instance => (1, b * c),
            Over::Batch => (b, c),
        };
        let parts = (planes * pixels).div_ceil(PART).min(pixels).min(PARTS);
        Self {
            pixels: pixels as u32,
            planes: planes as u32,
            skip: c as u32,
            sets: sets as u32,
            parts: parts as u32,
        }
    }

    /// Invocations of a kernel of one per part and set.
    fn threads(&self) -> (usize, usize, usize) {
        (self.parts as usize, self.sets as usize, 1)
    }
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    planes: u32,
    pixels: u32,
    channels: u32,
    sets: u32,
    affine: u32,
    added: u32,
    activation: u32,
    slope: f32,
    epsilon: f32,
    apart: u32,
    fold: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct SumsParams {
    sets: Sets,
    channels: u32,
    affine: u32,
    activation: u32,
    slope: f32,
    epsilon: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct BackwardParams {
    planes: u32,
    pixels: u32,
    channels: u32,
    sets: u32,
    count: f32,
    affine: u32,
    activation: u32,
    slope: f32,
    epsilon: f32,
    apart: u32,
    fold: u32,
}

impl NormOps for CubeBackend {
    fn norm_act(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        (affine, added): (bool, bool),
        options: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let x = into_contiguous(x);
        let statistics = statistics(&x, options.over);
        let y = normalised(
            &x,
            &statistics,
            [gamma, beta, residual],
            (affine, added),
            options,
        );
        (y, statistics)
    }

    fn norm_act_backward(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        affine: bool,
        grad: FloatTensor<Self>,
        options: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, grad) = (into_contiguous(x), into_contiguous(grad));
        let part = |y: FloatTensor<Self>| {
            let y = affine.then(|| into_contiguous(y));
            or_nothing(y.as_ref(), &x)
        };
        let (gamma, beta) = (part(gamma), part(beta));
        let dims @ [b, c, _, _] = dims4(&x);
        let sets = Sets::new(dims, options.over);
        let (activation, slope) = options.activation.code();
        let partial = empty(&x, [2, sets.sets as usize, sets.parts as usize], x.dtype);
        let params = SumsParams {
            sets,
            channels: c as u32,
            affine: u32::from(affine),
            activation,
            slope,
            epsilon: options.epsilon,
        };
        let inputs = [&x, &statistics, &gamma, &beta, &grad];
        launch(&SUMS, sets.threads(), &inputs, &[&partial], params);
        let sums = <Self as FloatTensorOps<Self>>::float_sum_dim(partial, 2);
        let shape = [2, sets.sets as usize].into();
        let sums = into_contiguous(<Self as FloatTensorOps<Self>>::float_reshape(sums, shape));
        let out = empty(&x, dims, x.dtype);
        let apart = sets.pixels.div_ceil(PIXELS);
        let (threads, fold) = grid(apart as usize * b * c, BACKWARD.dim.0);
        let params = BackwardParams {
            planes: (b * c) as u32,
            pixels: sets.pixels,
            channels: c as u32,
            sets: sets.sets,
            count: sets.planes as f32 * sets.pixels as f32,
            affine: u32::from(affine),
            activation,
            slope,
            epsilon: options.epsilon,
            apart,
            fold,
        };
        let inputs = [&x, &statistics, &gamma, &beta, &grad, &sums];
        launch(&BACKWARD, threads, &inputs, &[&out], params);
        (out, sums)
    }
}

/// Mean and sum of squared deviations `[2, S, parts]` of the parts of each set.
fn parts(x: &CubeTensor, over: Over) -> (CubeTensor, Sets) {
    let sets = Sets::new(dims4(x), over);
    let found = empty(x, [2, sets.sets as usize, sets.parts as usize], DType::F32);
    launch(&STATISTICS, sets.threads(), &[x], &[&found], sets);
    (found, sets)
}

/// `[2, S]`: mean and biased variance.
pub(super) fn statistics(x: &CubeTensor, over: Over) -> CubeTensor {
    let (found, sets) = parts(x, over);
    combined(&found, sets, None)
}

/// Scale and shift `[2, S]` that normalise the sets, see [`super::norm_scales`]; gamma and beta are of channels.
pub(super) fn scales(
    x: &CubeTensor,
    over: Over,
    affine: Option<[&CubeTensor; 2]>,
    epsilon: f32,
) -> CubeTensor {
    let (found, sets) = parts(x, over);
    combined(&found, sets, Some((affine, epsilon)))
}

/// The same from statistics `[2, S]`.
pub(super) fn scales_of(
    statistics: &CubeTensor,
    affine: Option<[&CubeTensor; 2]>,
    epsilon: f32,
) -> CubeTensor {
    // One part of one pixel: its mean and its sum of squared deviations are mean and variance.
    let sets = Sets {
        pixels: 1,
        planes: 1,
        skip: 1,
        sets: (statistics.shape().num_elements() / 2) as u32,
        parts: 1,
    };
    combined(statistics, sets, Some((affine, epsilon)))
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct CombineParams {
    sets: Sets,
    scaled: u32,
    affine: u32,
    channels: u32,
    epsilon: f32,
}

/// Mean and variance of sets from those of their parts, or what normalises them: gamma and beta, if there are such, and
/// epsilon.
fn combined(
    found: &CubeTensor,
    sets: Sets,
    scaled: Option<(Option<[&CubeTensor; 2]>, f32)>,
) -> CubeTensor {
    let out = empty(found, [2, sets.sets as usize], DType::F32);
    let affine = scaled.and_then(|(affine, _)| affine);
    let [gamma, beta] = [0, 1].map(|n| or_nothing(affine.map(|sides| sides[n]), found));
    let params = CombineParams {
        sets,
        scaled: u32::from(scaled.is_some()),
        affine: u32::from(affine.is_some()),
        channels: affine.map_or(1, |[gamma, _]| gamma.shape().num_elements()) as u32,
        epsilon: scaled.map_or(0.0, |(_, epsilon)| epsilon),
    };
    let threads = (sets.sets as usize, 1, 1);
    launch(&COMBINE, threads, &[found, &gamma, &beta], &[&out], params);
    out
}

/// The result by given statistics; of gamma, beta and the residual those that count.
pub(super) fn normalised(
    x: &CubeTensor,
    statistics: &CubeTensor,
    [gamma, beta, residual]: [CubeTensor; 3],
    (affine, added): (bool, bool),
    options: NormOptions,
) -> CubeTensor {
    let part = |y: CubeTensor, counts: bool| {
        let y = counts.then(|| into_contiguous(y));
        or_nothing(y.as_ref(), x)
    };
    let (gamma, beta) = (part(gamma, affine), part(beta, affine));
    let residual = part(residual, added);
    let dims @ [b, c, _, _] = dims4(x);
    let sets = Sets::new(dims, options.over);
    let y = empty(x, dims, x.dtype);
    let (activation, slope) = options.activation.code();
    let apart = sets.pixels.div_ceil(PIXELS);
    let (threads, fold) = grid(apart as usize * b * c, NORM.dim.0);
    let params = Params {
        planes: (b * c) as u32,
        pixels: sets.pixels,
        channels: c as u32,
        sets: sets.sets,
        affine: u32::from(affine),
        added: u32::from(added),
        activation,
        slope,
        epsilon: options.epsilon,
        apart,
        fold,
    };
    let inputs = [x, statistics, &gamma, &beta, &residual];
    launch(&NORM, threads, &inputs, &[&y], params);
    y
}
