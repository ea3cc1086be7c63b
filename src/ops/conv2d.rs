//! 2-D convolution with its padding, bias and activation: `y = act(w * pad(x) + b)`, cross-correlation as
//! everywhere in deep learning.
//!
//! On the GPU every convolution is a batched matrix product ([`super::gemm`]) between a pass that gathers the input and
//! one that writes the result with bias and activation: Winograd's transforms for 3x3 of stride 1, windows as columns
//! otherwise. Padding is index arithmetic of the gathering pass. A layer too large for one piece is cut along its
//! pixels, so that no launch takes long and no intermediate result is large.

use burn::backend::{
    Backend, Dispatch, DispatchTensor, TensorMetadata, backend_extension,
    ops::FloatTensorOps,
    tensor::FloatTensor,
    wgpu::{CubeBackend, CubeTensor, into_contiguous},
};
use burn::tensor::{
    Tensor, module,
    ops::{ConvOptions as BurnOptions, PadMode as BurnPad},
};

use super::conv_transpose2d::{ConvTransposeOptions, transposed};
use super::gemm::{TILE, gemm, padded, tiles};
use super::im2col::{Windows, im2col, im2col_rows};
use super::kernel::{Wgsl, empty, launch, or_nothing};
use super::{Activation, winograd};

static PACK: Wgsl = Wgsl {
    name: "conv2d_pack",
    source: include_str!("../../shaders/conv2d_pack.wgsl"),
    dim: (16, 16, 1),
};
static NARROW: Wgsl = Wgsl {
    name: "conv2d_narrow",
    source: include_str!("../../shaders/conv2d_narrow.wgsl"),
    dim: (32, 1, 1),
};
static OUTPUT: Wgsl = Wgsl {
    name: "conv2d_output",
    source: include_str!("../../shaders/conv2d_output.wgsl"),
    dim: (64, 1, 1),
};
static PAD_BACKWARD: Wgsl = Wgsl {
    name: "conv2d_pad_backward",
    source: include_str!("../../shaders/conv2d_pad_backward.wgsl"),
    dim: (64, 1, 1),
};
static WEIGHT_SUM: Wgsl = Wgsl {
    name: "conv2d_weight_sum",
    source: include_str!("../../shaders/conv2d_weight_sum.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 5] = [&PACK, &NARROW, &OUTPUT, &PAD_BACKWARD, &WEIGHT_SUM];

/// What lies outside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PadMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The picture mirrored at its border pixels, which are not repeated. The padding must be smaller than the picture.
    Reflect,
    /// The nearest border pixel.
    Replicate,
}

impl PadMode {
    /// The kernels' number for it.
    pub(super) fn code(self) -> u32 {
        match self {
            Self::Zeros => 0,
            Self::Reflect => 1,
            Self::Replicate => 2,
        }
    }
}

/// The settings of [`conv2d`]; kernels and strides are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvOptions {
    /// Step between outputs, in pixels.
    pub stride: usize,
    /// Added on each side, in pixels.
    pub padding: usize,
    /// What the padding holds.
    pub mode: PadMode,
    /// Applied to the result.
    pub activation: Activation,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self {
            stride: 1,
            padding: 0,
            mode: PadMode::Zeros,
            activation: Activation::Linear,
        }
    }
}

impl ConvOptions {
    /// Height or width of the output.
    fn length(&self, input: usize, kernel: usize) -> usize {
        let padded = input + 2 * self.padding;
        assert!(padded >= kernel, "a kernel of {kernel} on {padded} pixels");
        (padded - kernel) / self.stride + 1
    }

    fn windows(&self, [h, w]: [usize; 2], kernel: usize) -> Windows {
        Windows {
            kernel,
            stride: self.stride,
            padding: self.padding,
            mode: self.mode,
            output: [self.length(h, kernel), self.length(w, kernel)],
        }
    }
}

/// `[B, I, H, W]`, weight `[O, I, k, k]`, bias `[O]` -> `[B, O, H', W']` with `H' = (H + 2 padding - k) / stride + 1`.
///
/// # Panics
/// If the shapes do not fit, the kernel is larger than the padded picture, or a reflection would need more than it has.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    conv2d_packed(x, weight, bias, None, options)
}

