//! Each kernel, and the processor's convolutions, against the plain Burn operations it replaces, side by side in one run:
//! `cargo test --workspace --bench ops` (with what is compiled for the tests; `cargo bench` would compile all again). Prints the ratio of the medians; absolute times depend on the machine.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

use std::time::{Duration, Instant};

use burn::tensor::{Device, DeviceKind, Int, Tensor};
use easel::ops::{
    AdamStep, ConvOptions, adam, adam_reference, conv2d, conv2d_reference, gram, gram_reference,
    rgba8_pack, rgba8_pack_reference, rgba8_unpack, rgba8_unpack_reference, total_variation,
    total_variation_reference,
};

/// Pairs of measurements, ours and theirs in turn.
const ROUNDS: usize = 9;
/// Runs of a measurement. A software adapter answers some reads at once and lets the next one wait for two: only a
/// sum over several is a time.
const RUNS: usize = 8;

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// Runs both in turn and prints their medians. Each returns a number, which is read to wait for it.
fn race(name: &str, ours: impl Fn() -> Tensor<1>, theirs: impl Fn() -> Tensor<1>) {
    let time = |f: &dyn Fn() -> Tensor<1>| {
        let begun = Instant::now();
        for _ in 0..RUNS {
            f().into_data();
        }
        begun.elapsed() / RUNS as u32
    };
    for _ in 0..2 {
        time(&ours);
        time(&theirs);
    }
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        a.push(time(&ours));
        b.push(time(&theirs));
    }
    let (a, b) = (median(a) * 1e3, median(b) * 1e3);
    println!("| {name} | {a:.2} | {b:.2} | {:.2} |", b / a);
}

/// Value and gradient of a function of a feature map.
fn both(x: &Tensor<4>, f: impl Fn(Tensor<4>) -> Tensor<1>) -> Tensor<1> {
    let x = Tensor::<4>::from_inner(x.clone()).require_grad();
    let grads = f(x.clone()).backward();
    x.grad(&grads).expect("a gradient").narrow(3, 0, 1).sum()
}

fn noise(dims: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::random(dims, burn::tensor::Distribution::Default, device)
}

fn main() {
    let device = Device::wgpu(DeviceKind::DefaultDevice);
    println!("| operation | kernel, ms | Burn, ms | ratio |");
    println!("| --- | --- | --- | --- |");
    for (c, side) in [(16, 256), (64, 64), (256, 16)] {
        let x = noise([1, c, side, side], &device);
        race(
            &format!("gram, value and gradient, {c} x {side}²"),
            || both(&x, |x| gram(x).square().sum()),
            || both(&x, |x| gram_reference(x).square().sum()),
        );
    }
    let image = noise([1, 3, 384, 384], &device);
    race(
        "total variation, value and gradient, 384²",
        || both(&image, total_variation),
        || both(&image, total_variation_reference),
    );
    let packed: Tensor<2, Int> = rgba8_pack(image.clone(), Tensor::zeros([384, 384], &device));
    race(
        "rgba8_unpack, 384²",
        || rgba8_unpack(packed.clone()).narrow(3, 0, 1).sum(),
        || rgba8_unpack_reference(packed.clone()).narrow(3, 0, 1).sum(),
    );
    race(
        "rgba8_pack, 384²",
        || {
            rgba8_pack(image.clone(), packed.clone())
                .narrow(1, 0, 1)
                .sum()
                .float()
        },
        || {
            rgba8_pack_reference(image.clone(), packed.clone())
                .narrow(1, 0, 1)
                .sum()
                .float()
        },
    );
    let state = Tensor::<2>::zeros([3, 3 * 384 * 384], &device);
    let step = AdamStep::new(1, 0.02, 0.9);
    let first = |(image, _): (Tensor<4>, Tensor<2>)| image.narrow(3, 0, 1).sum();
    let grad = noise([1, 3, 384, 384], &device);
    race(
        "adam with average, 384²",
        || first(adam(image.clone(), grad.clone(), state.clone(), step)),
        || {
            let (image, grad) = (image.clone(), grad.clone());
            first(adam_reference(image, grad, state.clone(), step))
        },
    );
    convolutions(&Device::flex().autodiff());
}

/// On the processor, value and both gradients of layers that CycleGAN and pix2pix train: channels in and out, side, kernel,
/// stride.
fn convolutions(device: &Device) {
    const LAYERS: [[usize; 5]; 5] = [
        [3, 16, 64, 7, 1],
        [16, 32, 64, 3, 2],
        [64, 64, 16, 3, 1],
        [16, 3, 64, 7, 1],
        [16, 32, 32, 4, 2],
    ];
    for [i, o, side, kernel, stride] in LAYERS {
        let x = noise([1, i, side, side], device).require_grad();
        let weight = noise([o, i, kernel, kernel], device).require_grad();
        let options = ConvOptions {
            stride,
            padding: (kernel - 1) / 2,
            ..ConvOptions::default()
        };
        let all = |y: Tensor<4>| {
            let grads = y.sum().backward();
            let of_x = x.grad(&grads).expect("a gradient").narrow(3, 0, 1).sum();
            of_x + weight.grad(&grads).expect("a gradient").sum()
        };
        race(
            &format!(
                "processor: conv2d, value and gradients, {kernel}x{kernel}, {i} to {o}, {side}², stride {stride}"
            ),
            || all(conv2d(x.clone(), weight.clone(), None, options)),
            || all(conv2d_reference(x.clone(), weight.clone(), None, options)),
        );
    }
}
