//! Transposed 2-D convolution, the gradient of a convolution used forwards, with bias and activation. On the GPU a
//! matrix product gives what each input pixel adds to each output, without the zeros of the textbook form, and a second
//! pass gathers. A layer too large for one piece is cut along its images or lines, then along its output channels.

use burn::backend::{Dispatch, wgpu::CubeTensor};
use burn::tensor::{Tensor, module, ops::ConvTransposeOptions as BurnOptions};

use super::Activation;
use super::conv2d::{ConvOps, Packed, like, parts};
use super::conv2d_launch::{dims4, pieces};
use super::entry::Reading;
use super::gemm::{TILE, gemm, padded, tiles};
use super::im2col::{Windows, im2col};
use super::kernel::{Wgsl, empty, grid, launch, or_nothing};
use super::plain::{self, PLAIN};

static OUTPUT: Wgsl = Wgsl {
    name: "conv_transpose2d_output",
    source: include_str!("../../shaders/conv_transpose2d_output.wgsl"),
    dim: (64, 1, 1),
};
static PAIRS: Wgsl = Wgsl {
    name: "conv_transpose2d_pairs",
    source: include_str!("../../shaders/conv_transpose2d_pairs.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 2] = [&OUTPUT, &PAIRS];

/// The settings of [`conv_transpose2d`]; kernels and strides are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvTransposeOptions {
    /// Step between the places of two input pixels in the output.
    pub stride: usize,
    /// Taken away on each side of the output, in pixels.
    pub padding: usize,
    /// Added at the right and the bottom of the output, in pixels, smaller than the stride.
    pub output_padding: usize,
    /// Applied to the result.
    pub activation: Activation,
}

impl Default for ConvTransposeOptions {
    fn default() -> Self {
        Self {
            stride: 1,
            padding: 0,
            output_padding: 0,
            activation: Activation::Linear,
        }
    }
}

impl ConvTransposeOptions {
    /// Panics if the shapes do not fit.
    pub(super) fn check(
        &self,
        [_, i, _, _]: [usize; 4],
        [wi, o, kh, kw]: [usize; 4],
        bias: Option<&Tensor<1>>,
    ) {
        assert_eq!((i, kh), (wi, kw), "the filters do not fit the picture");
        let fits = bias.is_none_or(|b| b.dims() == [o]);
        assert!(fits, "the bias does not fit the filters");
        let inside = self.output_padding < self.stride;
        assert!(inside, "padding beyond a stride");
    }

    /// Height or width of the output.
    pub(super) fn length(&self, input: usize, kernel: usize) -> usize {
        let whole = (input - 1) * self.stride + kernel + self.output_padding;
        assert!(
            whole > 2 * self.padding,
            "nothing is left of {whole} pixels"
        );
        whole - 2 * self.padding
    }
}

/// `[B, I, H, W]`, weight `[I, O, k, k]`, bias `[O]` -> `[B, O, H', W']` with
/// `H' = (H - 1) stride - 2 padding + k + output_padding`.
///
/// # Panics
/// If the shapes do not fit, or nothing is left of the output.
pub fn conv_transpose2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions,
) -> Tensor<4> {
    conv_transpose2d_packed(x, weight, bias, None, options)
}

impl Packed {
    /// Of a weight `[I, O, k, k]` for [`conv_transpose2d_packed`]: `[1, I, O k k]` with zeros up to whole tiles. The
    /// weight's own memory where there are such.
    pub fn transposed(weight: &Tensor<4>) -> Self {
        let [i, o, k, _] = weight.dims();
        let taps = o * k * k;
        let rows = weight.clone().detach().reshape([1, i, taps]);
        let missing = tiles(taps) - taps;
        let forward = if missing == 0 {
            rows
        } else {
            let zeros = Tensor::zeros([1, i, missing], &rows.device());
            Tensor::cat(vec![rows, zeros], 2)
        };
        Self {
            forward,
            backward: None,
        }
    }
}

