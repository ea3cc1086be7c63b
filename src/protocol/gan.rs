//! Settings of the GAN lab. Where their defaults come from: [`GanConfig::reference`].

mod defaults;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

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

/// What is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum GanData {
    /// Points: eight blobs on a circle.
    Ring,
    /// Points: 25 blobs.
    Grid,
    /// Points: two half circles.
    Moons,
    /// Points: `drawing`.
    Drawn,
    /// Our own digits; ten classes.
    Digits,
    /// Our own scenes; a class for each kind.
    Scenes,
    /// The user's own, prepared by `Request::Prepare` and given as `inputs.data`.
    Pictures,
}

impl GanData {
    /// Whether samples are points of the plane and not pictures.
    #[must_use]
    pub fn points(self) -> bool {
        matches!(self, Self::Ring | Self::Grid | Self::Moons | Self::Drawn)
    }
}

/// Which networks a step changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Learning {
    Both,
    Generator,
    Discriminator,
}

/// Settings of a GAN; ranges are checked by `jobs::check_gan`. What is not given is taken from `GanConfig::of` the
/// variant and the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    default,
    deny_unknown_fields,
    remote = "Self"
)]
pub struct GanConfig {
    pub variant: GanVariant,
    pub data: GanData,
    /// Side of a picture in pixels.
    pub size: u32,
    /// How many pictures are drawn of digits and scenes.
    pub count: u32,
    /// Whether half of the pictures that are learnt from are mirrored, left and right, at random.
    pub mirror: bool,
    /// By how many pixels they are moved at random, each way at most.
    pub shift: u32,
    /// Corners of each stroke of `data: "drawn"`, within -1..1.
    pub drawing: Vec<Vec<[f32; 2]>>,
    /// Deviation across the strokes of `drawing`.
    pub brush: f32,
    pub learning: Learning,
    /// Id of a trained start in the manifest, whose networks are those of these settings, or `custom` for one given as
    /// `inputs.network`; empty: from scratch.
    pub start: String,
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
    /// Deviation of the noise added to what the discriminator sees; it falls to 0 until half of
    /// the steps are done.
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

impl Default for GanConfig {
    fn default() -> Self {
        Self::points()
    }
}

impl Serialize for GanConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for GanConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// What decides the defaults.
        #[derive(Deserialize)]
        struct Kind {
            variant: Option<GanVariant>,
            data: Option<GanData>,
        }
        let given = Map::deserialize(deserializer)?;
        let kind: Kind =
            serde_json::from_value(Value::Object(given.clone())).map_err(D::Error::custom)?;
        let defaults = Self::of(kind.variant, kind.data);
        let all = serde_json::to_value(&defaults).map_err(D::Error::custom)?;
        let Value::Object(mut all) = all else {
            return Err(D::Error::custom("settings are an object"));
        };
        all.extend(given);
        Self::deserialize(Value::Object(all)).map_err(D::Error::custom)
    }
}

/// Live controls of `gan`: what is absent stays as it is. Ranges as in [`GanConfig`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GanControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_steps: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_smoothing: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_noise: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_rate: Option<f32>,
}

impl GanConfig {
    /// Takes over the live controls that are given.
    pub fn apply(&mut self, control: &GanControl) {
        let set = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        self.learning = control.learning.unwrap_or(self.learning);
        self.discriminator_steps = control
            .discriminator_steps
            .unwrap_or(self.discriminator_steps);
        set(&mut self.label_smoothing, control.label_smoothing);
        set(&mut self.instance_noise, control.instance_noise);
        set(&mut self.generator_rate, control.generator_rate);
        set(&mut self.discriminator_rate, control.discriminator_rate);
    }
}
