//! Losses of StackGAN and of the encoder that it understands sentences with.

use burn::tensor::{Tensor, activation::log_sigmoid};

use crate::ops::matmul;

/// How far sentence and picture must be apart: logits are cosines over this (the first value of CLIP's, Radford et al.
/// 2021, arXiv 2103.00020).
const TEMPERATURE: f32 = 0.07;

/// The distance of the condition's distribution from `N(0, 1)`, the mean over its numbers of
/// `-ls + (exp(2 ls) + mean² - 1) / 2` with `ls` the logarithm of the deviation; both `[B, condition]`.
pub fn divergence([mean, deviation]: [Tensor<2>; 2]) -> Tensor<1> {
    let of_each = ((deviation.clone() * 2.0).exp() + mean.square() - 1.0) * 0.5 - deviation;
    of_each.mean()
}

/// The matching-aware discriminator's loss on logits of real pictures with their sentences, real ones with wrong sentences,
/// and generated ones: `-E[log D(real)] - (E[log(1 - D(wrong))] + E[log(1 - D(fake))]) / 2`.
pub fn discriminator(real: Tensor<4>, wrong: Tensor<4>, fake: Tensor<4>) -> Tensor<1> {
    let [wrong, fake] = [wrong, fake].map(|x| log_sigmoid(-x).mean());
    -log_sigmoid(real).mean() - (wrong + fake) * 0.5
}

/// How well sentences find their pictures among those of the batch, and pictures their sentences: the mean cross-entropy
/// of both, for rows of length 1, `[B, n]`, that belong together by their place (Radford et al. 2021).
pub fn matching(sentences: Tensor<2>, pictures: Tensor<2>) -> Tensor<1> {
    let scale = TEMPERATURE.recip();
    let own = (sentences.clone() * pictures.clone()).sum_dim(1).mean() * scale;
    let all = (matmul(sentences, pictures.transpose()) * scale).exp();
    let [across, down] = [1, 0].map(|dim| all.clone().sum_dim(dim).log().mean());
    (across + down) * 0.5 - own
}
