//! Training with our kernels follows training with Burn's own operations on its CPU backend.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData, activation::log_sigmoid};
use common::{gpu, miss, values};
use easel::data::seed::Seed;
use easel::models::DcganConfig;
use easel::nn::Adam;
use easel::ops::use_burns;

/// Both losses of each step, and the pictures of the generator at the end.
fn train(device: &Device, steps: usize) -> (Vec<f32>, Vec<f32>) {
    let device = device.clone().autodiff();
    let config = DcganConfig {
        size: 32,
        latent: 16,
        width: 8,
        ..DcganConfig::default()
    };
    let mut seed = Seed::new(5);
    let mut g = config.init_generator(&mut seed, &device);
    let mut d = config.init_discriminator(&mut seed, &device);
    let mut draw = |dims: [usize; 4]| {
        let n = dims.iter().product();
        let values: Vec<f32> = (0..n).map(|_| seed.normal()).collect();
        Tensor::<4>::from_data(TensorData::new(values, dims), &device)
    };
    let [mut adam_g, mut adam_d] = [2e-4, 2e-4].map(|rate| Adam::new(rate, 0.5, 0.999));
    let mut losses = Vec::new();
    for _ in 0..steps {
        let (noise, real) = (draw([5, 16, 1, 1]), draw([5, 3, 32, 32]).tanh());
        let fake = g.forward_train(noise);
        let real = log_sigmoid(d.forward_train(real)).mean().neg();
        let detached = Tensor::from_inner(fake.clone().inner());
        let d_loss = real + log_sigmoid(d.forward_train(detached).neg()).mean().neg();
        let grads = GradientsParams::from_grads(d_loss.backward(), &d);
        d = adam_d.step(d, grads);
        let mut judge = d.clone().no_grad();
        let g_loss = log_sigmoid(judge.forward_train(fake)).mean().neg();
        let grads = GradientsParams::from_grads(g_loss.backward(), &g);
        g = adam_g.step(g, grads);
        losses.extend([d_loss, g_loss].map(|loss| values(loss.inner())[0]));
    }
    let pictures = g.forward_train(draw([5, 16, 1, 1])).inner();
    (losses, values(pictures))
}

/// Adam's first steps have the size of the rate whatever the gradient's, so that a gradient next to zero may go the
/// other way; measured: losses 1.2e-4, pictures 1.1e-3.
const LOSSES: f32 = 1e-3;
const PICTURES: f32 = 5e-3;

#[test]
fn ten_steps_of_dcgan_follow_those_of_burns_own_operations() {
    let (losses, pictures) = train(&gpu(), 10);
    use_burns(true);
    let (true_losses, true_pictures) = train(&Device::flex(), 10);
    let misses = (miss(&losses, &true_losses), miss(&pictures, &true_pictures));
    eprintln!("losses {:e}, pictures {:e}", misses.0, misses.1);
    assert!(
        misses.0 <= LOSSES,
        "losses off by {:e}: {losses:?}",
        misses.0
    );
    assert!(misses.1 <= PICTURES, "pictures off by {:e}", misses.1);
    let distance = |a: f32, b: f32| (a - b).abs();
    let moved = distance(losses[0], losses[18]);
    assert!(moved > 0.05, "nothing was learnt: {losses:?}");
}
