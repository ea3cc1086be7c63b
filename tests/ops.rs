//! Each kernel against its reference: values, gradients, finite differences, odd sizes.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use burn::tensor::{Device, Tensor, TensorData};
use common::{Goldens, assert_close, gpu, values};
use easel::data::seed::Seed;
use easel::ops::{
    ConvOptions, ConvTransposeOptions, check_kernels, conv_transpose2d, conv_transpose2d_reference,
    conv2d, conv2d_reference, gram, total_variation,
};

type T = Tensor<4>;

#[test]
fn every_kernel_agrees_with_its_reference_and_finite_differences() {
    let checks = pollster::block_on(check_kernels(&gpu())).expect("the device answers");
    assert!(checks.len() > 200, "only {} checks ran", checks.len());
    let wrong: Vec<_> = checks.iter().filter(|c| !c.passed()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_reference_agrees_with_finite_differences_on_the_cpu() {
    let checks = pollster::block_on(check_kernels(&Device::flex())).expect("the device answers");
    let wrong: Vec<_> = checks.iter().filter(|c| !c.passed()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// f32 against f64 sums of 21 and 45 terms; the largest miss seen is 2e-7.
const GOLDEN: f32 = 1e-6;

#[test]
fn gram_and_its_gradient_agree_with_pytorch() {
    let goldens = Goldens::read("gram.safetensors");
    let device = gpu();
    let x = goldens.tensor::<4>("gram.features", &device);
    let x = Tensor::<4>::from_inner(x).require_grad();
    let g = gram(x.clone());
    assert_close(
        "value",
        &values(g.clone().inner()),
        &goldens.values("gram.value"),
        GOLDEN,
    );
    let upstream = Tensor::<3>::from_inner(goldens.tensor("gram.upstream", &device));
    let grads = (g * upstream).sum().backward();
    let gradient = values(x.grad(&grads).expect("a gradient"));
    assert_close(
        "gradient",
        &gradient,
        &goldens.values("gram.gradient"),
        GOLDEN,
    );
}

#[test]
fn total_variation_and_its_gradient_agree_with_pytorch() {
    let goldens = Goldens::read("gram.safetensors");
    let x = goldens.tensor::<4>("tv.picture", &gpu());
    let x = Tensor::<4>::from_inner(x).require_grad();
    let tv = total_variation(x.clone());
    assert_close(
        "value",
        &values(tv.clone().inner()),
        &goldens.values("tv.value"),
        GOLDEN,
    );
    let gradient = values(x.grad(&tv.backward()).expect("a gradient"));
    assert_close(
        "gradient",
        &gradient,
        &goldens.values("tv.gradient"),
        GOLDEN,
    );
}

/// Of the sum over the layer's largest values, which have up to 16,384 terms.
const PIECES: f32 = 5e-5;

/// Larger than one launch may be: the pieces must meet without a seam. The truth is the CPU backend's, as the weight
/// gradient of stock Burn on the GPU is off by half of the largest value at such a size.
#[test]
fn large_layers_are_cut_into_pieces_and_stay_right() {
    let check = |name: &str, x: [usize; 4], w: [usize; 4], f: [&dyn Fn(T, T) -> T; 2]| {
        let run = |device: &Device, f: &dyn Fn(T, T) -> T| {
            let noise = |dims: [usize; 4], seed| {
                let mut seed = Seed::new(seed);
                let values = (0..dims.iter().product()).map(|_| seed.normal());
                T::from_data(TensorData::new(values.collect::<Vec<f32>>(), dims), device)
            };
            let (x, w) = (noise(x, 1), noise(w, 2) * 0.05);
            let (x, w) = (
                T::from_inner(x).require_grad(),
                T::from_inner(w).require_grad(),
            );
            let y = f(x.clone(), w.clone());
            let upstream = T::from_inner(noise(y.dims(), 3));
            let grads = (y.clone() * upstream).sum().backward();
            let grad = |x: &T| values(x.grad(&grads).expect("a gradient"));
            [values(y.inner()), grad(&x), grad(&w)]
        };
        let (ours, truth) = (run(&gpu(), f[0]), run(&Device::flex(), f[1]));
        for (what, (ours, truth)) in ["value", "input", "weight"]
            .iter()
            .zip(ours.iter().zip(&truth))
        {
            assert_close(&format!("{name}, {what}"), ours, truth, PIECES);
        }
    };
    let options = |padding| ConvOptions {
        padding,
        ..ConvOptions::default()
    };
    check(
        "windows as columns",
        [1, 16, 200, 180],
        [16, 16, 7, 7],
        [&|x, w| conv2d(x, w, None, options(3)), &|x, w| {
            conv2d_reference(x, w, None, options(3))
        }],
    );
    check(
        "Winograd",
        [2, 64, 160, 144],
        [48, 64, 3, 3],
        [&|x, w| conv2d(x, w, None, options(1)), &|x, w| {
            conv2d_reference(x, w, None, options(1))
        }],
    );
    let options = ConvTransposeOptions {
        stride: 2,
        padding: 1,
        ..ConvTransposeOptions::default()
    };
    let transposed = |name: &str, x: [usize; 4], w: [usize; 4], options: ConvTransposeOptions| {
        let name = format!("transposed, cut along {name}");
        let ours: &dyn Fn(T, T) -> T = &|x, w| conv_transpose2d(x, w, None, options);
        let truth: &dyn Fn(T, T) -> T = &|x, w| conv_transpose2d_reference(x, w, None, options);
        check(&name, x, w, [ours, truth]);
    };
    transposed("channels", [1, 64, 65, 64], [64, 80, 4, 4], options);
    transposed("lines", [2, 256, 73, 64], [256, 2, 4, 4], options);
    transposed("images", [3, 512, 31, 48], [512, 1, 3, 3], options);
    let options = ConvTransposeOptions {
        stride: 3,
        output_padding: 1,
        ..options
    };
    transposed("lines, stride 3", [1, 256, 67, 52], [256, 1, 5, 5], options);
}
