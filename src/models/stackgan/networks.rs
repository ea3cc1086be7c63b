//! What goes through the networks of both stages.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{INNER, StageNetwork};

/// Means and logarithms of deviations, each `[B, condition]`, from embeddings `[B, embedding]`.
fn augmented(net: &mut StageNetwork, embedding: Tensor<2>) -> [Tensor<2>; 2] {
    let both = net.dense(0, embedding, true);
    let condition = both.dims()[1] / 2;
    [0, 1].map(|part| both.clone().narrow(1, part * condition, condition))
}

/// Conditioning augmentation (section 3.2): `mean + exp(log deviation) * noise`, each `[B, condition]`; the authors draw
/// the noise from `N(0, 1)` cut off at 2.
pub fn drawn_around([mean, deviation]: &[Tensor<2>; 2], noise: Tensor<2>) -> Tensor<2> {
    mean.clone() + deviation.clone().exp() * noise
}

/// Numbers beside the channels of every pixel.
fn beside(picture: Tensor<4>, numbers: Tensor<2>) -> Tensor<4> {
    let ([b, _, h, w], [_, n]) = (picture.dims(), numbers.dims());
    let tiled = numbers.reshape([b, n, 1, 1]).expand([b, n, h, w]);
    Tensor::cat(vec![picture, tiled], 1)
}

/// Stage-I's generator, of [`StackConfig::first`](super::StackConfig::first).
#[derive(Module, Debug)]
pub struct FirstGenerator {
    /// Its weights.
    pub net: StageNetwork,
}

impl FirstGenerator {
    /// Means and logarithms of deviations of the condition, each `[B, condition]`, for embeddings `[B, embedding]`.
    pub fn condition(&self, embedding: Tensor<2>) -> [Tensor<2>; 2] {
        augmented(&mut self.net.clone(), embedding)
    }

    /// In inference: condition `[B, condition]` and noise `[B, noise]` -> `[B, 3, low, low]` in -1..1.
    pub fn forward(&self, condition: Tensor<2>, noise: Tensor<2>) -> Tensor<4> {
        self.clone().run(condition, noise, false)
    }

    /// In training: embedding, noise of the augmentation `[B, condition]` and noise `[B, noise]` -> pictures, and mean and
    /// logarithm of the deviation of their condition.
    pub fn forward_train(
        &mut self,
        embedding: Tensor<2>,
        augmentation: Tensor<2>,
        noise: Tensor<2>,
    ) -> (Tensor<4>, [Tensor<2>; 2]) {
        let around = augmented(&mut self.net, embedding);
        let condition = drawn_around(&around, augmentation);
        (self.run(condition, noise, true), around)
    }

    fn run(&mut self, condition: Tensor<2>, noise: Tensor<2>, training: bool) -> Tensor<4> {
        let both = Tensor::cat(vec![condition, noise], 1);
        let inner = self.net.dense(1, both, training);
        let [b, values] = inner.dims();
        let inner = inner.reshape([b, values / (INNER * INNER), INNER, INNER]);
        self.net.row(0, inner, training)
    }
}

/// Stage-II's generator, of [`StackConfig::second`](super::StackConfig::second).
#[derive(Module, Debug)]
pub struct SecondGenerator {
    /// Its weights.
    pub net: StageNetwork,
}

impl SecondGenerator {
    /// As [`FirstGenerator::condition`], by its own layer.
    pub fn condition(&self, embedding: Tensor<2>) -> [Tensor<2>; 2] {
        augmented(&mut self.net.clone(), embedding)
    }

    /// In inference: Stage-I's pictures `[B, 3, low, low]` and condition -> `[B, 3, size, size]` in -1..1.
    pub fn forward(&self, low: Tensor<4>, condition: Tensor<2>) -> Tensor<4> {
        self.clone().run(low, condition, false)
    }

    /// In training: as [`FirstGenerator::forward_train`], with a picture in place of the noise.
    pub fn forward_train(
        &mut self,
        embedding: Tensor<2>,
        augmentation: Tensor<2>,
        low: Tensor<4>,
    ) -> (Tensor<4>, [Tensor<2>; 2]) {
        let around = augmented(&mut self.net, embedding);
        let condition = drawn_around(&around, augmentation);
        (self.run(low, condition, true), around)
    }

    fn run(&mut self, low: Tensor<4>, condition: Tensor<2>, training: bool) -> Tensor<4> {
        let code = self.net.row(0, low, training);
        self.net.row(1, beside(code, condition), training)
    }
}

/// A discriminator that sees whether a picture is real and fits its sentence, of
/// [`StackConfig::discriminator`](super::StackConfig::discriminator).
#[derive(Module, Debug)]
pub struct MatchingDiscriminator {
    /// Its weights.
    pub net: StageNetwork,
}

impl MatchingDiscriminator {
    /// In training: `[B, 3, S, S]` -> what it sees in the pictures, `[B, channels, 4, 4]`.
    pub fn encode_train(&mut self, pictures: Tensor<4>) -> Tensor<4> {
        self.net.row(0, pictures, true)
    }

    /// In training: with embeddings `[B, embedding]`, the logits `[B, 1, 1, 1]` of being real and fitting.
    pub fn score_train(&mut self, code: Tensor<4>, embedding: Tensor<2>) -> Tensor<4> {
        let text = self.net.dense(0, embedding, true);
        self.net.row(1, beside(code, text), true)
    }
}
