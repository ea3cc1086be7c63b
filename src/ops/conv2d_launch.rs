//! The launches of [`super::conv2d`]: forward, input gradient and weight gradient.

use burn::backend::{
    TensorMetadata,
    ops::FloatTensorOps,
    wgpu::{CubeBackend, CubeTensor},
};

use super::conv2d_direct::direct;
use super::entry::Reading;
use super::gemm::{TILE, gemm, is_hardware, padded, tiles};
use super::im2col::{Windows, im2col, im2col_rows};
use super::kernel::{Wgsl, empty, grid, launch, or_nothing};
use super::winograd::{self, Winograd};
use super::{Activation, PadMode};

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
static TILED: Wgsl = Wgsl {
    name: "conv2d_tiled",
    source: include_str!("../../shaders/conv2d_tiled.wgsl"),
    dim: (16, 16, 1),
};
pub(super) static KERNELS: [&Wgsl; 6] =
    [&PACK, &NARROW, &OUTPUT, &PAD_BACKWARD, &WEIGHT_SUM, &TILED];

/// The most bytes that the kernels of a convolution keep between their launches; larger ones are cut into pieces.
pub const SCRATCH_BYTES: usize = 64 << 20;
/// The most multiply-adds of one launch: a CPU of two cores does a thousand or two thousand million in a second, a GPU a
/// thousand times as many, and no launch should take longer than about 50 ms.
const SOFTWARE_WORK: usize = 75_000_000;
const HARDWARE_WORK: usize = 4_000_000_000;

/// What a pixel of the product for GPUs counts as, though it keeps nothing: 65,535 workgroups of 64 pixels are a line of
/// the grid.
const TILED_BYTES: usize = SCRATCH_BYTES.div_ceil(64 * 65_535);

/// The most multiply-adds of one launch on this adapter, about 50 ms.
pub fn work_limit() -> usize {
    if is_hardware() {
        HARDWARE_WORK
    } else {
        SOFTWARE_WORK
    }
}

/// Cuts `total` things, each of so many bytes and multiply-adds, into pieces `(first, count)` of whole tiles.
pub(super) fn pieces(total: usize, bytes: usize, work: usize) -> Vec<(usize, usize)> {
    let most = (SCRATCH_BYTES / bytes.max(1)).min(work_limit() / work.max(1));
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
}

