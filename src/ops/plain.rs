//! Products and convolutions as sums of Burn's simplest operations. The references of the page are made of them: Burn's own
//! would be a third of the module, which nothing else in it needs. Natively, and to be raced against, Burn's own are taken.

use burn::tensor::{Tensor, s};

/// Whether references are made of what is here.
pub(super) const PLAIN: bool = cfg!(all(target_family = "wasm", not(feature = "bench")));

/// `[b, m, k]` and `[b, k, n]` -> `[b, m, n]`.
pub(super) fn product(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let ([batch, m, _], [_, _, n]) = (a.dims(), b.dims());
    let all = a.unsqueeze_dim::<4>(3) * b.unsqueeze_dim(1);
    all.sum_dim(2).reshape([batch, m, n])
}

/// PyTorch's `conv2d` without dilation and groups: `[B, I, H, W]` and `[O, I, k, k]` -> `[B, O, H', W']`.
pub(super) fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
) -> Tensor<4> {
    let x = x.pad((padding, padding, padding, padding), 0.0);
    let ([b, i, h, w], [o, _, k, _]) = (x.dims(), weight.dims());
    let [down, across] = [h, w].map(|side| (side - k) / stride + 1);
    let mut sum = match bias {
        Some(bias) => bias.reshape([1, o, 1, 1]),
        None => Tensor::zeros([1, 1, 1, 1], &x.device()),
    };
    for (ky, kx) in (0..k * k).map(|tap| (tap / k, tap % k)) {
        let [bottom, right] = [(ky, down), (kx, across)].map(|(at, n)| at + (n - 1) * stride + 1);
        let seen = x
            .clone()
            .slice(s![.., .., ky..bottom;stride as isize, kx..right;stride as isize]);
        let tap = weight.clone().slice(s![.., .., ky..ky + 1, kx..kx + 1]);
        let seen = seen.reshape([b, 1, i, down, across]);
        let all: Tensor<5> = seen * tap.reshape([1, o, i, 1, 1]);
        sum = sum + all.sum_dim(2).reshape([b, o, down, across]);
    }
    sum
}

/// PyTorch's `conv_transpose2d` without dilation and groups: `[B, I, H, W]` and `[I, O, k, k]` -> `[B, O, H', W']`. A
/// convolution of the picture with zeros between its pixels, with the filter turned.
///
/// # Panics
/// If the padding is as large as the kernel.
pub(super) fn conv_transpose2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    stride: usize,
    padding: usize,
    output_padding: usize,
) -> Tensor<4> {
    let ([b, i, h, w], [_, _, k, _]) = (x.dims(), weight.dims());
    let nothing = |dims: [usize; 6]| Tensor::<6>::zeros(dims, &x.device());
    let apart = x.clone().reshape([b, i, h, 1, w, 1]);
    let apart = Tensor::cat(vec![apart, nothing([b, i, h, stride - 1, w, 1])], 3);
    let apart = Tensor::cat(vec![apart, nothing([b, i, h, stride, w, stride - 1])], 5);
    let apart = apart.reshape([b, i, h * stride, w * stride]);
    // Behind the last pixel there are zeros already.
    let [bottom, right] = [h, w].map(|side| (side - 1) * stride + 1);
    let apart = apart.slice(s![.., .., ..bottom, ..right]);
    let (before, behind) = (k - 1 - padding, k - 1 - padding + output_padding);
    let apart = apart.pad((before, behind, before, behind), 0.0);
    let turned = weight.swap_dims(0, 1).flip([2, 3]);
    conv2d(apart, turned, bias, 1, 0)
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]
mod tests {
    use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
    use burn::tensor::{Device, Tensor, TensorData, module};

    use super::*;

    /// Numbers of order 1 that differ from each other.
    fn random<const D: usize>(dims: [usize; D], seed: usize, device: &Device) -> Tensor<D> {
        let value = |i: usize| ((i * 7919 + seed * 104_729) % 1009) as f32 / 500.0 - 1.0;
        let values: Vec<f32> = (0..dims.iter().product()).map(value).collect();
        Tensor::from_data(TensorData::new(values, dims), device)
    }

    fn same<const D: usize>(ours: Tensor<D>, burns: Tensor<D>) {
        assert_eq!(ours.dims(), burns.dims());
        let [ours, burns] = [ours, burns].map(|x| x.into_data().iter::<f32>().collect::<Vec<_>>());
        for (a, b) in ours.iter().zip(&burns) {
            assert!(
                (a - b).abs() <= 1e-4 * (1.0 + b.abs()),
                "{a} instead of {b}"
            );
        }
    }

    /// The same value, and the same gradients of it by everything that goes in.
    fn hold(
        inputs: (Tensor<4>, Tensor<4>, Tensor<1>),
        ours: impl Fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>) -> Tensor<4>,
        burns: impl Fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>) -> Tensor<4>,
    ) {
        let (x, weight, bias) = inputs;
        let (x, weight, bias) = (x.require_grad(), weight.require_grad(), bias.require_grad());
        let given = || (x.clone(), weight.clone(), Some(bias.clone()));
        let run = |f: &dyn Fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>) -> Tensor<4>| {
            let (x, weight, bias) = given();
            let y = f(x, weight, bias);
            let scale = random(y.dims(), 9, &y.device().inner());
            let grads = (y.clone() * Tensor::from_inner(scale)).sum().backward();
            (y.inner(), grads)
        };
        let ((a, of_a), (b, of_b)) = (run(&ours), run(&burns));
        same(a, b);
        same(x.grad(&of_a).expect("x"), x.grad(&of_b).expect("x"));
        let of_weight = |grads| weight.grad(grads).expect("weight");
        same(of_weight(&of_a), of_weight(&of_b));
        same(
            bias.grad(&of_a).expect("bias"),
            bias.grad(&of_b).expect("bias"),
        );
    }

    #[test]
    fn convolutions_are_burns() {
        let device = Device::flex().autodiff();
        for (k, stride, padding) in [(3, 1, 1), (4, 2, 1), (1, 1, 0), (7, 1, 3), (3, 2, 0)] {
            let inputs = (
                random([2, 3, 9, 8], 1, &device),
                random([4, 3, k, k], 2, &device),
                random([4], 3, &device),
            );
            let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
            hold(
                inputs,
                |x, w, b| conv2d(x, w, b, stride, padding),
                |x, w, b| module::conv2d(x, w, b, options.clone()),
            );
        }
    }

    #[test]
    fn transposed_convolutions_are_burns() {
        let device = Device::flex().autodiff();
        for (k, stride, padding, more) in [(4, 2, 1, 0), (3, 2, 1, 1), (4, 1, 0, 0), (3, 1, 1, 0)] {
            let inputs = (
                random([2, 3, 5, 4], 1, &device),
                random([3, 4, k, k], 2, &device),
                random([4], 3, &device),
            );
            let options =
                ConvTransposeOptions::new([stride; 2], [padding; 2], [more; 2], [1; 2], 1);
            hold(
                inputs,
                |x, w, b| conv_transpose2d(x, w, b, stride, padding, more),
                |x, w, b| module::conv_transpose2d(x, w, b, options.clone()),
            );
        }
    }

    #[test]
    fn products_are_burns() {
        let device = Device::flex();
        let (a, b) = (random([2, 5, 7], 1, &device), random([2, 7, 3], 2, &device));
        same(product(a.clone(), b.clone()), a.matmul(b));
    }
}