/// Filters that do not change, laid out for the kernels once and not at every call.
#[derive(Clone, Debug)]
pub struct Packed {
    forward: Tensor<3>,
    /// For the input gradient.
    backward: Option<Tensor<3>>,
}

impl Packed {
    /// Of the weight of a convolution with these options; also for its input gradient if that will be asked for. Either
    /// takes up to four times the weight's own memory.
    pub fn new(weight: &Tensor<4>, options: ConvOptions, backward: bool) -> Self {
        let packed = |flip| {
            let weight = weight.clone().into_dispatch();
            Tensor::from_dispatch(Dispatch::conv2d_pack(weight, flip, options.stride))
        };
        Self {
            forward: packed(false),
            backward: backward.then(|| packed(true)),
        }
    }
}

/// [`conv2d`] with filters that may be packed beforehand, of the very weight and options given here.
///
/// # Panics
/// As [`conv2d`].
pub fn conv2d_packed(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    packed: Option<&Packed>,
    options: ConvOptions,
) -> Tensor<4> {
    if super::burns() {
        return conv2d_reference(x, weight, bias, options);
    }
    let ([_, i, h, w], [o, wi, kh, kw]) = (x.dims(), weight.dims());
    assert_eq!((i, kh), (wi, kw), "the filters do not fit the picture");
    let fits = bias.as_ref().is_none_or(|b| b.dims() == [o]);
    assert!(fits, "the bias does not fit the filters");
    let enough = options.mode != PadMode::Reflect || options.padding < h.min(w);
    assert!(enough, "a reflection of {} on {h}x{w}", options.padding);
    let (bias, biased) = bias_or(bias, &weight);
    let weight = weight.into_dispatch();
    let forward = packed.map(|packed| packed.forward.clone().into_dispatch());
    let backward = packed.and_then(|packed| packed.backward.clone());
    let has = Has {
        bias: biased,
        forward: forward.is_some(),
        backward: backward.is_some(),
    };
    let or_weight = |packed: Option<DispatchTensor>| packed.unwrap_or_else(|| weight.clone());
    let forward = or_weight(forward);
    let backward = or_weight(backward.map(Tensor::into_dispatch));
    Tensor::from_dispatch(Dispatch::conv2d_act(
        x.into_dispatch(),
        weight,
        bias,
        forward,
        backward,
        has,
        options,
    ))
}

/// Which tensors count; an extension takes no optional ones, so that any stands for one that does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Has {
    pub bias: bool,
    pub forward: bool,
    pub backward: bool,
}

/// The bias, or in its place any tensor and that it does not count: an extension takes no optional tensor.
pub(super) fn bias_or(bias: Option<Tensor<1>>, weight: &Tensor<4>) -> (DispatchTensor, bool) {
    match bias {
        Some(bias) => (bias.into_dispatch(), true),
        None => (weight.clone().into_dispatch(), false),
    }
}

/// The picture with its padding, for modes that Burn's convolution does not know, and the padding that is left.
fn around(x: Tensor<4>, options: ConvOptions) -> (Tensor<4>, usize) {
    let p = options.padding;
    match options.mode {
        PadMode::Reflect if p > 0 => (x.pad((p, p, p, p), BurnPad::Reflect), 0),
        PadMode::Replicate if p > 0 => (x.pad((p, p, p, p), BurnPad::Edge), 0),
        _ => (x, p),
    }
}

/// [`conv2d`] in plain tensor operations, with Burn's own gradients.
pub fn conv2d_reference(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    let (x, left) = around(x, options);
    let plain = BurnOptions::new([options.stride; 2], [left; 2], [1; 2], 1);
    let y = module::conv2d(x, weight, bias, plain);
    options.activation.reference(y)
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")), Autodiff)]
pub(crate) trait ConvOps: Backend {
    fn conv2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        forward: FloatTensor<Self>,
        backward: FloatTensor<Self>,
        has: Has,
        options: ConvOptions,
    ) -> FloatTensor<Self>;
    /// Filters for the kernels, of a convolution with this stride or of its input gradient.
    fn conv2d_pack(weight: FloatTensor<Self>, flip: bool, stride: usize) -> FloatTensor<Self>;
    /// The gradient of an input of `size` (height, width), from that of the sum before the activation.
    fn conv2d_input_backward(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        is_packed: bool,
        size: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self>;
    /// The gradient of the weight, from that of the sum before the activation.
    fn conv2d_filter_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        kernel: usize,
        options: ConvOptions,
    ) -> FloatTensor<Self>;
    fn conv_transpose2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        biased: bool,
        options: ConvTransposeOptions,
    ) -> FloatTensor<Self>;
    /// The gradient of an activation's argument, from its result and the gradient of that.
    fn activation_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

