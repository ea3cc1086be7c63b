//! Each kernel against its reference: values, gradients, finite differences, odd sizes.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use burn::tensor::{Device, Tensor};
use common::{Goldens, assert_close, gpu, values};
use easel::ops::{Adapter, check_kernels, gram, total_variation, use_adapter};

#[test]
fn every_kernel_agrees_with_its_reference_and_finite_differences() {
    for adapter in [Adapter::Hardware, Adapter::Software] {
        use_adapter(adapter);
        let checks = pollster::block_on(check_kernels(&gpu())).expect("the device answers");
        assert!(checks.len() > 200, "only {} checks ran", checks.len());
        let wrong: Vec<_> = checks.iter().filter(|c| !c.passed()).collect();
        assert!(wrong.is_empty(), "{adapter:?}: {wrong:#?}");
    }
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
