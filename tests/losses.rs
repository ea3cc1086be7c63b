//! Losses, their gradients, the optimisers and the step between two scales against PyTorch, on a
//! miniature VGG (`tests/goldens/generate.py`).
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, ops::InterpolateMode};
use common::{Goldens, assert_close, gpu, values};
use easel::jobs::{Scale, Targets, enlarge};
use easel::models::{FeatureNetwork, Vgg, VggPlan};
use easel::nn::{Conv2d, Lbfgs};
use easel::ops::{Activation, AdamStep, ConvOptions, adam, gram};
use easel::protocol::{GatysConfig, Pooling, Scaling};

static PLAN: VggPlan = VggPlan {
    blocks: &[(2, 4), (2, 6), (2, 8)],
    content_layer: "relu2_2",
    style_layers: &["relu1_2", "relu2_2", "relu3_2"],
    classifier: &[],
};

fn network(goldens: &Goldens, device: &Device) -> FeatureNetwork {
    let convs = [0, 2, 5, 7, 10, 12].map(|i| {
        let weight = goldens.tensor(&format!("features.{i}.weight"), device);
        let bias = goldens.tensor(&format!("features.{i}.bias"), device);
        let options = ConvOptions {
            padding: 1,
            activation: Activation::Relu,
            ..ConvOptions::default()
        };
        Conv2d::new(weight, Some(bias), options)
    });
    FeatureNetwork::Vgg(Vgg::new(&PLAN, convs.to_vec()))
}

/// Style layers with weights that sum to 1.
fn layers(weights: [f32; 3]) -> Vec<(String, f32)> {
    let sum: f32 = weights.iter().sum();
    let named = PLAN.style_layers.iter().zip(weights);
    named
        .map(|(name, weight)| (String::from(*name), weight / sum))
        .collect()
}

fn names() -> Vec<String> {
    PLAN.style_layers.iter().map(|n| String::from(*n)).collect()
}

struct Setting {
    net: FeatureNetwork,
    targets: Targets,
    layers: Vec<(String, f32)>,
    config: GatysConfig,
}

impl Setting {
    fn new(
        goldens: &Goldens,
        scaling: Scaling,
        pooling: Pooling,
        weights: [f32; 3],
        device: &Device,
    ) -> Self {
        let net = network(goldens, device);
        let mut content = net.forward(goldens.tensor("content", device), &names(), pooling);
        let style = net.forward(goldens.tensor("style", device), &names(), pooling);
        let style: BTreeMap<_, _> = style.into_iter().map(|(name, f)| (name, gram(f))).collect();
        let config = GatysConfig {
            content_weight: 1.0,
            style_weight: if scaling == Scaling::Relative {
                20.0
            } else {
                1000.0
            },
            tv_weight: 1.0,
            scaling,
            pooling,
            ..GatysConfig::default()
        };
        Self {
            targets: Targets {
                content: content.remove("relu2_2"),
                style,
            },
            net,
            layers: layers(weights),
            config,
        }
    }

    fn measure(&self, image: Tensor<4>) -> (BTreeMap<String, f32>, Tensor<4>) {
        let layers = ("relu2_2", self.layers.as_slice());
        let (losses, gradient) = self.targets.measure(image, &self.net, layers, &self.config);
        let losses = losses
            .into_iter()
            .map(|(name, loss)| (name, values(loss)[0]));
        (losses.collect(), gradient)
    }
}

/// What parity with the reference means here: 1e-4 relative, f32 against f64 through six convolutions.
const PARITY: f32 = 1e-4;

#[test]
fn losses_and_gradients_agree_with_pytorch_in_every_scaling_pooling_and_weighting() {
    let goldens = Goldens::read("gatys.safetensors");
    let device = gpu();
    for (scaling, s) in [(Scaling::Relative, "relative"), (Scaling::Paper, "paper")] {
        for (pooling, p) in [(Pooling::Max, "max"), (Pooling::Average, "average")] {
            for (weights, w) in [([1.0; 3], "equal"), ([1.0, 2.0, 5.0], "weighted")] {
                let setting = Setting::new(&goldens, scaling, pooling, weights, &device);
                let (losses, gradient) = setting.measure(goldens.tensor("image", &device));
                let case = format!("{s}.{p}.{w}");
                let truth = |name: &str| goldens.values(&format!("{case}.{name}"));
                for (ours, theirs) in [
                    ("loss", "total"),
                    ("content", "content"),
                    ("style", "style"),
                    ("tv", "tv"),
                ] {
                    assert_close(
                        &format!("{case} {ours}"),
                        &[losses[ours]],
                        &truth(theirs),
                        PARITY,
                    );
                }
                for layer in PLAN.style_layers {
                    let ours = losses[&format!("style.{layer}")];
                    assert_close(
                        &format!("{case} {layer}"),
                        &[ours],
                        &truth(&format!("layers.{layer}")),
                        PARITY,
                    );
                }
                assert_close(
                    &format!("{case} gradient"),
                    &values(gradient),
                    &truth("gradient"),
                    PARITY,
                );
            }
        }
    }
}

