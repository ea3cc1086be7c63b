//! Winograd's fast convolution, `F(4x4, 3x3)`: a 3x3 convolution of stride 1 with 36 multiplications for each 16
//! pixels and pair of channels instead of 144 (Lavin and Gray 2016). Errors are about ten times those of a direct sum
//! in f32; `check_conv.rs` and the large layers of `tests/ops.rs` bound them.

use burn::backend::wgpu::CubeTensor;

use super::gemm::{gemm, padded, tiles};
use super::im2col::Windows;
use super::kernel::{Wgsl, empty, grid, launch, or_nothing};
use super::{Activation, conv2d_launch::pieces};

static WINOGRAD_WEIGHT: Wgsl = Wgsl {
    name: "winograd_weight",
    source: include_str!("../../shaders/winograd_weight.wgsl"),
    dim: (64, 1, 1),
};
static WINOGRAD_INPUT: Wgsl = Wgsl {
    name: "winograd_input",
    source: include_str!("../../shaders/winograd_input.wgsl"),
    dim: (64, 1, 1),
};
static WINOGRAD_OUTPUT: Wgsl = Wgsl {
    name: "winograd_output",
    source: include_str!("../../shaders/winograd_output.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 3] = [&WINOGRAD_WEIGHT, &WINOGRAD_INPUT, &WINOGRAD_OUTPUT];

/// Values of a tile in Winograd's domain.
const DOMAIN: usize = 36;
/// Pixels of a tile's side.
const SIDE: usize = 4;

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct WeightParams {
    inputs: u32,
    outputs: u32,
    row: u32,
    flip: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct InputParams {
    channels: u32,
    height: u32,
    width: u32,
    across: u32,
    down: u32,
    first: u32,
    count: u32,
    row: u32,
    padding: u32,
    mode: u32,
    fold: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct OutputParams {
    channels: u32,
    height: u32,
    width: u32,
    across: u32,
    down: u32,
    first: u32,
    count: u32,
    row: u32,
    rows: u32,
    biased: u32,
    activation: u32,
    slope: f32,
    fold: u32,
}

/// Filters in Winograd's domain, `[36, I, rows]`; with `flip` those of the input gradient, where inputs and outputs
/// change places.
pub(super) fn pack(weight: &CubeTensor, [inputs, outputs]: [usize; 2], flip: bool) -> CubeTensor {
    let row = tiles(outputs);
    let u = empty(weight, [DOMAIN, inputs, row], weight.dtype);
    let params = WeightParams {
        inputs: inputs as u32,
        outputs: outputs as u32,
        row: row as u32,
        flip: u32::from(flip),
    };
    launch(
        &WINOGRAD_WEIGHT,
        (outputs, inputs, 1),
        &[weight],
        &[&u],
        params,
    );
    u
}

/// `[B, I, H, W]` and filters from [`pack`] -> `[B, O, H', W']`.
pub(super) fn winograd(
    x: &CubeTensor,
    dims: [usize; 4],
    u: &CubeTensor,
    outputs: usize,
    bias: Option<&CubeTensor>,
    windows: &Windows,
    activation: Activation,
) -> CubeTensor {
    let [b, inputs, h, w] = dims;
    let [down, across] = windows.output.map(|n| n.div_ceil(SIDE));
    let rows = tiles(outputs);
    let y = empty(
        x,
        [b, outputs, windows.output[0], windows.output[1]],
        x.dtype,
    );
    let (code, slope) = activation.code();
    let add = or_nothing(bias, x);
    let bytes = 4 * DOMAIN * (inputs + rows);
    for (first, count) in pieces(b * down * across, bytes, DOMAIN * inputs * rows) {
        let row = padded(count);
        let (threads, fold) = grid(count * inputs, 64);
        let v = empty(x, [DOMAIN, inputs, row], x.dtype);
        let params = InputParams {
            channels: inputs as u32,
            height: h as u32,
            width: w as u32,
            across: across as u32,
            down: down as u32,
            first: first as u32,
            count: count as u32,
            row: row as u32,
            padding: windows.padding as u32,
            mode: windows.mode.code(),
            fold,
        };
        launch(&WINOGRAD_INPUT, threads, &[x], &[&v], params);
        let m = gemm(u, &v, [DOMAIN, inputs, row], rows, (0, rows));
        let (threads, fold) = grid(count * outputs, 64);
        let params = OutputParams {
            channels: outputs as u32,
            height: windows.output[0] as u32,
            width: windows.output[1] as u32,
            across: across as u32,
            down: down as u32,
            first: first as u32,
            count: count as u32,
            row: row as u32,
            rows: rows as u32,
            biased: u32::from(bias.is_some()),
            activation: code,
            slope,
            fold,
        };
        launch(&WINOGRAD_OUTPUT, threads, &[&m, &add], &[&y], params);
    }
    y
}
