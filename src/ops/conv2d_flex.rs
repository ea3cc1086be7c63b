//! The convolutions on the CPU backend, which trains without a GPU: windows as the columns of a matrix, a piece at a
//! time, and products with the filters. Burn's own gather pixel by pixel, and its weight gradient is a convolution whose
//! kernel is as large as the picture; it stays for what is not f32 and for gradients of strided layers.

use std::ops::Range;

use burn::backend::{
    Flex, TensorMetadata,
    ops::{FloatTensorOps, ModuleOps},
    tensor::FloatTensor,
};
use burn::tensor::{DType, FloatDType, Tensor, TensorData, ops::ConvOptions as BurnOptions};

use super::conv_transpose2d::{ConvTransposeOptions, conv_transpose2d_reference};
use super::conv2d::{ConvOps, ConvOptions, Has, PadMode, conv2d_reference};
use super::im2col::Windows;
use super::{Activation, of_flex};

/// Numbers that the columns of a piece have at most, if a line's are not more: what lies in a core's cache.
const PIECE: usize = 1 << 17;
/// Where a window sees a zero.
const OUTSIDE: usize = usize::MAX;

fn tensor<const D: usize>(x: FloatTensor<Flex>) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(x)
}

fn of_values(values: Vec<f32>, dims: [usize; 2]) -> FloatTensor<Flex> {
    FloatTensor::<Flex>::from_data(TensorData::new(values, dims))
}

fn dims4(x: &FloatTensor<Flex>) -> [usize; 4] {
    x.shape().dims()
}

/// `values[i] = source[places[i]]` for those that are inside.
fn one_by_one(places: &[usize], source: &[f32], values: &mut [f32]) {
    let mut i = 0;
    // Without optimisation iterators would take longer than what they yield.
    while i < places.len() {
        if places[i] != OUTSIDE {
            values[i] = source[places[i]];
        }
        i += 1;
    }
}

/// The lines of a batch of pictures' outputs, one image after the other, and what their windows see.
struct Lines {
    windows: Windows,
    /// Of the pictures: images, channels, height, width.
    dims: [usize; 4],
    /// For each row of a window and each line of an image, the line that is seen; the same for columns.
    seen: [Vec<Vec<usize>>; 2],
}

impl Lines {
    fn new(windows: Windows, dims: [usize; 4]) -> Self {
        let axis = |input: usize, output: usize| -> Vec<Vec<usize>> {
            let place = |tap: usize, out: usize| {
                let at = (out * windows.stride + tap).wrapping_sub(windows.padding);
                // Before the first pixel it has wrapped around.
                match windows.mode {
                    _ if at < input => at,
                    PadMode::Zeros => OUTSIDE,
                    PadMode::Reflect if at > usize::MAX / 2 => at.wrapping_neg(),
                    PadMode::Reflect => 2 * (input - 1) - at,
                    PadMode::Replicate if at > usize::MAX / 2 => 0,
                    PadMode::Replicate => input - 1,
                }
            };
            let taps = 0..windows.kernel;
            taps.map(|tap| (0..output).map(|out| place(tap, out)).collect())
                .collect()
        };
        let [down, across] = windows.output;
        let seen = [axis(dims[2], down), axis(dims[3], across)];
        Self {
            windows,
            dims,
            seen,
        }
    }

    /// Numbers that a window sees.
    fn depth(&self) -> usize {
        self.dims[1] * self.windows.kernel * self.windows.kernel
    }

    /// All lines, in pieces.
    fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        let [down, across] = self.windows.output;
        let all = self.dims[0] * down;
        let step = (PIECE / (self.depth() * across)).clamp(1, all);
        (0..all)
            .step_by(step)
            .map(move |first| first..(first + step).min(all))
    }

    /// The windows of some lines: `[depth, lines x width]`.
    fn columns(&self, x: &[f32], lines: Range<usize>) -> FloatTensor<Flex> {
        let [_, channels, height, width] = self.dims;
        let Windows {
            kernel,
            stride,
            padding,
            output: [down, across],
            ..
        } = self.windows;
        let count = lines.len() * across;
        let mut values = vec![0.0_f32; self.depth() * count];
        for (row, values) in values.chunks_exact_mut(count).enumerate() {
            let (channel, tap) = (row / (kernel * kernel), row % (kernel * kernel));
            let (rows, columns) = (&self.seen[0][tap / kernel], &self.seen[1][tap % kernel]);
            // Outputs whose pixels lie side by side in the picture.
            let begin = padding.saturating_sub(tap % kernel).min(across);
            let end = (width + padding)
                .saturating_sub(tap % kernel)
                .clamp(begin, across);
            for (values, line) in values.chunks_exact_mut(across).zip(lines.clone()) {
                let y = rows[line % down];
                if y == OUTSIDE {
                    continue;
                }
                let source = ((line / down * channels + channel) * height + y) * width;
                let source = &x[source..source + width];
                if stride == 1 {
                    one_by_one(&columns[..begin], source, &mut values[..begin]);
                    if begin < end {
                        let first = columns[begin];
                        values[begin..end].copy_from_slice(&source[first..first + end - begin]);
                    }
                    one_by_one(&columns[end..], source, &mut values[end..]);
                } else {
                    one_by_one(columns, source, values);
                }
            }
        }
        of_values(values, [self.depth(), count])
    }

    /// The product of the filters, `[O, depth]`, with every window: `[B, O, H', W']`.
    fn product(&self, x: &FloatTensor<Flex>, weight: &FloatTensor<Flex>) -> FloatTensor<Flex> {
        let ([images, ..], [down, across]) = (self.dims, self.windows.output);
        let filters = weight.shape()[0];
        let mut y = vec![0.0_f32; images * filters * down * across];
        for lines in self.pieces() {
            let count = lines.len() * across;
            let columns = self.columns(x.storage(), lines.clone());
            let part = Flex::float_matmul(weight.clone(), columns);
            for (filter, part) in part.storage::<f32>().chunks_exact(count).enumerate() {
                for (part, line) in part.chunks_exact(across).zip(lines.clone()) {
                    let at = ((line / down * filters + filter) * down + line % down) * across;
                    y[at..at + across].copy_from_slice(part);
                }
            }
        }
        let dims = [images, filters, down, across];
        FloatTensor::<Flex>::from_data(TensorData::new(y, dims))
    }

    /// The sum over all windows of what they see, times the gradient of their outputs: `[O, depth]`.
    fn correlation(&self, x: &FloatTensor<Flex>, grad: &FloatTensor<Flex>) -> FloatTensor<Flex> {
        let [down, across] = self.windows.output;
        let filters = grad.shape()[1];
        let grad: &[f32] = grad.storage();
        let mut sum: Option<FloatTensor<Flex>> = None;
        for lines in self.pieces() {
            let count = lines.len() * across;
            let mut values = Vec::with_capacity(filters * count);
            for filter in 0..filters {
                for line in lines.clone() {
                    let at = ((line / down * filters + filter) * down + line % down) * across;
                    values.extend_from_slice(&grad[at..at + across]);
                }
            }
            let columns = self.columns(x.storage(), lines);
            let grad = Flex::float_transpose(of_values(values, [filters, count]));
            // The other way round, the larger matrix would have to be turned.
            let part = Flex::float_matmul(columns, grad);
            sum = Some(match sum {
                Some(sum) => Flex::float_add(sum, part),
                None => part,
            });
        }
        Flex::float_transpose(sum.expect("a convolution has an output"))
    }
}

