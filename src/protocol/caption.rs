//! What a sentence about a scene says, for the page: the words are `data::captions`'.

use serde::{Deserialize, Serialize};

/// What is asked of captions: what `text` says, or if `values` are given a sentence that says them, or with a `seed` a random
/// caption in which the `values` hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct CaptionAsked {
    pub text: String,
    /// The number of each attribute's value, absent where it is open: hour, season, building, paint, trees, weather.
    pub values: Option<Vec<Option<u8>>>,
    pub seed: Option<u32>,
    /// In which language a sentence is made.
    pub korean: bool,
}

/// The answer.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct CaptionSaid {
    pub text: String,
    /// What the text says, as in [`CaptionAsked::values`].
    pub values: Vec<Option<u8>>,
    /// For each value of each attribute, whether it is possible beside what is said of the others.
    pub possible: Vec<Vec<bool>>,
    /// Why it cannot be said: `unknown`, `contradiction`, `impossible`, `long` or `empty`.
    pub reason: Option<String>,
    /// The word that cannot be said.
    pub word: String,
    /// What can be said in its place, nearest first.
    pub nearest: Vec<String>,
}