/// [`conv_transpose2d`] with filters that may be packed beforehand, of the very weight given here.
///
/// # Panics
/// As [`conv_transpose2d`].
pub fn conv_transpose2d_packed(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    packed: Option<&Packed>,
    options: ConvTransposeOptions,
) -> Tensor<4> {
    if super::burns() {
        return conv_transpose2d_reference(x, weight, bias, options);
    }
    options.check(x.dims(), weight.dims(), bias.as_ref());
    let ([weight, bias, packed], has) = parts(weight, bias, packed);
    Tensor::from_dispatch(Dispatch::conv_transpose2d_act(
        x.into_dispatch(),
        weight,
        bias,
        packed,
        has,
        options,
    ))
}

/// [`conv_transpose2d`] in plain tensor operations, with Burn's own gradients.
pub fn conv_transpose2d_reference(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions,
) -> Tensor<4> {
    let ConvTransposeOptions {
        stride,
        padding,
        output_padding,
        ..
    } = options;
    let y = if PLAIN {
        plain::conv_transpose2d(x, weight, bias, stride, padding, output_padding)
    } else {
        let more = [output_padding; 2];
        let plain = BurnOptions::new([stride; 2], [padding; 2], more, [1; 2], 1);
        module::conv_transpose2d(x, weight, bias, plain)
    };
    options.activation.reference(y)
}

/// Where a piece lies, as both kernels take it.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Place {
    /// Columns of the product.
    columns: u32,
    /// Input pixels of all images before its first.
    start: u32,
    /// Output channel of its first row.
    first: u32,
    image: u32,
    images: u32,
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
    place: Place,
    begin: u32,
    end: u32,
    fold: u32,
    biased: u32,
    activation: u32,
    slope: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct PairsParams {
    channels: u32,
    height: u32,
    width: u32,
    across: u32,
    down: u32,
    kernel: u32,
    padding: u32,
    place: Place,
    top: u32,
    bottom: u32,
    cells: u32,
    line: u32,
    lines: u32,
    fold: u32,
    biased: u32,
    activation: u32,
    slope: f32,
}

/// Lines of one image, or all those of several. Line `l` is the output rows from `l stride - padding` on, as many as the
/// stride, and sees the input rows `l - reach + 1` to `l`, where `reach = k / stride`, rounded up.
#[derive(Clone, Copy)]
struct Piece {
    image: usize,
    images: usize,
    line: usize,
    lines: usize,
    /// The first of the input rows, and the one after the last.
    rows: [usize; 2],
}

/// Pieces of at most `most` input pixels, but a line at least.
fn cut(
    [b, _, down, across]: [usize; 4],
    [line, end]: [usize; 2],
    reach: usize,
    most: usize,
) -> Vec<Piece> {
    let rows = most / across;
    let whole = Piece {
        image: 0,
        images: b,
        line,
        lines: end - line,
        rows: [0, down],
    };
    if rows >= down {
        let images = (rows / down).min(b);
        let some = |image| Piece {
            image,
            images: images.min(b - image),
            ..whole
        };
        return (0..b).step_by(images).map(some).collect();
    }
    let lines = (rows + 1).saturating_sub(reach).max(1);
    let lines = whole.lines.div_ceil(whole.lines.div_ceil(lines));
    let some = |image, line: usize| {
        let lines = lines.min(end - line);
        let top = (line + 1).saturating_sub(reach).min(down - 1);
        Piece {
            image,
            images: 1,
            line,
            lines,
            rows: [top, (line + lines).clamp(top + 1, down)],
        }
    };
    let of = |image| {
        (line..end)
            .step_by(lines)
            .map(move |line| some(image, line))
    };
    (0..b).flat_map(of).collect()
}

