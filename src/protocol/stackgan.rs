//! Settings of `stackgan`: from a sentence to a picture in two stages (Zhang et al. 2017, arXiv 1612.03242).

use serde::{Deserialize, Serialize};

use super::Learning;

/// Settings of `stackgan`; ranges are checked by `jobs::check_stackgan`. Defaults are the reference's where nothing else is
/// said, with far narrower networks and smaller pictures, that a page can train them.
///
/// A run learns in three stages: the encoder of sentences, then Stage-I, which draws small pictures, then Stage-II, which
/// draws large ones from those. The stages before no longer learn then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StackganConfig {
    /// Id of a trained start in the manifest, whose networks are those of these settings; empty: from scratch.
    pub start: String,
    /// Side of Stage-I's pictures in pixels: 16, 32 or 64; the reference's is 64.
    pub low: u32,
    /// Side of Stage-II's, 2 or 4 times as many; the reference's is 256.
    pub size: u32,
    /// How many captioned pictures are drawn, 4..=20,000, as far as they fit 256 MB.
    pub count: u32,
    pub learning: Learning,
    /// Seeds the weights, the noise and the order of the data.
    pub seed: u32,
    /// Steps of the encoder, 0..=1e6.
    pub encoder_steps: u32,
    /// Steps of Stage-I, 0..=1e6.
    pub first_steps: u32,
    /// Steps of Stage-II, 0..=1e6. Where no stage has steps, nothing is learnt, but sentences are drawn.
    pub second_steps: u32,
    /// Pictures per step, 2..=128; the reference's are 64.
    pub batch: u32,
    /// Numbers of a sentence's embedding, 1..=1024; the reference's are 1024.
    pub embedding: u32,
    /// Numbers of the condition drawn around it, 1..=256; the reference's are 128.
    pub condition: u32,
    /// Numbers of noise, `N(0, 1)`, 1..=256; the reference's are 100.
    pub noise: u32,
    /// Channels of Stage-I's last layer but one and of Stage-II's first, 1..=128; the reference's are 128.
    pub width: u32,
    /// Channels after a discriminator's first convolution, and after the picture encoder's, 1..=128; the reference's are 64.
    pub discriminator_width: u32,
    /// Residual blocks of Stage-II, 0..=8; the reference's are 4.
    pub residuals: u32,
    /// Weight of the divergence of the condition, 0..=100. The reference's is 2, on 128 numbers; of 32 numbers learnt with a
    /// weight of 1, a linear classifier told the building that was said in 59 % of conditions, and in 99 % of embeddings:
    /// the divergence took the sentence away.
    pub divergence: f32,
    /// Weight of the encoder's opinion on what the generators draw, 0..=100: its loss on sentences and generated pictures
    /// (the idea of AttnGAN's, Xu et al. 2018, arXiv 1711.10485). The reference has none, which is 0.
    pub matching: f32,
    /// Deviation of the noise on all pictures that a discriminator is shown, 0..=2 (Sønderby et al. 2017, arXiv 1610.04490):
    /// real and generated ones overlap. The reference has none, which is 0.
    pub instance_noise: f32,
    /// Decay of the running average of the generators' weights, with which pictures are drawn, 0..=0.9999; 0 takes the
    /// weights, as the reference.
    pub averaging: f32,
    /// Of Adam, for the encoder.
    pub encoder_rate: f32,
    /// Of Adam, for both generators.
    pub generator_rate: f32,
    /// Of Adam, for both discriminators.
    pub discriminator_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
}

impl Default for StackganConfig {
    fn default() -> Self {
        Self {
            start: String::new(),
            low: 32,
            size: 64,
            count: 1000,
            learning: Learning::Both,
            seed: 1,
            encoder_steps: 300,
            first_steps: 2000,
            second_steps: 1500,
            batch: 16,
            embedding: 64,
            condition: 48,
            noise: 32,
            width: 16,
            discriminator_width: 16,
            residuals: 2,
            divergence: 0.05,
            matching: 0.1,
            instance_noise: 0.0,
            averaging: 0.99,
            encoder_rate: 1e-3,
            generator_rate: 5e-4,
            discriminator_rate: 5e-4,
            beta1: 0.5,
            beta2: 0.999,
        }
    }
}

/// Live controls of `stackgan`: what is absent stays as it is. Ranges as in [`StackganConfig`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StackganControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    /// Ends the present stage, unless it is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_noise: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_rate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_rate: Option<f32>,
}

impl StackganConfig {
    /// Takes over the live controls that are settings.
    pub fn apply(&mut self, control: &StackganControl) {
        let set = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        self.learning = control.learning.unwrap_or(self.learning);
        set(&mut self.divergence, control.divergence);
        set(&mut self.matching, control.matching);
        set(&mut self.instance_noise, control.instance_noise);
        set(&mut self.encoder_rate, control.encoder_rate);
        set(&mut self.generator_rate, control.generator_rate);
        set(&mut self.discriminator_rate, control.discriminator_rate);
    }

    /// Steps of the three stages.
    #[must_use]
    pub fn stages(&self) -> [u32; 3] {
        [self.encoder_steps, self.first_steps, self.second_steps]
    }

    /// Steps in all.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.stages().iter().sum()
    }

    /// The stage after so many steps: 0 the encoder, 1 and 2 Stage-I and Stage-II.
    #[must_use]
    pub fn stage(&self, step: u32) -> usize {
        let [encoder, first, _] = self.stages();
        usize::from(step >= encoder) + usize::from(step >= encoder + first)
    }
}
