//! Settings of `stylize`: a trained network turns one picture into another.

use serde::{Deserialize, Serialize};

/// How a network is laid out for the kernels: how pictures and filters are stored, and whether 3x3 convolutions go through
/// Winograd's transforms, `F(4x4, 3x3)` with f32 and `F(2x2, 3x3)` with f16. Sums are f32 always. Where a device has no f16,
/// it is `f32-winograd`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Kernels {
    /// `measured` on a GPU, `f32-winograd` on a CPU in its guise.
    #[default]
    Auto,
    /// Each of those below draws a small picture first; the fastest whose picture is right is taken.
    Measured,
    F32Winograd,
    F32,
    F16Winograd,
    F16,
}

/// Settings of `stylize`; ranges are checked by `jobs::check_stylize`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StylizeConfig {
    /// Id of a model in the manifest that turns pictures into pictures, or `custom` for a file given as `inputs.network`.
    pub network: String,
    /// Which of the file's generators, by its name there; empty: the first.
    pub generator: String,
    /// Longest side of the result in pixels, 8..=16,384; 0 leaves the picture as large as it is.
    pub side: u32,
    /// How much of the result there is, 0..=1; the rest is the picture itself.
    pub strength: f32,
    /// Whether the picture keeps its colours: of the result only the luminance is taken (YIQ).
    pub keep_colors: bool,
    /// Whether a U-Net's dropout, its noise, stays on as in the paper.
    pub dropout: bool,
    /// Seeds the dropout.
    pub seed: u32,
    pub kernels: Kernels,
}

impl Default for StylizeConfig {
    fn default() -> Self {
        Self {
            network: "custom".into(),
            generator: String::new(),
            side: 0,
            strength: 1.0,
            keep_colors: false,
            dropout: true,
            seed: 1,
            kernels: Kernels::Auto,
        }
    }
}

/// Live controls of `stylize`: what is absent stays as it is. They count when the run is over, too, and do not run the
/// network again. Ranges as in [`StylizeConfig`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct StylizeControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_colors: Option<bool>,
}

impl StylizeConfig {
    /// Takes over the live controls that are given.
    pub fn apply(&mut self, control: &StylizeControl) {
        self.strength = control.strength.unwrap_or(self.strength);
        self.keep_colors = control.keep_colors.unwrap_or(self.keep_colors);
    }
}