/// Filters as the first operand of the product, `[I k k, O]`; with `flip` those of the input gradient.
fn pack(weight: &CubeTensor, flip: bool) -> CubeTensor {
    let [o, i, k, _] = dims4(weight);
    let (depth, wide) = if flip { (o, i) } else { (i, o) };
    let (area, columns) = (k * k, tiles(wide));
    let u = empty(weight, [depth * area, columns], weight.dtype);
    let params = PackParams {
        outputs: o as u32,
        inputs: i as u32,
        area: area as u32,
        columns: columns as u32,
        flip: u32::from(flip),
    };
    launch(&PACK, (columns, area, depth), &[weight], &[&u], params);
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
    first: u32,
    end: u32,
    entered: u32,
    entry_slope: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct TiledParams {
    channels: u32,
    height: u32,
    width: u32,
    outputs: u32,
    across: u32,
    down: u32,
    kernel: u32,
    stride: u32,
    padding: u32,
    mode: u32,
    line: u32,
    first: u32,
    end: u32,
    biased: u32,
    activation: u32,
    slope: f32,
    entered: u32,
    entry_slope: f32,
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
/// Output pixels of all images from which on a GPU takes the kernel for few channels.
const NARROW_PIXELS: usize = 1 << 14;
/// Output pixels of a line that an invocation of that kernel makes.
const NARROW_STRIP: usize = 8;

/// Whether Winograd's transforms pay.
fn is_winograd([o, i, k, _]: [usize; 4], stride: usize) -> bool {
    k == 3 && stride == 1 && i.min(o) >= WINOGRAD_CHANNELS
}

/// Filters for [`forward`].
pub(super) fn filters(weight: &CubeTensor, flip: bool, stride: usize) -> CubeTensor {
    let dims @ [o, i, _, _] = dims4(weight);
    let how = winograd::chosen();
    if is_winograd(dims, stride) && how != Winograd::Never {
        winograd::pack(weight, if flip { [o, i] } else { [i, o] }, flip, how)
    } else {
        pack(weight, flip)
    }
}

/// A convolution of `x` with filters `[O, I, k, k]`, or with `flip` the product of the input gradient. `u` are these
/// filters from [`filters`], and pictures and filters are stored alike.
pub(super) fn forward(
    reading: Reading,
    u: &CubeTensor,
    filter_dims: [usize; 4],
    bias: Option<&CubeTensor>,
    windows: &Windows,
    flip: bool,
    activation: Activation,
) -> CubeTensor {
    let x = reading.x;
    let dims @ [b, inputs, h, w] = dims4(x);
    let [o, i, k, _] = filter_dims;
    let outputs = if flip { i } else { o };
    let [down, across] = windows.output;
    assert_eq!(x.dtype, u.dtype, "pictures and filters");
    if is_winograd(filter_dims, windows.stride) {
        let how = Winograd::of_filters(u, inputs, outputs);
        if how != Winograd::Never {
            return winograd::winograd(reading, u, outputs, bias, windows, activation, how);
        }
    }
    if let Some(y) = direct(reading, u, outputs, bias, windows, activation) {
        return y;
    }
    let (code, slope) = activation.code();
    let add = or_nothing(bias, x);
    let y = empty(x, [b, outputs, down, across], x.dtype);
    let (scales, (entered, entry_slope)) = (reading.bound(), reading.code());
    // A GPU would have too few invocations on a small map; an invocation makes a strip.
    let wide_enough = if is_hardware() {
        b * down * across >= NARROW_PIXELS
    } else {
        across >= NARROW_STRIP
    };
    if windows.stride == 1 && outputs <= NARROW_CHANNELS && wide_enough {
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
            first: 0,
            end: 0,
            entered,
            entry_slope,
        };
        let line = (across * inputs * k * k).saturating_mul(4 * b);
        let strips = across.div_ceil(NARROW_STRIP);
        let most = (work_limit() / line).clamp(1, 65_535 * NARROW.dim.0 as usize / strips);
        for first in (0..down).step_by(most) {
            let end = (first + most).min(down);
            let params = NarrowParams {
                first: first as u32,
                end: end as u32,
                ..params
            };
            let threads = ((end - first) * strips, outputs.div_ceil(4), b);
            launch(&NARROW, threads, &[x, u, &add, &scales], &[&y], params);
        }
        return y;
    }
    let (depth, rows) = (inputs * k * k, tiles(outputs));
    if is_hardware() {
        for (first, count) in pieces(b * down * across, TILED_BYTES, depth * rows) {
            let params = TiledParams {
                channels: inputs as u32,
                height: h as u32,
                width: w as u32,
                outputs: outputs as u32,
                across: across as u32,
                down: down as u32,
                kernel: k as u32,
                stride: windows.stride as u32,
                padding: windows.padding as u32,
                mode: windows.mode.code(),
                line: (rows / 4) as u32,
                first: first as u32,
                end: (first + count) as u32,
                biased: u32::from(bias.is_some()),
                activation: code,
                slope,
                entered,
                entry_slope,
            };
            let threads = (count.div_ceil(4), rows / 4, 1);
            launch(&TILED, threads, &[x, u, &add, &scales], &[&y], params);
        }
        return y;
    }
    for (first, count) in pieces(b * down * across, 4 * (depth + rows), depth * rows) {
        // A 1x1 convolution finds a picture of whole tiles ready.
        let ready = k == 1 && windows.stride == 1 && windows.padding == 0 && b == 1;
        let v = if reading.is_plain() && ready && count == h * w && count % TILE == 0 {
            x.clone()
        } else {
            im2col(reading, dims, windows, (first, count), padded(count))
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
        let threads = (count, outputs.div_ceil(4), 1);
        launch(&OUTPUT, threads, &[&m, &add], &[&y], params);
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
    fold: u32,
}

/// Folds the gradient of a padded picture back.
pub(super) fn pad_backward(
    grad: &CubeTensor,
    [h, w]: [usize; 2],
    padding: usize,
    mode: PadMode,
) -> CubeTensor {
    let [b, c, _, _] = dims4(grad);
    let out = empty(grad, [b, c, h, w], grad.dtype);
    let ((x, y, _), fold) = grid(h * w, PAD_BACKWARD.dim.0);
    let params = PadParams {
        height: h as u32,
        width: w as u32,
        padding: padding as u32,
        mode: mode.code(),
        fold,
    };
    launch(&PAD_BACKWARD, (x, b * c, y), &[grad], &[&out], params);
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

/// Tiles of a weight gradient that keep an adapter busy; the pixels are split into segments until there are as many.
const SOFTWARE_BUSY: usize = 64;
const HARDWARE_BUSY: usize = 512;
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
    let busy = if is_hardware() {
        HARDWARE_BUSY
    } else {
        SOFTWARE_BUSY
    };
    let sums = pieces(total, 4 * (rows + columns), rows * columns)
        .into_iter()
        .map(|(first, count)| {
            let segments = (busy * TILE * TILE)
                .div_ceil(rows * columns)
                .min(count.div_ceil(SEGMENT));
            let depth = count.div_ceil(segments);
            let piece = ((first, count), segments * depth);
            let u = im2col_rows(grad, grad_dims, &pixels, piece.0, piece.1);
            let v = im2col_rows(x, x_dims, windows, piece.0, piece.1);
            let m = gemm(&u, &v, [segments, depth, columns], rows, (0, rows));
            let shape = [outputs, inputs, k, k];
            if segments == 1 && (rows, columns) == (outputs, taps) && scale == 1.0 {
                return <CubeBackend as FloatTensorOps<CubeBackend>>::float_reshape(
                    m,
                    shape.into(),
                );
            }
            let out = empty(x, shape, x.dtype);
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
