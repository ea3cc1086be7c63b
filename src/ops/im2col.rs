//! A convolution's windows laid out as a matrix.

use burn::backend::wgpu::CubeTensor;

use super::PadMode;
use super::entry::Reading;
use super::gemm::tiles;
use super::kernel::{Wgsl, empty, grid, launch};

static IM2COL: Wgsl = Wgsl {
    name: "im2col",
    source: include_str!("../../shaders/im2col.wgsl"),
    dim: (64, 1, 1),
};
static IM2COL_PIXELS: Wgsl = Wgsl {
    name: "im2col_pixels",
    source: include_str!("../../shaders/im2col_pixels.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 2] = [&IM2COL, &IM2COL_PIXELS];

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

/// Where the output pixels of a piece lie in the result, as the kernels take it.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Piece {
    first: u32,
    end: u32,
    /// Pixels that are written: those past the end as 0.
    count: u32,
    tap_step: u32,
    pixel_step: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    channels: u32,
    height: u32,
    width: u32,
    across: u32,
    down: u32,
    kernel: u32,
    stride: u32,
    padding: u32,
    mode: u32,
    piece: Piece,
    fold: u32,
    entered: u32,
    slope: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct PixelsParams {
    channels: u32,
    pixels: u32,
    piece: Piece,
    fold: u32,
    entered: u32,
    slope: f32,
}

fn lay_out(reading: Reading, dims: [usize; 4], windows: &Windows, piece: Piece, v: &CubeTensor) {
    let [_, c, h, w] = dims;
    let (x, scales, (entered, slope)) = (reading.x, reading.bound(), reading.code());
    let ((px, py, _), fold) = grid(piece.count as usize, IM2COL.dim.0);
    if windows.kernel == 1 && windows.stride == 1 && windows.padding == 0 {
        let params = PixelsParams {
            channels: c as u32,
            pixels: (h * w) as u32,
            piece,
            fold,
            entered,
            slope,
        };
        let threads = (px, c.div_ceil(8), py);
        launch(&IM2COL_PIXELS, threads, &[x, &scales], &[v], params);
    } else {
        let params = Params {
            channels: c as u32,
            height: h as u32,
            width: w as u32,
            across: windows.output[1] as u32,
            down: windows.output[0] as u32,
            kernel: windows.kernel as u32,
            stride: windows.stride as u32,
            padding: windows.padding as u32,
            mode: windows.mode.code(),
            piece,
            fold,
            entered,
            slope,
        };
        let threads = (px, c.div_ceil(4), py);
        launch(&IM2COL, threads, &[x, &scales], &[v], params);
    }
}

/// `[B, C, H, W]`, of dimensions `dims` and contiguous -> `[C k k, row]` for the output pixels `first..first + count`
/// of all images; the row is at least their count long, its end undefined.
pub(super) fn im2col(
    reading: Reading,
    dims: [usize; 4],
    windows: &Windows,
    (first, count): (usize, usize),
    row: usize,
) -> CubeTensor {
    let x = reading.x;
    let v = empty(x, [dims[1] * windows.kernel * windows.kernel, row], x.dtype);
    let piece = Piece {
        first: first as u32,
        end: (first + count) as u32,
        count: count as u32,
        tap_step: row as u32,
        pixel_step: 1,
    };
    lay_out(reading, dims, windows, piece, &v);
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
    let piece = Piece {
        first: first as u32,
        end: (first + count) as u32,
        count: lines as u32,
        tap_step: 1,
        pixel_step: row as u32,
    };
    lay_out(Reading::plain(x), dims, windows, piece, &v);
    v
}
