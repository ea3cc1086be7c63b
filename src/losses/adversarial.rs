//! What generator and discriminator play for. The discriminator's opinions are logits `[B, 1, 1, 1]`: the sigmoid is
//! part of the loss, which is computed without overflow and with a gradient however sure the discriminator is.
//!
//! With `D = sigmoid(logit)` and the target `t = 1 - smoothing` for real samples (Salimans et al. 2016, 3.4, one-sided):
//!
//! | objective | discriminator | generator |
//! | --- | --- | --- |
//! | minimax | `-E[t log D(x) + (1 - t) log(1 - D(x))] - E[log(1 - D(G(z)))]` | `E[log(1 - D(G(z)))]` |
//! | non-saturating | the same | `-E[log D(G(z))]` |
//! | least squares, of logits | `1/2 E[(D(x) - t)²] + 1/2 E[D(G(z))²]` | `E[(D(G(z)) - 1)²]` |
//!
//! The factors are those of PyTorch's DCGAN and of PyTorch-GAN's LSGAN; Adam does not see a constant one.

use burn::tensor::{
    Tensor,
    activation::{log_sigmoid, sigmoid},
};

use crate::protocol::Objective;

/// The discriminator's loss on logits of real and of generated samples, `[1]`. `smoothing` is in 0..1.
pub fn discriminator(
    objective: Objective,
    real: Tensor<4>,
    fake: Tensor<4>,
    smoothing: f32,
) -> Tensor<1> {
    let target = 1.0 - smoothing;
    match objective {
        Objective::Minimax | Objective::NonSaturating => {
            let mut loss = -log_sigmoid(real.clone()).mean() * target;
            if smoothing > 0.0 {
                loss = loss - log_sigmoid(-real).mean() * smoothing;
            }
            loss - log_sigmoid(-fake).mean()
        }
        Objective::LeastSquares => ((real - target).square().mean() + fake.square().mean()) * 0.5,
    }
}

/// Half of the discriminator's loss on real samples and on generated ones, as pix2pix and CycleGAN have it, `[1]`: the
/// mean of the two terms of the table without their factors.
pub fn halved(objective: Objective, real: Tensor<4>, fake: Tensor<4>) -> Tensor<1> {
    let loss = discriminator(objective, real, fake, 0.0);
    match objective {
        // Halved in the table already.
        Objective::LeastSquares => loss,
        _ => loss * 0.5,
    }
}

/// The generator's loss on logits of its samples, `[1]`.
pub fn generator(objective: Objective, fake: Tensor<4>) -> Tensor<1> {
    match objective {
        Objective::Minimax => log_sigmoid(-fake).mean(),
        Objective::NonSaturating => -log_sigmoid(fake).mean(),
        Objective::LeastSquares => (fake - 1.0).square().mean(),
    }
}

/// The mean opinion on samples, `[1]`: a probability, or with least squares the value that is pulled to 1 and 0.
pub fn opinion(objective: Objective, logits: Tensor<4>) -> Tensor<1> {
    match objective {
        Objective::Minimax | Objective::NonSaturating => sigmoid(logits).mean(),
        Objective::LeastSquares => logits.mean(),
    }
}
