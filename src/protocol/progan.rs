//! Settings of `progan`: two networks that grow from 4 px on (Karras et al. 2018, arXiv 1710.10196).

use serde::{Deserialize, Serialize};

use super::{GanConfig, GanData, GanVariant, Learning};

/// What the two networks play for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum ProganObjective {
    /// The paper's: the Wasserstein distance with a gradient penalty and drift (`losses::wasserstein`).
    WganGp,
    /// Squared distance to 1 and 0: a step takes less than half of the time, and there is no penalty.
    LeastSquares,
}

/// Settings of `progan`; ranges are checked by `jobs::check_progan`. Defaults are the paper's where nothing else is said,
/// with far narrower networks and phases that are shorter by far, that a page can train them. In a hundredth of the steps a
/// weight of `N(0, 1)` gets nowhere at the paper's rates: these are ten times as large, and fall at the end of a level.
///
/// A run learns level 0 (4 px) from `stable` pictures; each next level, twice as large, fades in over `fade` pictures and
/// is learnt from `stable` more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ProganConfig {
    /// `digits`, `scenes` or `pictures`.
    pub data: GanData,
    /// Id of a trained start in the manifest, whose networks are those of these settings: a run then begins with its last
    /// level, which has faded in. Empty: from scratch.
    pub start: String,
    /// Side of the last level's pictures in pixels: 4, 8, ... 256.
    pub size: u32,
    /// How many pictures are drawn of digits and scenes, 4..=20,000, as far as they fit 256 MB.
    pub count: u32,
    /// Whether half of the pictures that are learnt from are mirrored, left and right, at random.
    pub mirror: bool,
    pub learning: Learning,
    /// Seeds the weights, the noise and the order of the data.
    pub seed: u32,
    /// Pictures over which a level fades in, 1..=1e7; the paper's are 600,000 (800,000 in its first version).
    pub fade: u32,
    /// Pictures from which a level is learnt after that, 1..=1e7; the paper's are as many.
    pub stable: u32,
    /// Pictures per step at each level, 1..=256; the last stands for all that follow. Deviations over the batch are taken in
    /// groups of 4 if that divides it.
    pub batches: Vec<u32>,
    /// Numbers of noise, `N(0, 1)`, 1..=512; the paper's are 512.
    pub latent: u32,
    /// Channels of a level are `min(fmapBase / 2^(level + 1), fmapMax)`, at least 1; the paper's are 8192 and 512.
    /// 2..=8192.
    pub fmap_base: u32,
    /// See `fmapBase`; 1..=512.
    pub fmap_max: u32,
    pub objective: ProganObjective,
    /// Weight of the gradient penalty, 0..=1000.
    pub penalty: f32,
    /// Weight of the squared scores of real pictures, 0..=1.
    pub drift: f32,
    /// Decay of the running average of the generator's weights, with which pictures are drawn, 0..=0.9999; 0 takes the
    /// weights. The paper's is 0.999.
    pub averaging: f32,
    /// The last part of each level, 0..=1, over which both rates fall, in a straight line, to a hundredth; 0: they stay, as
    /// the paper's.
    pub settle: f32,
    /// Of Adam, for the generator; the paper's is 1e-3.
    pub generator_rate: f32,
    /// Of Adam, for the discriminator; the paper's is 1e-3.
    pub discriminator_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
    /// Whether the schedule is held: the networks learn on, but the present level does not go on to fade in, or to end.
    pub hold: bool,
}

impl Default for ProganConfig {
    fn default() -> Self {
        Self {
            data: GanData::Scenes,
            start: String::new(),
            size: 32,
            count: 1000,
            mirror: false,
            learning: Learning::Both,
            seed: 1,
            fade: 8000,
            stable: 8000,
            batches: vec![16],
            latent: 64,
            fmap_base: 512,
            fmap_max: 64,
            objective: ProganObjective::WganGp,
            penalty: 10.0,
            drift: 1e-3,
            averaging: 0.99,
            settle: 0.5,
            generator_rate: 1e-2,
            discriminator_rate: 1e-2,
            beta1: 0.0,
            beta2: 0.99,
            hold: false,
        }
    }
}

/// Live controls of `progan`: what is absent stays as it is. Ranges as in [`ProganConfig`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ProganControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<bool>,
    /// Goes to where the present level has faded in so far, 0..=1; 1 is the beginning of what follows the fade. The first
    /// level has no fade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_rate: Option<f32>,
}

impl ProganConfig {
    /// Takes over the live controls that are settings.
    pub fn apply(&mut self, control: &ProganControl) {
        let set = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        self.learning = control.learning.unwrap_or(self.learning);
        self.hold = control.hold.unwrap_or(self.hold);
        set(&mut self.penalty, control.penalty);
        set(&mut self.generator_rate, control.generator_rate);
        set(&mut self.discriminator_rate, control.discriminator_rate);
    }

    /// The last level.
    ///
    /// # Panics
    /// If the size is below 4.
    #[must_use]
    pub fn top(&self) -> u32 {
        self.size.ilog2() - 2
    }

    /// Pictures per step at a level.
    ///
    /// # Panics
    /// If there are no batches.
    #[must_use]
    pub fn batch(&self, level: u32) -> u32 {
        self.batches[(level as usize).min(self.batches.len() - 1)]
    }

    /// Pictures over which a level fades in: none of the first.
    #[must_use]
    pub fn fading(&self, level: u32) -> u32 {
        if level == 0 { 0 } else { self.fade }
    }

    /// What of the rates there is at a level of which so many pictures have been shown; see [`Self::settle`].
    #[must_use]
    pub fn pace(&self, level: u32, shown: u32) -> f32 {
        let all = f64::from(self.fading(level)) + f64::from(self.stable);
        let left = 1.0 - f64::from(shown) / all;
        if self.settle > 0.0 {
            (left / f64::from(self.settle)).clamp(0.01, 1.0) as f32
        } else {
            1.0
        }
    }

    /// Steps from here to the end of a level of which so many pictures have been shown.
    #[must_use]
    pub fn steps_left(&self, level: u32, shown: u32) -> u32 {
        let all = self.fading(level).saturating_add(self.stable);
        all.saturating_sub(shown).div_ceil(self.batch(level))
    }

    /// The settings of the lab that ask for the same pictures.
    #[must_use]
    pub fn pictures(&self) -> GanConfig {
        GanConfig {
            size: self.size,
            count: self.count,
            mirror: self.mirror,
            ..GanConfig::of(Some(GanVariant::Dcgan), Some(self.data))
        }
    }
}