/// The most bytes of intermediate results of one piece.
const PIECE_BYTES: usize = 64 << 20;
/// The most floating-point operations of one launch, in halves (multiply-adds): a tenth of a second on the slowest
/// adapter known would be 600 million.
const PIECE_WORK: usize = 150_000_000;

/// Cuts `total` things, each of so many bytes and multiply-adds, into pieces `(first, count)` of whole tiles.
pub(super) fn pieces(total: usize, bytes: usize, work: usize) -> Vec<(usize, usize)> {
    let most = (PIECE_BYTES / bytes.max(1)).min(PIECE_WORK / work.max(1));
    let most = (most / TILE).max(1) * TILE;
    let count = total.div_ceil(most);
    let each = total.div_ceil(count).next_multiple_of(TILE);
    (0..total)
        .step_by(each)
        .map(|first| (first, each.min(total - first)))
        .collect()
}

pub(super) fn dims4(x: &CubeTensor) -> [usize; 4] {
    let shape = x.shape();
    [shape[0], shape[1], shape[2], shape[3]]
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct PackParams {
    outputs: u32,
    inputs: u32,
    area: u32,
    columns: u32,
    flip: u32,
    rows: u32,
}

/// Filters as the first operand of the product, `[I k k, O]`; with `flip` those of the input gradient.
fn pack(weight: &CubeTensor, flip: bool) -> CubeTensor {
    let [o, i, k, _] = dims4(weight);
    let (depth, wide) = if flip { (o, i) } else { (i, o) };
    let (rows, columns) = (depth * k * k, tiles(wide));
    let u = empty(weight, [rows, columns], weight.dtype);
    let params = PackParams {
        outputs: o as u32,
        inputs: i as u32,
        area: (k * k) as u32,
        columns: columns as u32,
        flip: u32::from(flip),
        rows: rows as u32,
    };
    launch(&PACK, (columns, rows, 1), &[weight], &[&u], params);
    u
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct NarrowParams {
    inputs: u32,
    height: u32,
    width: u32,
    outputs: u32,
    down: u32,
    across: u32,
    kernel: u32,
    padding: u32,
    mode: u32,
    columns: u32,
    biased: u32,
    activation: u32,
    slope: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct OutputParams {
    channels: u32,
    pixels: u32,
    first: u32,
    count: u32,
    columns: u32,
    biased: u32,
    activation: u32,
    slope: f32,
}

/// Channels from which on Winograd's transforms pay.
const WINOGRAD_CHANNELS: usize = 8;
/// Output channels up to which a tile of the product would be mostly empty.
const NARROW_CHANNELS: usize = 4;

/// Whether Winograd's transforms pay.
fn is_winograd([o, i, k, _]: [usize; 4], stride: usize) -> bool {
    k == 3 && stride == 1 && i.min(o) >= WINOGRAD_CHANNELS
}

/// Filters for [`forward`].
fn filters(weight: &CubeTensor, flip: bool, stride: usize) -> CubeTensor {
    let dims @ [o, i, _, _] = dims4(weight);
    if is_winograd(dims, stride) {
        winograd::pack(weight, if flip { [o, i] } else { [i, o] }, flip)
    } else {
        pack(weight, flip)
    }
}

/// A convolution of `x` with filters `[O, I, k, k]`, or with `flip` the product of the input gradient. `u` are these
/// filters from [`filters`].
pub(super) fn forward(
    x: &CubeTensor,
    u: &CubeTensor,
    filter_dims: [usize; 4],
    bias: Option<&CubeTensor>,
    windows: &Windows,
    flip: bool,
    activation: Activation,
) -> CubeTensor {
    let dims @ [b, inputs, h, w] = dims4(x);
    let [o, i, k, _] = filter_dims;
    let outputs = if flip { i } else { o };
    let [down, across] = windows.output;
    if is_winograd(filter_dims, windows.stride) {
        return winograd::winograd(x, dims, u, outputs, bias, windows, activation);
    }
    let (code, slope) = activation.code();
    let add = or_nothing(bias, x);
    let y = empty(x, [b, outputs, down, across], x.dtype);
    if windows.stride == 1 && outputs <= NARROW_CHANNELS {
        let params = NarrowParams {
            inputs: inputs as u32,
            height: h as u32,
            width: w as u32,
            outputs: outputs as u32,
            down: down as u32,
            across: across as u32,
            kernel: k as u32,
            padding: windows.padding as u32,
            mode: windows.mode.code(),
            columns: (tiles(outputs) / 4) as u32,
            biased: u32::from(bias.is_some()),
            activation: code,
            slope,
        };
        let threads = (down * across.div_ceil(8), outputs.div_ceil(4), b);
        launch(&NARROW, threads, &[x, u, &add], &[&y], params);
        return y;
    }
    let (depth, rows) = (inputs * k * k, tiles(outputs));
    for (first, count) in pieces(b * down * across, 4 * (depth + rows), depth * rows) {
        // A 1x1 convolution finds a picture of whole tiles ready.
        let ready = k == 1 && windows.stride == 1 && windows.padding == 0 && b == 1;
        let v = if ready && count == h * w && count % TILE == 0 {
            x.clone()
        } else {
            im2col(x, dims, windows, (first, count), padded(count))
        };
        let columns = padded(count);
        let m = gemm(u, &v, [1, depth, columns], rows, (0, rows));
        let params = OutputParams {
            channels: outputs as u32,
            pixels: (down * across) as u32,
            first: first as u32,
            count: count as u32,
            columns: columns as u32,
            biased: u32::from(bias.is_some()),
            activation: code,
            slope,
        };
        launch(&OUTPUT, (count, outputs, 1), &[&m, &add], &[&y], params);
    }
    y
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct PadParams {
    height: u32,
    width: u32,
    padding: u32,
    mode: u32,
}

/// Folds the gradient of a padded picture back.
fn pad_backward(
    grad: &CubeTensor,
    [h, w]: [usize; 2],
    padding: usize,
    mode: PadMode,
) -> CubeTensor {
    let [b, c, _, _] = dims4(grad);
    let out = empty(grad, [b, c, h, w], grad.dtype);
    let params = PadParams {
        height: h as u32,
        width: w as u32,
        padding: padding as u32,
        mode: mode.code(),
    };
    launch(&PAD_BACKWARD, (h * w, b * c, 1), &[grad], &[&out], params);
    out
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct SumParams {
    segments: u32,
    outputs: u32,
    taps: u32,
    rows: u32,
    columns: u32,
    scale: f32,
}

/// Tiles of a weight gradient that keep a GPU busy; the pixels are split into segments until there are as many.
const BUSY: usize = 512;
/// The fewest pixels worth a segment.
const SEGMENT: usize = 64;

/// `w[o, i, a, b] = scale times the sum over pixels of grad[o] x[i, tap]`, a product whose depth is all output pixels.
pub(super) fn filter_backward(
    x: &CubeTensor,
    grad: &CubeTensor,
    windows: &Windows,
    scale: f32,
) -> CubeTensor {
    let (x_dims, grad_dims) = (dims4(x), dims4(grad));
    let (inputs, outputs, k) = (x_dims[1], grad_dims[1], windows.kernel);
    let (rows, taps) = (tiles(outputs), inputs * k * k);
    let (columns, total) = (tiles(taps), x_dims[0] * windows.count());
    let pixels = Windows::pixels(grad_dims[2], grad_dims[3]);
    let sums = pieces(total, 4 * (rows + columns), rows * columns)
        .into_iter()
        .map(|(first, count)| {
            let segments = (BUSY * TILE * TILE)
                .div_ceil(rows * columns)
                .min(count.div_ceil(SEGMENT));
            let depth = count.div_ceil(segments);
            let piece = ((first, count), segments * depth);
            let u = im2col_rows(grad, grad_dims, &pixels, piece.0, piece.1);
            let v = im2col_rows(x, x_dims, windows, piece.0, piece.1);
            let m = gemm(&u, &v, [segments, depth, columns], rows, (0, rows));
            let out = empty(x, [outputs, inputs, k, k], x.dtype);
            let params = SumParams {
                segments: segments as u32,
                outputs: outputs as u32,
                taps: taps as u32,
                rows: rows as u32,
                columns: columns as u32,
                scale,
            };
            launch(&WEIGHT_SUM, (taps, outputs, 1), &[&m], &[&out], params);
            out
        });
    let sum = sums.reduce(<CubeBackend as FloatTensorOps<CubeBackend>>::float_add);
    sum.expect("a picture has a pixel")
}

impl ConvOps for CubeBackend {
    fn conv2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        _: FloatTensor<Self>,
        has: Has,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let x = into_contiguous(x);
        let bias = has.bias.then(|| into_contiguous(bias));
        let filter_dims = dims4(&weight);
        let u = if has.forward {
            packed
        } else {
            filters(&into_contiguous(weight), false, options.stride)
        };
        let [_, _, h, w] = dims4(&x);
        let windows = options.windows([h, w], filter_dims[2]);
        let bias = bias.as_ref();
        forward(
            &x,
            &u,
            filter_dims,
            bias,
            &windows,
            false,
            options.activation,
        )
    }

    fn conv2d_pack(weight: FloatTensor<Self>, flip: bool, stride: usize) -> FloatTensor<Self> {
        let u = filters(&into_contiguous(weight), flip, stride);
        let shape = u.shape();
        let columns = shape[shape.num_dims() - 1];
        let rows = shape.num_elements() / columns;
        <Self as FloatTensorOps<Self>>::float_reshape(u, [1, rows, columns].into())
    }

    fn conv2d_input_backward(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        is_packed: bool,
        size @ [h, w]: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let (grad, weight) = (into_contiguous(grad), into_contiguous(weight));
        let filter_dims @ [_, _, k, _] = dims4(&weight);
        // Other modes than zeros: first the gradient of the padded picture.
        let around = match options.mode {
            PadMode::Zeros => 0,
            PadMode::Reflect | PadMode::Replicate => options.padding,
        };
        let padding = options.padding - around;
        let [h, w] = [h + 2 * around, w + 2 * around];
        let whole = if options.stride == 1 && padding < k {
            let windows = Windows {
                kernel: k,
                stride: 1,
                padding: k - 1 - padding,
                mode: PadMode::Zeros,
                output: [h, w],
            };
            let u = if is_packed {
                packed
            } else {
                filters(&weight, true, 1)
            };
            let linear = Activation::Linear;
            forward(&grad, &u, filter_dims, None, &windows, true, linear)
        } else {
            let place = (options.stride, padding);
            transposed(&grad, &weight, None, [h, w], place, Activation::Linear)
        };
        if around == 0 {
            whole
        } else {
            pad_backward(&whole, size, around, options.mode)
        }
    }

    fn conv2d_filter_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        kernel: usize,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let (x, grad) = (into_contiguous(x), into_contiguous(grad));
        let [_, _, down, across] = dims4(&grad);
        let windows = Windows {
            kernel,
            stride: options.stride,
            padding: options.padding,
            mode: options.mode,
            output: [down, across],
        };
        filter_backward(&x, &grad, &windows, 1.0)
    }

    fn conv_transpose2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        biased: bool,
        options: ConvTransposeOptions,
    ) -> FloatTensor<Self> {
        let (x, weight) = (into_contiguous(x), into_contiguous(weight));
        let bias = biased.then(|| into_contiguous(bias));
        let ([_, _, h, w], k) = (dims4(&x), dims4(&weight)[2]);
        let size = [options.length(h, k), options.length(w, k)];
        let place = (options.stride, options.padding);
        transposed(&x, &weight, bias.as_ref(), size, place, options.activation)
    }

    fn activation_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        activation.backward(y, grad)
    }
}

#[cfg(not(target_family = "wasm"))]
mod flex {
    use super::*;
    use crate::ops::conv_transpose2d::conv_transpose2d_reference;
    use burn::backend::{Flex, ops::ModuleOps};

    fn tensor<const D: usize>(x: FloatTensor<Flex>) -> Tensor<D> {
        Tensor::from_primitive::<Flex>(x)
    }

    impl ConvOps for Flex {
        fn conv2d_act(
            x: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            bias: FloatTensor<Self>,
            _: FloatTensor<Self>,
            _: FloatTensor<Self>,
            has: Has,
            options: ConvOptions,
        ) -> FloatTensor<Self> {
            let bias = has.bias.then(|| tensor(bias));
            super::super::of_flex(conv2d_reference(tensor(x), tensor(weight), bias, options))
        }

        /// Not needed: a tensor of the right rank.
        fn conv2d_pack(weight: FloatTensor<Self>, _: bool, _: usize) -> FloatTensor<Self> {
            super::super::of_flex::<3>(tensor::<4>(weight).flatten(2, 3))
        }

        fn conv2d_input_backward(
            grad: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            _: FloatTensor<Self>,
            _: bool,
            size @ [h, w]: [usize; 2],
            options: ConvOptions,
        ) -> FloatTensor<Self> {
            let (grad, weight): (Tensor<4>, Tensor<4>) = (tensor(grad), tensor(weight));
            let around = match options.mode {
                PadMode::Zeros => 0,
                PadMode::Reflect | PadMode::Replicate => options.padding,
            };
            let [b, _, _, _] = grad.dims();
            let input = weight.dims()[1];
            let device = grad.device();
            let x = Tensor::<4>::zeros([b, input, h + 2 * around, w + 2 * around], &device);
            let plain = BurnOptions::new(
                [options.stride; 2],
                [options.padding - around; 2],
                [1; 2],
                1,
            );
            let of = super::super::of_flex::<4>;
            let whole =
                <Self as ModuleOps<Self>>::conv2d_x_backward(of(x), of(weight), of(grad), plain);
            let mut whole: Tensor<4> = tensor(whole);
            if around > 0 {
                for (dim, n) in [(2, size[0]), (3, size[1])] {
                    whole = folded(whole, dim, n, around, options.mode);
                }
            }
            of(whole)
        }

        fn conv2d_filter_backward(
            x: FloatTensor<Self>,
            grad: FloatTensor<Self>,
            kernel: usize,
            options: ConvOptions,
        ) -> FloatTensor<Self> {
            let (x, left) = around(tensor(x), options);
            let grad: Tensor<4> = tensor(grad);
            let dims = [grad.dims()[1], x.dims()[1], kernel, kernel];
            let weight = Tensor::<4>::zeros(dims, &x.device());
            let plain = BurnOptions::new([options.stride; 2], [left; 2], [1; 2], 1);
            let of = super::super::of_flex::<4>;
            <Self as ModuleOps<Self>>::conv2d_weight_backward(of(x), of(weight), of(grad), plain)
        }

        fn conv_transpose2d_act(
            x: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            bias: FloatTensor<Self>,
            biased: bool,
            options: ConvTransposeOptions,
        ) -> FloatTensor<Self> {
            let y = conv_transpose2d_reference(
                tensor(x),
                tensor(weight),
                biased.then(|| tensor(bias)),
                options,
            );
            super::super::of_flex(y)
        }

        fn activation_backward(
            y: FloatTensor<Self>,
            grad: FloatTensor<Self>,
            activation: Activation,
        ) -> FloatTensor<Self> {
            super::super::of_flex(activation.backward_reference(tensor(y), tensor(grad)))
        }
    }

    /// The gradient of padding along one axis of `n` pixels.
    fn folded(grad: Tensor<4>, dim: usize, n: usize, p: usize, mode: PadMode) -> Tensor<4> {
        let part = |first, count| grad.clone().narrow(dim, first, count);
        let (before, after) = (part(0, p), part(p + n, p));
        let (before, after, at, end) = match mode {
            PadMode::Reflect => (before.flip([dim]), after.flip([dim]), 1, n - 1 - p),
            _ => (before.sum_dim(dim), after.sum_dim(dim), 0, n - 1),
        };
        let placed = |x: Tensor<4>, at: usize| {
            let mut dims = x.dims();
            let rest = n - at - dims[dim];
            let device = x.device();
            dims[dim] = at;
            let front = Tensor::zeros(dims, &device);
            dims[dim] = rest;
            Tensor::cat(vec![front, x, Tensor::zeros(dims, &device)], dim)
        };
        part(p, n) + placed(before, at) + placed(after, end)
    }
}
