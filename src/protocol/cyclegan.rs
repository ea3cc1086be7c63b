//! Settings of `cyclegan`: learning to turn pictures of one kind into another and back, without pairs (Zhu et al. 2017,
//! arXiv 1703.10593).

use serde::{Deserialize, Serialize};

use super::{Learning, Objective};

/// Which two kinds of pictures there are, A and B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum CycleganTask {
    /// Our own scenes without snow, and in winter.
    Winter,
    /// Our own scenes by day, and by night.
    Night,
    /// Our own scenes with horses, and with zebras.
    Stripes,
    /// The user's own, prepared by `Request::Prepare` and given as `inputs.a` and `inputs.b`.
    Own,
}

/// Settings of `cyclegan`; ranges are checked by `jobs::check_cyclegan`. Defaults are pytorch-CycleGAN-and-pix2pix's where
/// nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CycleganConfig {
    pub task: CycleganTask,
    /// Side of a picture in pixels: 32, 64, 128 or 256, the reference's.
    pub size: u32,
    /// How many pictures are drawn of each kind, 2..=20,000, as far as they fit 256 MB.
    pub count: u32,
    /// Whether half of the pictures that are learnt from are mirrored, left and right, at random.
    pub mirror: bool,
    pub learning: Learning,
    /// Id of a trained start in the manifest, whose networks are those of these settings; empty: from scratch.
    pub start: String,
    /// Seeds the first weights, the order of the pictures and the replay buffers.
    pub seed: u32,
    /// Training steps, each of all four networks, 1..=1e6.
    pub steps: u32,
    /// Pictures of each kind per step, 1..=64.
    pub batch: u32,
    /// Channels of the generators at full size, 1..=128; the reference's are 64.
    pub width: u32,
    /// Channels after the discriminators' first convolution, 1..=128; the reference's are 64.
    pub discriminator_width: u32,
    /// Residual blocks of a generator, 1..=12; the paper's are 6 for 128 px and 9 from 256 px on.
    pub blocks: u32,
    /// Whether the generators double pixels before a convolution where the reference's have transposed convolutions, which
    /// leave a grid in the pictures.
    pub upsample: bool,
    /// Side of the square that each opinion is on, as in `Pix2pixConfig`.
    pub patch: u32,
    pub objective: Objective,
    /// Weight of the ways there and back, `E|F(G(x)) - x|` and `E|G(F(y)) - y|` in -1..1, 0..=1000.
    pub cycle: f32,
    /// Weight of the distances `E|G(y) - y|` and `E|F(x) - x|`, times `cycle`, 0..=100: what is of the right kind already is
    /// to stay as it is. 0 leaves them out.
    pub identity: f32,
    /// Pictures in each replay buffer, 0..=200: half of what a discriminator is shown as generated was drawn in earlier
    /// steps. 0 shows it the newest alone.
    pub pool: u32,
    /// Of Adam, for both generators.
    pub generator_rate: f32,
    /// Of Adam, for both discriminators.
    pub discriminator_rate: f32,
    /// Share of the steps, the last ones, over which both rates fall to 0 in a straight line, 0..=1.
    pub decay: f32,
    pub beta1: f32,
    pub beta2: f32,
    /// Decay of the running average of the generators' weights, with which pictures are drawn; 0 takes the weights.
    pub averaging: f32,
}

impl Default for CycleganConfig {
    fn default() -> Self {
        Self {
            task: CycleganTask::Winter,
            size: 64,
            count: 400,
            mirror: true,
            learning: Learning::Both,
            start: String::new(),
            seed: 1,
            steps: 4000,
            batch: 1,
            width: 16,
            discriminator_width: 16,
            blocks: 6,
            upsample: false,
            patch: 70,
            objective: Objective::LeastSquares,
            cycle: 10.0,
            identity: 0.5,
            pool: 50,
            generator_rate: 2e-4,
            discriminator_rate: 2e-4,
            decay: 0.5,
            beta1: 0.5,
            beta2: 0.999,
            averaging: 0.0,
        }
    }
}

/// Live controls of `cyclegan`: what is absent stays as it is. Ranges as in [`CycleganConfig`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CycleganControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_rate: Option<f32>,
}

impl CycleganConfig {
    /// By how much the rates of the step after `step` steps are multiplied. The reference's `lambda_rule`, with a step in
    /// the place of an epoch: `1 - max(0, step + 1 - n) / (d + 1)`, where the last `d` of all steps fall and the `n` before
    /// do not.
    #[must_use]
    pub fn factor(&self, step: u32) -> f32 {
        let falling = (f64::from(self.decay) * f64::from(self.steps)).round() as u32;
        let constant = self.steps - falling.min(self.steps);
        let fallen = (step + 1).saturating_sub(constant).min(falling);
        (1.0 - f64::from(fallen) / (f64::from(falling) + 1.0)) as f32
    }

    /// Takes over the live controls that are given.
    pub fn apply(&mut self, control: &CycleganControl) {
        let set = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        self.learning = control.learning.unwrap_or(self.learning);
        self.pool = control.pool.unwrap_or(self.pool);
        set(&mut self.cycle, control.cycle);
        set(&mut self.identity, control.identity);
        set(&mut self.generator_rate, control.generator_rate);
        set(&mut self.discriminator_rate, control.discriminator_rate);
    }
}
