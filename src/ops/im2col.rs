//! A convolution's windows laid out as a matrix.

use burn::backend::wgpu::CubeTensor;

use super::PadMode;
use super::gemm::tiles;
use super::kernel::{Wgsl, empty, grid, launch};

static IM2COL: Wgsl = Wgsl {
    name: "im2col",
    source: include_str!("../../shaders/im2col.wgsl"),
    dim: (64, 1, 1),
};
static IM2COL_ROWS: Wgsl = Wgsl {
    name: "im2col_rows",
    source: include_str!("../../shaders/im2col_rows.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 2] = [&IM2COL, &IM2COL_ROWS];

/// Where the windows of a convolution lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Windows {
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
    pub mode: PadMode,
    /// Height and width of the output.
    pub output: [usize; 2],
}

impl Windows {
    /// One pixel each: the picture itself as a matrix.
    pub fn pixels(height: usize, width: usize) -> Self {
        Self {
            kernel: 1,
            stride: 1,
            padding: 0,
            mode: PadMode::Zeros,
            output: [height, width],
        }
    }

    /// Output pixels of an image.
    pub fn count(&self) -> usize {
        self.output[0] * self.output[1]
    }
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Place {
    channels: u32,
    height: u32,
    width: u32,
    across: u32,
    down: u32,
    kernel: u32,
    stride: u32,
    padding: u32,
    mode: u32,
}

impl Place {
    fn new([_, c, h, w]: [usize; 4], windows: &Windows) -> Self {
        Self {
            channels: c as u32,
            height: h as u32,
            width: w as u32,
            across: windows.output[1] as u32,
            down: windows.output[0] as u32,
            kernel: windows.kernel as u32,
            stride: windows.stride as u32,
            padding: windows.padding as u32,
            mode: windows.mode.code(),
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    place: Place,
    first: u32,
    count: u32,
    row: u32,
    fold: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct RowsParams {
    place: Place,
    first: u32,
    end: u32,
    lines: u32,
    row: u32,
    fold: u32,
}

/// `[B, C, H, W]`, of dimensions `dims` and contiguous -> `[C k k, row]` for the output pixels `first..first + count`
/// of all images; the row is at least their count long, its end undefined.
pub(super) fn im2col(
    x: &CubeTensor,
    dims: [usize; 4],
    windows: &Windows,
    (first, count): (usize, usize),
    row: usize,
) -> CubeTensor {
    let v = empty(x, [dims[1] * windows.kernel * windows.kernel, row], x.dtype);
    let (threads, fold) = grid(count * dims[1], IM2COL.dim.0);
    let params = Params {
        place: Place::new(dims, windows),
        first: first as u32,
        count: count as u32,
        row: row as u32,
        fold,
    };
    launch(&IM2COL, threads, &[x], &[&v], params);
    v
}

/// The same transposed, `[lines, row]` with a line for each of the output pixels; row = `C k k` rounded up, its end
/// undefined. Lines past the last pixel are 0.
pub(super) fn im2col_rows(
    x: &CubeTensor,
    dims: [usize; 4],
    windows: &Windows,
    (first, count): (usize, usize),
    lines: usize,
) -> CubeTensor {
    debug_assert!(lines >= count);
    let row = tiles(dims[1] * windows.kernel * windows.kernel);
    let v = empty(x, [lines, row], x.dtype);
    let (threads, fold) = grid(lines * dims[1], IM2COL_ROWS.dim.0);
    let params = RowsParams {
        place: Place::new(dims, windows),
        first: first as u32,
        end: (first + count) as u32,
        lines: lines as u32,
        row: row as u32,
        fold,
    };
    launch(&IM2COL_ROWS, threads, &[x], &[&v], params);
    v
}
