//! Adversarial losses against PyTorch (`tests/goldens/generate_gan.py`).
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use burn::tensor::Tensor;
use common::{Goldens, assert_close, gpu, values};
use easel::losses::adversarial::{discriminator, generator, opinion};
use easel::protocol::Objective::{self, LeastSquares, Minimax, NonSaturating};

/// A few roundings of float32 against float64; 2e-7 was seen.
const PARITY: f32 = 2e-6;

struct Logits {
    goldens: Goldens,
    real: Tensor<4>,
    fake: Tensor<4>,
}

impl Logits {
    fn read() -> Self {
        let (goldens, device) = (Goldens::read("adversarial.safetensors"), gpu().autodiff());
        let tracked = |name| goldens.tensor::<4>(name, &device).require_grad();
        let (real, fake) = (tracked("real"), tracked("fake"));
        Self {
            goldens,
            real,
            fake,
        }
    }

    fn close<const D: usize>(&self, name: &str, ours: Tensor<D>) {
        assert_close(name, &values(ours), &self.goldens.values(name), PARITY);
    }
}

#[test]
fn the_discriminators_loss_and_gradients_are_pytorchs_however_sure_it_is() {
    let logits = Logits::read();
    for (objective, name) in [
        (Minimax, "non-saturating"),
        (NonSaturating, "non-saturating"),
        (LeastSquares, "least-squares"),
    ] {
        for smoothing in [0.0, 0.1] {
            let key = format!("{name}.{smoothing:.1}.discriminator");
            let (real, fake) = (logits.real.clone(), logits.fake.clone());
            let loss = discriminator(objective, real, fake, smoothing);
            logits.close(&key, loss.clone());
            let gradients = loss.backward();
            for (part, tensor) in [("real", &logits.real), ("fake", &logits.fake)] {
                let slope = tensor.grad(&gradients).expect("it has a gradient");
                logits.close(&format!("{key}.gradient.{part}"), slope);
            }
        }
    }
}

#[test]
fn the_generators_loss_and_gradient_are_pytorchs_however_sure_the_discriminator_is() {
    let logits = Logits::read();
    for (objective, name) in [
        (Minimax, "minimax"),
        (NonSaturating, "non-saturating"),
        (LeastSquares, "least-squares"),
    ] {
        let loss = generator(objective, logits.fake.clone());
        logits.close(&format!("{name}.generator"), loss.clone());
        let slope = logits.fake.grad(&loss.backward()).expect("a gradient");
        logits.close(&format!("{name}.generator.gradient"), slope);
    }
}

#[test]
fn where_the_discriminator_is_sure_minimax_has_no_gradient_and_the_others_have() {
    let device = gpu().autodiff();
    let slope = |objective: Objective| {
        let logit = Tensor::<4>::from_floats([[[[-12.0]]]], &device).require_grad();
        let loss = generator(objective, logit.clone());
        values(logit.grad(&loss.backward()).expect("a gradient"))[0].abs()
    };
    let slopes = [Minimax, NonSaturating, LeastSquares].map(slope);
    eprintln!("{slopes:?}");
    // sigmoid(-12) = 6.1e-6, 1 - sigmoid(-12), 2 (12 + 1).
    assert_close("slopes", &slopes, &[6.144e-6, 0.999_994, 26.0], 1e-5);
    // 1 - sigmoid(12) in float32 has the rounding of 1, 6e-8, which is a hundredth.
    assert!((slopes[0] / 6.144e-6 - 1.0).abs() < 0.02, "{slopes:?}");
}

#[test]
fn an_opinion_is_a_probability_or_the_value_itself() {
    let logits = Tensor::<4>::from_floats([[[[0.0]]], [[[3.0]]]], &gpu());
    let ours = [NonSaturating, LeastSquares].map(|o| values(opinion(o, logits.clone()))[0]);
    // (0.5 + 0.952574) / 2 and 1.5.
    assert_close("opinions", &ours, &[0.726_287, 1.5], 1e-6);
}
