//! The convolutions on the CPU backend, by Burn's own.

use burn::backend::{Flex, ops::ModuleOps, tensor::FloatTensor};
use burn::tensor::{Tensor, ops::ConvOptions as BurnOptions};

use super::conv_transpose2d::{ConvTransposeOptions, conv_transpose2d_reference};
use super::conv2d::{ConvOps, ConvOptions, Has, PadMode, around, conv2d_reference};
use super::{Activation, of_flex};

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
        of_flex(conv2d_reference(tensor(x), tensor(weight), bias, options))
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
        let (grad, weight): (Tensor<4>, Tensor<4>) = (tensor(grad), tensor(weight));
        let border = match options.mode {
            PadMode::Zeros => 0,
            PadMode::Reflect | PadMode::Replicate => options.padding,
        };
        let [b, _, _, _] = grad.dims();
        let input = weight.dims()[1];
        let device = grad.device();
        let x = Tensor::<4>::zeros([b, input, h + 2 * border, w + 2 * border], &device);
        let plain = BurnOptions::new(
            [options.stride; 2],
            [options.padding - border; 2],
            [1; 2],
            1,
        );
        let of = of_flex::<4>;
        let whole =
            <Self as ModuleOps<Self>>::conv2d_x_backward(of(x), of(weight), of(grad), plain);
        let mut whole: Tensor<4> = tensor(whole);
        if border > 0 {
            for (dim, n) in [(2, size[0]), (3, size[1])] {
                whole = folded(whole, dim, n, border, options.mode);
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
        let of = of_flex::<4>;
        <Self as ModuleOps<Self>>::conv2d_weight_backward(of(x), of(weight), of(grad), plain)
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
