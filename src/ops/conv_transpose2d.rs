//! Transposed 2-D convolution, the gradient of a convolution used forwards, with bias and activation. On the GPU a
//! matrix product gives what each input pixel adds to each output, without the zeros of the textbook form, and a second
//! pass gathers.

use burn::backend::{Dispatch, wgpu::CubeTensor};
use burn::tensor::{Tensor, module, ops::ConvTransposeOptions as BurnOptions};

use super::Activation;
use super::conv2d::{ConvOps, bias_or};
use super::conv2d_launch::{dims4, pieces};
use super::gemm::{gemm, padded, tiles};
use super::im2col::{Windows, im2col};
use super::kernel::{Wgsl, empty, grid, launch, or_nothing};

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
    if super::burns() {
        return conv_transpose2d_reference(x, weight, bias, options);
    }
    let ([_, i, _, _], [wi, o, kh, kw]) = (x.dims(), weight.dims());
    assert_eq!((i, kh), (wi, kw), "the filters do not fit the picture");
    let fits = bias.as_ref().is_none_or(|b| b.dims() == [o]);
    assert!(fits, "the bias does not fit the filters");
    assert!(
        options.output_padding < options.stride,
        "padding beyond a stride"
    );
    let (bias, biased) = bias_or(bias, &weight);
    Tensor::from_dispatch(Dispatch::conv_transpose2d_act(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias,
        biased,
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
    let plain = BurnOptions::new(
        [options.stride; 2],
        [options.padding; 2],
        [options.output_padding; 2],
        [1; 2],
        1,
    );
    let y = module::conv_transpose2d(x, weight, bias, plain);
    options.activation.reference(y)
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
    columns: u32,
    first: u32,
    images: u32,
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
    columns: u32,
    first: u32,
    images: u32,
    cells: u32,
    lines: u32,
    fold: u32,
    biased: u32,
    activation: u32,
    slope: f32,
}

/// The transposed convolution with an output of `size`; the weight is `[I, O, k, k]`, place is stride and padding.
pub(super) fn transposed(
    x: &CubeTensor,
    weight: &CubeTensor,
    bias: Option<&CubeTensor>,
    size @ [h, w]: [usize; 2],
    (stride, padding): (usize, usize),
    activation: Activation,
) -> CubeTensor {
    let dims @ [b, inputs, down, across] = dims4(x);
    let [_, outputs, k, _] = dims4(weight);
    let (taps, pixels) = (outputs * k * k, b * down * across);
    // Both operands lie ready if their rows are whole tiles.
    let rows = |x: &CubeTensor, dims: [usize; 4], row: usize| {
        let windows = Windows::pixels(dims[2], dims[3]);
        im2col(x, dims, &windows, (0, dims[0] * dims[2] * dims[3]), row)
    };
    let (line, columns) = (tiles(taps), padded(pixels));
    let u = if taps == line {
        weight.clone()
    } else {
        rows(weight, [1, inputs, 1, taps], line)
    };
    let v = if b == 1 && pixels == columns {
        x.clone()
    } else {
        rows(x, dims, columns)
    };
    let y = empty(x, [b, outputs, h, w], x.dtype);
    let (code, slope) = activation.code();
    let add = or_nothing(bias, x);
    let area = k * k;
    // Cut along the output channels, whole tiles of their taps at a time.
    let most = pieces(
        outputs,
        4 * area * columns,
        (area * columns).saturating_mul(inputs),
    )[0]
    .1;
    for first in (0..outputs).step_by(most) {
        let count = most.min(outputs - first);
        let m = gemm(
            &u,
            &v,
            [1, inputs, columns],
            line,
            (first * area, tiles(count * area)),
        );
        if stride == 2 && k <= 4 {
            let [lines, cells] = size.map(|n| (n - 1 + padding) / 2 - padding / 2 + 1);
            let ((px, py, _), fold) = grid(b * lines * cells, PAIRS.dim.0);
            let params = PairsParams {
                channels: outputs as u32,
                height: size[0] as u32,
                width: size[1] as u32,
                across: across as u32,
                down: down as u32,
                kernel: k as u32,
                padding: padding as u32,
                columns: columns as u32,
                first: first as u32,
                images: b as u32,
                cells: cells as u32,
                lines: lines as u32,
                fold,
                biased: u32::from(bias.is_some()),
                activation: code,
                slope,
            };
            launch(&PAIRS, (px, count, py), &[&m, &add], &[&y], params);
            continue;
        }
        let ((px, py, _), fold) = grid(h * w, OUTPUT.dim.0);
        let params = Params {
            channels: outputs as u32,
            height: size[0] as u32,
            width: size[1] as u32,
            across: across as u32,
            down: down as u32,
            kernel: k as u32,
            stride: stride as u32,
            padding: padding as u32,
            columns: columns as u32,
            first: first as u32,
            images: b as u32,
            fold,
            biased: u32::from(bias.is_some()),
            activation: code,
            slope,
        };
        launch(&OUTPUT, (px, count, py * b), &[&m, &add], &[&y], params);
    }
    y
}