#[test]
fn features_of_every_layer_agree_with_pytorch() {
    let goldens = Goldens::read("gatys.safetensors");
    let device = gpu();
    let net = network(&goldens, &device);
    for (pooling, p) in [(Pooling::Max, "max"), (Pooling::Average, "average")] {
        let taps = net.forward(goldens.tensor("image", &device), &PLAN.layers(), pooling);
        assert_eq!(taps.len(), 6, "{:?}", taps.keys());
        for (layer, features) in taps {
            let truth = goldens.values(&format!("layers.{p}.{layer}"));
            assert_close(&layer, &values(features), &truth, 1e-5);
        }
    }
}

/// Ten steps follow PyTorch's to 1e-3; the script measured 2e-5 for a start moved by 1e-6.
const PATH: f32 = 1e-3;

#[test]
fn ten_steps_of_adam_follow_pytorch() {
    let (goldens, path) = (
        Goldens::read("gatys.safetensors"),
        Goldens::read("adam.safetensors"),
    );
    let device = gpu();
    let setting = Setting::new(&goldens, Scaling::Relative, Pooling::Max, [1.0; 3], &device);
    let mut image = goldens.tensor::<4>("content", &device);
    let mut state = Tensor::zeros([3, image.shape().num_elements()], &device);
    let totals = path.values("total");
    for time in 1..=10 {
        let (losses, grad) = setting.measure(image.clone());
        let total = totals[time as usize - 1];
        assert_close(
            &format!("loss before step {time}"),
            &[losses["loss"]],
            &[total],
            PATH,
        );
        let step = AdamStep::new(time, 0.02, 0.9);
        (image, state) = adam(image, grad, state, step);
        let truth = path.values(&format!("image.{time}"));
        assert_close(
            &format!("image after step {time}"),
            &values(image.clone()),
            &truth,
            PATH,
        );
    }
}

#[test]
fn ten_steps_of_lbfgs_follow_pytorch() {
    let (goldens, path) = (
        Goldens::read("gatys.safetensors"),
        Goldens::read("lbfgs.safetensors"),
    );
    let device = gpu();
    for (pooling, p) in [(Pooling::Max, "max"), (Pooling::Average, "average")] {
        let setting = Setting::new(&goldens, Scaling::Relative, pooling, [1.0; 3], &device);
        let mut image = goldens.tensor::<4>("content", &device);
        let (dims, n) = (image.dims(), image.shape().num_elements());
        let mut lbfgs = Lbfgs::new(10);
        let totals = path.values(&format!("{p}.total"));
        for time in 1..=10 {
            let (losses, grad) = setting.measure(image.clone());
            let miss = (losses["loss"] - totals[time - 1]).abs() / totals[0];
            assert!(
                miss < PATH,
                "{p}: loss before step {time} is off by {miss:e} of the first"
            );
            image = lbfgs
                .step(image.reshape([n]), grad.reshape([n]), 1.0)
                .reshape(dims);
            if [1, 2, 5, 10].contains(&time) {
                let truth = path.values(&format!("{p}.image.{time}"));
                assert_close(
                    &format!("{p}: image after step {time}"),
                    &values(image.clone()),
                    &truth,
                    PATH,
                );
            }
        }
    }
}

#[test]
fn lbfgs_follows_pytorch_when_its_history_wraps_around() {
    let goldens = Goldens::read("lbfgs_quadratic.safetensors");
    let device = gpu();
    let a = goldens.tensor::<2>("a", &device);
    let b = goldens.tensor::<1>("b", &device);
    let mut x = goldens.tensor::<1>("start", &device);
    let mut lbfgs = Lbfgs::new(5);
    let points = goldens.values("points");
    for step in 0..25 {
        let grad = a.clone().matmul(x.clone().reshape([12, 1])).reshape([12]) - b.clone();
        x = lbfgs.step(x, grad, 1.0);
        let truth = &points[step * 12..(step + 1) * 12];
        assert_close(
            &format!("point {}", step + 1),
            &values(x.clone()),
            truth,
            PATH,
        );
    }
}

/// f32 against f64. Derived: a weight is a quotient and a difference, off by 3e-7 at most, along
/// either axis, and the sum of four products by as much again; doubled.
const RESIZED: f32 = 2e-6;

/// What Adam's moments go through between two scales.
#[test]
fn bilinear_enlarging_agrees_with_pytorch() {
    let goldens = Goldens::read("resize.safetensors");
    let scale = Scale {
        size: 13,
        width: 13,
        height: 10,
        steps: 1,
    };
    let small = goldens.tensor::<4>("input", &gpu());
    let large = enlarge(small, &scale, InterpolateMode::Bilinear);
    assert_eq!(large.dims(), [1, 3, 10, 13]);
    assert_close(
        "enlarged",
        &values(large),
        &goldens.values("output"),
        RESIZED,
    );
}