/// The transposed convolution with an output of `size`; the weight is `[I, O, k, k]`, and perhaps packed; place is stride and
/// padding.
pub(super) fn transposed(
    reading: Reading,
    weight: &CubeTensor,
    packed: Option<&CubeTensor>,
    bias: Option<&CubeTensor>,
    [h, w]: [usize; 2],
    (stride, padding): (usize, usize),
    activation: Activation,
) -> CubeTensor {
    let x = reading.x;
    let dims @ [b, inputs, down, across] = dims4(x);
    let [_, outputs, k, _] = dims4(weight);
    let (area, taps) = (k * k, outputs * k * k);
    // Both operands lie ready if their rows are whole tiles.
    let line = tiles(taps);
    let u = match packed {
        Some(packed) => packed.clone(),
        None if taps == line => weight.clone(),
        None => {
            let flat = Windows::pixels(1, taps);
            let dims = [1, inputs, 1, taps];
            im2col(Reading::plain(weight), dims, &flat, (0, taps), line)
        }
    };
    let u = like(u, x);
    let y = empty(x, [b, outputs, h, w], x.dtype);
    let (code, slope) = activation.code();
    let add = or_nothing(bias, x);
    // As few pieces as their operand and the product of a tile of channels allow, each at most half of the scratch; what a
    // piece has more of channels is cut below, which repeats no input row.
    let (bytes, work) = (8 * inputs.max(TILE * area), TILE * area * inputs);
    let most = pieces(b * down * across, bytes, work)[0].1;
    let ends = [padding / stride, (h - 1 + padding) / stride + 1];
    for piece in cut(dims, ends, k.div_ceil(stride), most) {
        let [top, end] = piece.rows;
        let start = (piece.image * down + top) * across;
        let count = piece.images * (end - top) * across;
        let columns = padded(count);
        let ready = reading.is_plain() && count == down * across && b == 1;
        let v = if ready && count == columns {
            x.clone()
        } else {
            im2col(
                reading,
                dims,
                &Windows::pixels(down, across),
                (start, count),
                columns,
            )
        };
        // Whole tiles of the channels' taps at a time.
        let (bytes, work) = (8 * area * columns, area * columns * inputs);
        for (first, count) in pieces(outputs, bytes, work) {
            let m = gemm(
                &u,
                &v,
                [1, inputs, columns],
                line,
                (first * area, tiles(count * area)),
            );
            let place = Place {
                columns: columns as u32,
                start: start as u32,
                first: first as u32,
                image: piece.image as u32,
                images: piece.images as u32,
            };
            if stride == 2 && k <= 4 {
                let cells = (w - 1 + padding) / 2 - padding / 2 + 1;
                let ((px, py, _), fold) = grid(piece.images * piece.lines * cells, PAIRS.dim.0);
                let params = PairsParams {
                    channels: outputs as u32,
                    height: h as u32,
                    width: w as u32,
                    across: across as u32,
                    down: down as u32,
                    kernel: k as u32,
                    padding: padding as u32,
                    place,
                    top: top as u32,
                    bottom: (end - 1) as u32,
                    cells: cells as u32,
                    line: piece.line as u32,
                    lines: piece.lines as u32,
                    fold,
                    biased: u32::from(bias.is_some()),
                    activation: code,
                    slope,
                };
                launch(&PAIRS, (px, count, py), &[&m, &add], &[&y], params);
                continue;
            }
            let row = |line: usize| (line * stride).saturating_sub(padding).min(h);
            let (begin, end) = (row(piece.line) * w, row(piece.line + piece.lines) * w);
            let ((px, py, _), fold) = grid(end - begin, OUTPUT.dim.0);
            let params = Params {
                channels: outputs as u32,
                height: h as u32,
                width: w as u32,
                across: across as u32,
                down: down as u32,
                kernel: k as u32,
                stride: stride as u32,
                padding: padding as u32,
                place,
                begin: begin as u32,
                end: end as u32,
                fold,
                biased: u32::from(bias.is_some()),
                activation: code,
                slope,
            };
            let threads = (px, count, py * piece.images);
            launch(&OUTPUT, threads, &[&m, &add], &[&y], params);
        }
    }
    y
}
