//! Settings of the GAN lab. Where they come from: `GanConfig::reference`.

use serde::{Deserialize, Serialize};

/// Which paper; it decides the defaults ([`GanConfig::reference`]), and `Cgan` that labels are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum GanVariant {
    /// Goodfellow et al. 2014, arXiv 1406.2661: fully connected.
    Gan,
    /// Radford et al. 2016, arXiv 1511.06434: transposed convolutions.
    Dcgan,
    /// Mao et al. 2017, arXiv 1611.04076: least squares.
    Lsgan,
    /// Mirza and Osindero 2014, arXiv 1411.1784: both networks are told the label.
    Cgan,
}

/// What the two networks play for; the formulas are in `losses::adversarial`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The generator descends `log(1 - D)`: no gradient is left where the discriminator is sure.
    Minimax,
    /// The generator ascends `log D`: the same fixed point, but a gradient where it is needed.
    NonSaturating,
    /// Squared distance to 1 and 0.
    LeastSquares,
}

/// Which networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum GanNetwork {
    Mlp,
    Dcgan,
}

/// How the generator is told the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum NoiseLabel {
    /// The noise is multiplied, number by number, by an embedding as long.
    Multiplied,
    /// An embedding of as many numbers as there are classes stands before the noise.
    Concatenated,
}

/// How the discriminator is told the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum PictureLabel {
    /// An embedding of as many numbers as there are pixels is one more channel.
    Channel,
    /// An embedding of as many numbers as there are classes: after the pixels of a fully connected network, as many
    /// constant channels of a convolutional one.
    Concatenated,
}

/// Settings of a GAN; ranges are checked by `jobs::check_gan`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GanConfig {
    pub variant: GanVariant,
    /// Seeds the first weights, the noise and the order of the data.
    pub seed: u32,
    /// Training steps, each of one generator.
    pub steps: u32,
    /// Samples per step.
    pub batch: u32,
    /// Numbers of noise, `N(0, 1)`.
    pub latent: u32,
    pub network: GanNetwork,
    /// Hidden layers of a fully connected generator.
    pub generator_widths: Vec<u32>,
    /// Hidden layers of a fully connected discriminator.
    pub discriminator_widths: Vec<u32>,
    /// Batch norms in a fully connected generator, except in its first layer.
    pub norm: bool,
    /// Share of a fully connected discriminator's hidden values set to 0, from its second layer on.
    pub dropout: f32,
    /// Channels next to the pictures in DCGAN.
    pub width: u32,
    pub objective: Objective,
    /// Used by `cgan`.
    pub noise_label: NoiseLabel,
    /// Used by `cgan`.
    pub picture_label: PictureLabel,
    /// Whether a step begins with the generator.
    pub generator_first: bool,
    /// Steps of the discriminator for each of the generator.
    pub discriminator_steps: u32,
    /// By how much the discriminator's target for real samples is below 1.
    pub label_smoothing: f32,
    /// Deviation of the noise added to what the discriminator sees; it falls to 0 over the steps.
    pub instance_noise: f32,
    /// Decay of the running average of the generator's weights, with which samples are drawn; 0 takes the weights.
    pub averaging: f32,
    /// Of Adam, for the generator.
    pub generator_rate: f32,
    /// Of Adam, for the discriminator.
    pub discriminator_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
}
