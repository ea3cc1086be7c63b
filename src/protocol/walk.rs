//! Settings of `walk`: a path through the noise of a trained generator.

use serde::{Deserialize, Serialize};

/// A place in the generator's noise, `z = sum(weight noise(seed)) / sqrt(sum(weight²)) + sum(moves[i] direction[i])`: as
/// likely as any other noise, but for the moves. `noise(seed)` is from `N(0, 1)`; the directions are those of
/// `jobs::TrainedGenerator`, the strongest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Place {
    /// One for a noise as it is drawn, several for arithmetic between places; 1 to 16.
    pub terms: Vec<Term>,
    /// In deviations of the noise, -8..=8 each; missing ones are 0. At most 8.
    pub moves: Vec<f32>,
    /// Class of the sample, below the generator's number of classes; ignored without labels.
    pub label: u32,
}

/// See [`Place::terms`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Term {
    pub seed: u32,
    /// Not 0, -8..=8.
    pub weight: f32,
}

/// How one gets from a place to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Between {
    /// `(sin((1-t) w) a + sin(t w) b) / sin w` with `w` the angle between them (White 2016, arXiv 1609.04468): all noise on
    /// the way is as long as that at its ends.
    Sphere,
    /// `(1-t) a + t b`: half way between two independent noises it is shorter by `sqrt(2)`, which the generator has rarely
    /// seen.
    Line,
}

/// What a walk goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Generator {
    /// How many numbers its noise has.
    pub latent: u32,
    /// How many labels it knows; 1 if it takes none.
    pub classes: u32,
    /// How many directions [`Place::moves`] can go along.
    pub directions: u32,
    /// Side of a sample in pixels; 1 for points of the plane.
    pub size: u32,
}

/// Settings of `walk`; ranges are checked by `jobs::check_walk`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WalkConfig {
    /// Id of a model of the job `gan` in the manifest, or `custom` for a file given as `inputs.network`.
    pub network: String,
    /// Pictures in all, 1..=1e6. A held run draws as many more as it is asked for.
    pub steps: u32,
    /// 1 to 32.
    pub places: Vec<Place>,
    pub between: Between,
    /// From the last place to the first again; otherwise there and back.
    pub closed: bool,
    /// Pictures from a place to the next, 1..=1000.
    pub frames: u32,
    /// Where the next picture is, in places from the first, 0..=1000; 1.5 is half way from the second to the third.
    pub at: f32,
    /// Every class side by side, for a generator that knows labels.
    pub classes: bool,
}

impl Default for WalkConfig {
    fn default() -> Self {
        let place = |seed| Place {
            terms: vec![Term { seed, weight: 1.0 }],
            ..Place::default()
        };
        Self {
            network: "dcgan-scenes".into(),
            steps: 1_000_000,
            // A coast, a desert, an evening, a winter and a wood, of the default network.
            places: [16, 6, 45, 35, 13].map(place).to_vec(),
            between: Between::Sphere,
            closed: true,
            frames: 40,
            at: 0.0,
            classes: false,
        }
    }
}

impl WalkConfig {
    /// Takes over the live controls that are given.
    pub fn apply(&mut self, control: WalkControl) {
        let WalkControl {
            places,
            between,
            closed,
            frames,
            at,
            classes,
        } = control;
        self.places = places.unwrap_or_else(|| std::mem::take(&mut self.places));
        self.between = between.unwrap_or(self.between);
        self.closed = closed.unwrap_or(self.closed);
        self.frames = frames.unwrap_or(self.frames);
        self.at = at.unwrap_or(self.at);
        self.classes = classes.unwrap_or(self.classes);
    }
}

/// Live controls of `walk`: what is absent stays as it is. Ranges as in [`WalkConfig`]. A held run shows them at its next
/// step.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WalkControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places: Option<Vec<Place>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<Between>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<bool>,
}
