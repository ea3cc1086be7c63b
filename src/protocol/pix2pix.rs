//! Settings of `pix2pix`: learning to turn one picture into another from pairs of them (Isola et al. 2017,
//! arXiv 1611.07004).

use serde::{Deserialize, Serialize};

use super::{Learning, Objective};

/// What is given of a scene, and what is to be found from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Pix2pixTask {
    /// From the edges of its photo, dark on white, to the photo.
    Edges,
    /// From its luminance to the photo.
    Grey,
    /// From the kinds of things in it, each in a colour of its own (`data::scenes::class`), to the photo.
    Labels,
    /// From the photo by day to that by night.
    Night,
    /// From the photo to that after snow has fallen.
    Winter,
    /// From an aerial photo of the land to its map.
    Map,
    /// The user's own pairs, `inputs.data` as `Request::Prepare` makes it.
    Own,
}

/// How pairs are made of the user's own pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// Each file holds both, input on the left.
    Sides,
    /// Files of the same name from two folders, inputs from the one that comes first by its name.
    Folders,
    /// A picture is to be found from its edges.
    Edges,
    /// From its luminance.
    Grey,
    /// From a blurred copy.
    Blur,
    /// From 16 by 16 tiles of one colour each.
    Mosaic,
}

/// Settings of `pix2pix`; ranges are checked by `jobs::check_pix2pix`. Defaults are pytorch-CycleGAN-and-pix2pix's where
/// nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Pix2pixConfig {
    pub task: Pix2pixTask,
    /// Id of a trained start in the manifest, whose networks are those of these settings; empty: from scratch.
    pub start: String,
    /// Side of a picture in pixels: 32, 64, 128 or 256; it decides how often the U-Net halves it. The reference's is 256.
    pub size: u32,
    /// How many pairs are drawn, 2..=20,000, as far as they fit 256 MB.
    pub count: u32,
    /// Whether half of the pairs that are learnt from are mirrored, left and right, at random.
    pub mirror: bool,
    /// Whether pieces of the picture's size are learnt from, out of pairs that are enlarged by 286 / 256. The reference
    /// does so; the page and the command do for pairs of the user's own.
    pub jitter: bool,
    pub learning: Learning,
    /// Seeds the first weights, the dropout and the order of the pairs.
    pub seed: u32,
    /// Training steps, each of both networks, 1..=1e6.
    pub steps: u32,
    /// Pairs per step, 1..=64.
    pub batch: u32,
    /// Channels of the generator's outermost level, 1..=128; the reference's are 64.
    pub width: u32,
    /// Channels after the discriminator's first convolution, 1..=128; the reference's are 64.
    pub discriminator_width: u32,
    /// Side of the square that each of the discriminator's opinions is on, in pixels: 1, 16, 34, 70, 142 or 286, if the
    /// picture is large enough for one (16 needs 6 px, each next one twice as many). 0 takes the largest of them, which
    /// is more than the whole picture up to 128 px.
    pub patch: u32,
    pub objective: Objective,
    /// Weight of the distance to the true picture, `E|y - G(x)|` in -1..1, 0..=10,000.
    pub lambda: f32,
    /// Weight of the adversarial loss, 0..=100. With 0 the distance alone is learnt.
    pub adversarial: f32,
    /// Share of values set to 0 in the generator's innermost levels but one, 0..=0.9: all of its noise. There are such
    /// levels from 64 px on.
    pub dropout: f32,
    /// Decay of the running average of the generator's weights, with which pictures are drawn; 0 takes the weights.
    pub averaging: f32,
    /// Of Adam, for the generator.
    pub generator_rate: f32,
    /// Of Adam, for the discriminator.
    pub discriminator_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
}

impl Default for Pix2pixConfig {
    fn default() -> Self {
        Self {
            task: Pix2pixTask::Edges,
            start: String::new(),
            size: 64,
            count: 400,
            mirror: true,
            jitter: false,
            learning: Learning::Both,
            seed: 1,
            steps: 4000,
            batch: 1,
            width: 16,
            discriminator_width: 16,
            patch: 70,
            objective: Objective::NonSaturating,
            lambda: 100.0,
            adversarial: 1.0,
            dropout: 0.5,
            averaging: 0.0,
            generator_rate: 2e-4,
            discriminator_rate: 2e-4,
            beta1: 0.5,
            beta2: 0.999,
        }
    }
}

/// Live controls of `pix2pix`: what is absent stays as it is. Ranges as in [`Pix2pixConfig`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Pix2pixControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_rate: Option<f32>,
}

impl Pix2pixConfig {
    /// Takes over the live controls that are given.
    pub fn apply(&mut self, control: &Pix2pixControl) {
        let set = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        self.learning = control.learning.unwrap_or(self.learning);
        set(&mut self.lambda, control.lambda);
        set(&mut self.adversarial, control.adversarial);
        set(&mut self.generator_rate, control.generator_rate);
        set(&mut self.discriminator_rate, control.discriminator_rate);
    }
}