/// The filters as a matrix, `[O, I k k]`.
fn rows(weight: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [o, i, k, _] = dims4(&weight);
    Flex::float_reshape(weight, [o, i * k * k].into())
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
        let bias = has.bias.then(|| tensor::<1>(bias));
        if x.dtype() != DType::F32 {
            return of_flex(conv2d_reference(tensor(x), tensor(weight), bias, options));
        }
        let (dims, [filters, _, kernel, _]) = (dims4(&x), dims4(&weight));
        let windows = options.windows([dims[2], dims[3]], kernel);
        let y = Lines::new(windows, dims).product(&x.to_contiguous(), &rows(weight));
        let mut y: Tensor<4> = tensor(y);
        if let Some(bias) = bias {
            y = y + bias.reshape([1, filters, 1, 1]);
        }
        of_flex(options.activation.reference(y))
    }

    /// Not needed: a tensor of the right rank.
    fn conv2d_pack(weight: FloatTensor<Self>, _: bool, _: usize) -> FloatTensor<Self> {
        of_flex::<3>(tensor::<4>(weight).flatten(2, 3))
    }

    fn conv2d_input_backward(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: bool,
        size @ [h, w]: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let [_, channels, kernel, _] = dims4(&weight);
        // Other modes than zeros: first the gradient of the padded picture.
        let border = match options.mode {
            PadMode::Zeros => 0,
            PadMode::Reflect | PadMode::Replicate => options.padding,
        };
        let padding = options.padding - border;
        let output = [h + 2 * border, w + 2 * border];
        let whole = if options.stride == 1 && padding < kernel {
            let windows = Windows {
                kernel,
                stride: 1,
                padding: kernel - 1 - padding,
                mode: PadMode::Zeros,
                output,
            };
            let turned = tensor::<4>(weight).swap_dims(0, 1).flip([2, 3]);
            let lines = Lines::new(windows, dims4(&grad));
            lines.product(&grad.to_contiguous(), &rows(of_flex(turned)))
        } else {
            let images = grad.shape()[0];
            let device = Default::default();
            let dims = [images, channels, output[0], output[1]];
            let x = Self::float_zeros(dims.into(), &device, FloatDType::F32);
            let plain = BurnOptions::new([options.stride; 2], [padding; 2], [1; 2], 1);
            <Self as ModuleOps<Self>>::conv2d_x_backward(x, weight, grad, plain)
        };
        let mut whole: Tensor<4> = tensor(whole);
        if border > 0 {
            for (dim, n) in [(2, size[0]), (3, size[1])] {
                whole = folded(whole, dim, n, border, options.mode);
            }
        }
        of_flex(whole)
    }

    fn conv2d_filter_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        kernel: usize,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let (x, grad) = (x.to_contiguous(), grad.to_contiguous());
        let (dims, filters) = (dims4(&x), grad.shape()[1]);
        let windows = options.windows([dims[2], dims[3]], kernel);
        let sum = Lines::new(windows, dims).correlation(&x, &grad);
        Self::float_reshape(sum, [filters, dims[1], kernel, kernel].into())
    }

    fn conv_transpose2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        _: FloatTensor<Self>,
        has: Has,
        options: ConvTransposeOptions,
    ) -> FloatTensor<Self> {
        let y = conv_transpose2d_reference(
            tensor(x),
            tensor(weight),
            has.bias.then(|| tensor(bias)),
            options,
        );
        of_flex(y)
    }

    fn activation_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        of_flex(activation.backward_reference(tensor(y), tensor(grad)))
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
