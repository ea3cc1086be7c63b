//! Every way Easel can refuse or fail, named by what the person at the screen can do about it.

use serde::Serialize;

/// What went wrong. `code` is stable and is what the page translates; `Display` is the English
/// sentence with the particulars.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The browser has no WebGPU, or hides it because the page is not secure.
    #[error("this browser has no WebGPU")]
    NoWebGpu,
    /// WebGPU exists but gives no adapter: hardware acceleration off, driver on a block list.
    #[error("no graphics adapter: {0}")]
    NoAdapter(String),
    /// The adapter's limits are below what the engine needs.
    #[error("the adapter's limit {name} is {value}, {needed} is needed")]
    Limits {
        /// WebGPU's name of the limit.
        name: &'static str,
        /// What the adapter offers.
        value: u64,
        /// What Easel needs.
        needed: u64,
    },
    /// The GPU went away while working: restart the worker and start again from the inputs.
    #[error("the GPU was lost: {0}")]
    DeviceLost(String),
    /// A job needs more memory than the adapter gives; `largest` is the side that fits.
    #[error("{size} px does not fit this GPU; the largest that does is {largest} px")]
    TooLarge {
        /// The long side asked for, in pixels.
        size: u32,
        /// The longest side that fits, in pixels.
        largest: u32,
    },
    /// A file that is not a picture Easel can read. `code` says in which way.
    #[error("{name}: {detail}")]
    BadImage {
        /// The input's name, as the user knows it.
        name: String,
        /// `image-empty`, `image-not-a-picture`, `image-truncated`, `image-too-large`, ...
        code: &'static str,
        /// English particulars.
        detail: String,
    },
    /// A weight file that is not what it claims to be. `code` says in which way.
    #[error("{name}: {detail}")]
    BadWeights {
        /// The model's id or the file's name.
        name: String,
        /// `weights-hash`, `weights-shape`, `weights-not-finite`, `weights-header`, `weights-truncated`, ...
        code: &'static str,
        /// English particulars.
        detail: String,
    },
    /// A checkpoint that cannot be continued.
    #[error("this checkpoint cannot be continued: {0}")]
    BadCheckpoint(String),
    /// The loss became infinite or not a number; the last good picture is kept.
    #[error("the numbers ran away at step {step}; the last good picture is kept")]
    NotFinite {
        /// The step at which it was seen.
        step: u32,
    },
    /// A setting out of its range.
    #[error("{name}: {detail}")]
    BadSetting {
        /// The setting, as the API spells it.
        name: &'static str,
        /// The range, and what was given.
        detail: String,
    },
    /// A data set of the user's own that cannot be learnt from. `code` says in which way.
    #[error("{detail}")]
    BadData {
        /// `data-too-few`, `data-broken`, `data-size` or `data-labels`.
        code: &'static str,
        /// English particulars.
        detail: String,
    },
    /// What was asked for was called off.
    #[error("it was stopped")]
    Stopped,
    /// A request for a run that is not there (any more).
    #[error("there is no such run")]
    NoRun,
    /// A defect of ours.
    #[error("unexpected: {0}")]
    Unexpected(String),
}

impl Error {
    /// The stable code that the page translates and a program can test.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoWebGpu => "no-webgpu",
            Self::NoAdapter(_) => "no-adapter",
            Self::Limits { .. } => "limits",
            Self::DeviceLost(_) => "device-lost",
            Self::TooLarge { .. } => "too-large",
            Self::BadImage { code, .. }
            | Self::BadWeights { code, .. }
            | Self::BadData { code, .. } => code,
            Self::BadCheckpoint(_) => "bad-checkpoint",
            Self::NotFinite { .. } => "not-finite",
            Self::BadSetting { .. } => "bad-setting",
            Self::Stopped => "stopped",
            Self::NoRun => "no-run",
            Self::Unexpected(_) => "unexpected",
        }
    }

    /// The same in the form that travels to the page.
    pub fn failure(&self) -> Failure {
        Failure {
            code: self.code().into(),
            message: self.to_string(),
            subject: match self {
                Self::BadImage { name, .. } | Self::BadWeights { name, .. } => Some(name.clone()),
                Self::BadSetting { name, .. } => Some((*name).into()),
                _ => None,
            },
            largest: match self {
                Self::TooLarge { largest, .. } => Some(*largest),
                _ => None,
            },
        }
    }
}

/// An [`Error`] as the page receives it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// See [`Error::code`].
    pub code: String,
    /// English, with the particulars.
    pub message: String,
    /// The file or setting it is about, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// With `too-large`: the longest side that fits, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest: Option<u32>,
}
