//! What the page and the worker say to each other. TypeScript types are generated from here.
//!
//! `run` is a number the page counts up; it marks every message of one job, and messages of an old
//! run are dropped. Big things (file bytes, bitmaps, blobs) travel beside a message, never in it.

#![allow(
    missing_docs,
    reason = "what a field means stands with its message or setting"
)]

mod caption;
mod cyclegan;
mod gan;
mod pix2pix;
mod progan;
mod stackgan;
mod stylize;
mod walk;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::error::Failure;

pub use caption::{CaptionAsked, CaptionSaid};
pub use cyclegan::{CycleganConfig, CycleganControl, CycleganTask};
pub use gan::{
    GanConfig, GanControl, GanData, GanNetwork, GanVariant, Learning, NoiseLabel, Objective,
    PictureLabel,
};
pub use pix2pix::{Pairing, Pix2pixConfig, Pix2pixControl, Pix2pixTask};
pub use progan::{ProganConfig, ProganControl, ProganObjective};
pub use stackgan::{StackganConfig, StackganControl};
pub use stylize::{Kernels, StylizeConfig, StylizeControl};
pub use walk::{Between, Generator, Place, Term, WalkConfig, WalkControl};

/// Page to worker.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Request {
    /// Start a job. Beside it: [`Inputs`], and the bytes of a network the job needs.
    Start { run: u32, job: JobConfig },
    /// Continue a checkpoint exactly where it stood. Beside it: the checkpoint's bytes.
    Resume { run: u32 },
    /// Hold the run (`on: true`) or let it go on.
    Pause { run: u32, on: bool },
    /// Change live controls of the running job.
    Tune {
        run: u32,
        #[cfg_attr(
            target_family = "wasm",
            tsify(
                type = "Partial<GatysControl> | Partial<GanControl> | Partial<WalkControl> | Partial<Pix2pixControl> | Partial<CycleganControl> | Partial<StylizeControl> | Partial<ProganControl> | Partial<StackganControl>"
            )
        )]
        control: serde_json::Value,
    },
    /// A held run does so many steps and is held again. Answered by [`Event::Paused`].
    Step { run: u32, count: u32 },
    /// Stop; the best picture so far is kept.
    Stop { run: u32 },
    /// Encode the present picture. Answered by [`Event::Image`].
    Image {
        run: u32,
        ticket: u32,
        encoding: Encoding,
    },
    /// Save the whole state. Answered by [`Event::Checkpoint`].
    Checkpoint { run: u32, ticket: u32 },
    /// Save the networks that the job trains. Answered by [`Event::Weights`].
    Weights { run: u32, ticket: u32 },
    /// What would this job take? Answered by [`Event::Estimate`].
    Estimate {
        ticket: u32,
        job: JobConfig,
        width: u32,
        height: u32,
    },
    /// Draw one of our own pictures. Answered by [`Event::Sample`].
    Sample {
        ticket: u32,
        kind: SampleKind,
        name: String,
        seed: u32,
        size: u32,
    },
    /// Draw the first samples that a `gan` would learn from: pictures as a PNG, eight in a row; points as JSON, x and y of
    /// each. Beside it, for `data: "pictures"`: [`Inputs`]. Answered by [`Event::Sample`].
    Data { ticket: u32, job: JobConfig },
    /// Make a data set of files, for squares of `size` pixels. Beside it: the files; `names` are theirs in the same order,
    /// with their folders. Answered by [`Event::Preparing`], then [`Event::Prepared`]. One at a time: a newer one stops it.
    Prepare {
        ticket: u32,
        size: u32,
        names: Vec<String>,
        /// Make pairs of them for `pix2pix`.
        #[serde(default)]
        pairs: Option<Pairing>,
    },
    /// What does a sentence about a scene say, or how is it said? Answered by [`Event::Caption`].
    Caption { ticket: u32, asked: CaptionAsked },
    /// Stop a [`Request::Prepare`], which then fails with `stopped`.
    Abandon { ticket: u32 },
    /// Hold every kernel against its reference on this GPU. Answered by [`Event::SelfTest`].
    SelfTest { ticket: u32 },
    /// Free a finished run's memory.
    Forget { run: u32 },
}

/// Worker to page.
#[allow(
    clippy::large_enum_variant,
    reason = "the largest, `Loaded`, is made once"
)]
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Event {
    /// The module is loaded; samples can be drawn. The GPU is being started.
    Loaded {
        models: Vec<ModelInfo>,
        defaults: Defaults,
        samples: Samples,
    },
    /// The GPU is up; jobs can start.
    Ready { adapter: AdapterInfo },
    /// A network's weights are being fetched, in bytes; or, with `model: "data"`, pictures to learn from are being drawn.
    Loading {
        run: u32,
        model: String,
        done: u64,
        total: u64,
        /// Whether it was on this device already.
        stored: bool,
    },
    /// A stored file of weights was damaged; it is fetched again.
    Mended { file: String },
    /// The job's inputs are decoded; what it will take, and what was done to the inputs.
    Started {
        run: u32,
        width: u32,
        height: u32,
        estimate: Estimate,
        notes: Vec<Note>,
        /// Of a `walk`.
        #[serde(skip_serializing_if = "Option::is_none")]
        generator: Option<Generator>,
        /// Of a `stylize`: the generators that its file holds, if there are several.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        generators: Vec<String>,
        /// Of a `stylize`: what its network was laid out as. What was measured once may be asked for the next time.
        #[serde(skip_serializing_if = "Option::is_none")]
        kernels: Option<Kernels>,
    },
    /// About every 100 ms.
    Progress {
        run: u32,
        step: u32,
        of: u32,
        /// Named scalars of the newest step.
        #[cfg_attr(target_family = "wasm", tsify(type = "Record<string, number>"))]
        metrics: BTreeMap<String, f32>,
        /// A moving average over the present scale; absent before the second reading.
        seconds_per_step: Option<f64>,
        /// Seconds to go, with later scales weighed by their pixels; absent before it is known.
        eta: Option<f64>,
        /// The present size of the picture in pixels (it grows from coarse to fine).
        width: u32,
        height: u32,
    },
    /// A picture of the present state. The ImageBitmap travels beside it.
    Frame {
        run: u32,
        step: u32,
        width: u32,
        height: u32,
    },
    /// What a run is drawn from, if not from a picture: arrays of numbers by name, see the job.
    Plot {
        run: u32,
        step: u32,
        #[cfg_attr(target_family = "wasm", tsify(type = "Record<string, number[]>"))]
        arrays: BTreeMap<String, Vec<f32>>,
    },
    /// The run is held, or goes on.
    Paused { run: u32, on: bool },
    /// A control was applied from this step on.
    Tuned { run: u32, step: u32 },
    /// A control was out of range and not applied; the run goes on.
    Refused { run: u32, error: Failure },
    /// All steps are done, or `stopped` by the user.
    Finished { run: u32, step: u32, stopped: bool },
    /// Something failed. Without `run` it is the engine itself.
    Failed {
        run: Option<u32>,
        ticket: Option<u32>,
        error: Failure,
    },
    /// Answers [`Request::Caption`].
    Caption { ticket: u32, said: CaptionSaid },
    /// Answers [`Request::Image`]; the Blob travels beside it.
    Image { run: u32, ticket: u32 },
    /// Answers [`Request::Checkpoint`]; the Blob travels beside it.
    Checkpoint { run: u32, ticket: u32 },
    /// Answers [`Request::Weights`]; the Blob travels beside it.
    Weights { run: u32, ticket: u32 },
    /// Answers [`Request::Sample`] and [`Request::Data`]; the Blob travels beside it.
    Sample { ticket: u32 },
    /// How far a [`Request::Prepare`] is, in files; archives add theirs as they are opened.
    Preparing {
        ticket: u32,
        done: u32,
        total: u32,
        /// Pictures that are kept.
        count: u32,
        left: Vec<LeftOut>,
    },
    /// Answers [`Request::Prepare`]; the data set travels beside it as a Blob, for `inputs.data`.
    Prepared {
        ticket: u32,
        /// How many pictures are in it.
        count: u32,
        /// The names of their classes; none without labels.
        classes: Vec<String>,
        left: Vec<LeftOut>,
    },
    /// Answers [`Request::SelfTest`].
    SelfTest {
        ticket: u32,
        checks: Vec<KernelCheck>,
    },
    /// Answers [`Request::Estimate`].
    Estimate { ticket: u32, estimate: Estimate },
}

/// What a data set was made without, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct LeftOut {
    /// `broken`, `not-a-picture`, `unsupported` (a format that nobody here reads), `too-large`, `too-many`, `zip-bomb`,
    /// `nested-zip`, `encrypted`, `bad-idx`, `unreadable`; `labels-do-not-fit` (no pictures to a file of labels);
    /// `without-label` (pictures that are used, but keep the others from having classes); `not-a-pair` (nothing that has
    /// two sides, or lies in a folder), `without-partner` (no file of its name in the other folder).
    pub code: String,
    /// How many files or pictures.
    pub count: u32,
    /// The names of the first three.
    pub names: Vec<String>,
}

/// What kind of picture Easel draws itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum SampleKind {
    /// A small world from `data::scenes`, to be stylized.
    Scene,
    /// A picture in an art style from `data::styles`, to take the style from.
    Style,
    /// The label map of a scene, a square, as `pix2pix` is given it.
    Labels,
    /// The edges of a scene's photo, likewise.
    Edges,
}

/// The names that [`Request::Sample`] knows.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct Samples {
    pub scene: Vec<String>,
    pub style: Vec<String>,
}

/// How a saved picture is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct Encoding {
    /// `image/png`, `image/jpeg` or `image/webp`.
    #[serde(rename = "type")]
    pub mime: String,
    /// 0..1 for JPEG and WebP.
    pub quality: f64,
    /// What is on it.
    pub sheet: Sheet,
}

impl Default for Encoding {
    fn default() -> Self {
        Self {
            mime: "image/png".into(),
            quality: 0.92,
            sheet: Sheet::Now,
        }
    }
}

/// What [`Request::Image`] asks for. A job that has no such sheet gives the present picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Sheet {
    /// The present picture.
    Now,
    /// `walk`: its places, in a row.
    Places,
    /// `walk`: around a place, by its number, from -3 to 3 along the two strongest directions: seven rows of seven, the
    /// first direction to the right, the second upwards.
    Map(u32),
    /// `cyclegan`: both replay buffers, that of pictures of B first, 25 in a row.
    Buffer,
    /// `progan`: the same noise at every level, as the network drew it when the level was left, a row for each.
    Levels,
    /// `progan`: real pictures as the discriminator is shown them now.
    Real,
    /// `pix2pix`: what becomes of a picture of the run's size, red, green and blue of one pixel after the other.
    Of(Vec<u8>),
    /// `stackgan`: what eight noises of a seed become with a sentence, Stage-I above and Stage-II below.
    Said {
        text: String,
        /// If it says something: a walk in eight steps from `text` to this, of one noise.
        #[serde(default)]
        to: String,
        seed: u32,
    },
}

/// A job and all its settings. Every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(tag = "job", rename_all = "kebab-case")]
pub enum JobConfig {
    /// Stylize one picture by optimisation (Gatys et al. 2015).
    Gatys(GatysConfig),
    /// Train two networks against each other (Goodfellow et al. 2014).
    Gan(GanConfig),
    /// Walk through the noise of a trained generator.
    Walk(WalkConfig),
    /// Learn to turn one picture into another from pairs (Isola et al. 2017).
    Pix2pix(Pix2pixConfig),
    /// Turn one picture into another by a trained network.
    Stylize(StylizeConfig),
    /// Learn to turn pictures of one kind into another without pairs (Zhu et al. 2017).
    Cyclegan(CycleganConfig),
    /// Train two networks that grow (Karras et al. 2018).
    Progan(ProganConfig),
    /// Learn to draw what a sentence says, in two stages (Zhang et al. 2017).
    Stackgan(StackganConfig),
}

/// The defaults of every job, as the page shows them.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct Defaults {
    /// See [`GatysConfig`].
    pub gatys: GatysConfig,
    /// Of every variant with all that it can learn from.
    pub gan: Vec<GanConfig>,
    /// See [`WalkConfig`].
    pub walk: WalkConfig,
    /// See [`Pix2pixConfig`].
    pub pix2pix: Pix2pixConfig,
    /// See [`StylizeConfig`].
    pub stylize: StylizeConfig,
    /// See [`CycleganConfig`].
    pub cyclegan: CycleganConfig,
    /// See [`ProganConfig`].
    pub progan: ProganConfig,
    /// See [`StackganConfig`].
    pub stackgan: StackganConfig,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            gatys: GatysConfig::default(),
            gan: GanConfig::all(),
            walk: WalkConfig::default(),
            pix2pix: Pix2pixConfig::default(),
            stylize: StylizeConfig::default(),
            cyclegan: CycleganConfig::default(),
            progan: ProganConfig::default(),
            stackgan: StackganConfig::default(),
        }
    }
}

/// Settings of `gatys`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GatysConfig {
    /// Long side of the result in pixels, 16..=4096. The result has the content's aspect.
    pub size: u32,
    /// Steps over all scales together, 1..=10000.
    pub steps: u32,
    /// Seeds the noise of `init: "noise"`.
    pub seed: u32,
    /// Weight of the content loss (alpha of the paper), 0..=1e6.
    pub content_weight: f32,
    /// Weight of the style loss (beta of the paper), 0..=1e6.
    pub style_weight: f32,
    /// Weight of the total variation, 0..=1e6.
    pub tv_weight: f32,
    /// Adam: the step in units of the 0..1 picture, usually 0.02. L-BFGS: the step length, usually 1.
    /// 0.0001..=10.
    pub learning_rate: f32,
    /// Who moves the pixels.
    pub optimizer: Optimizer,
    /// What the picture starts as.
    pub init: Init,
    /// Id of the feature network in the manifest, or `custom` for a dropped file.
    pub network: String,
    /// Relative weight w_l per style layer, by name ("relu1_2"); empty: the network's own.
    #[cfg_attr(target_family = "wasm", tsify(type = "Record<string, number>"))]
    pub style_layers: BTreeMap<String, f32>,
    /// The layer of the content loss; empty: the network's own.
    pub content_layer: String,
    /// Size of the style pictures relative to the result, 0.1..=4.
    pub style_scale: f32,
    /// Blend weight of each style picture; missing ones count 1. They are normalised to sum 1.
    pub blend: Vec<f32>,
    /// Whether the content keeps its colours.
    pub keep_colors: KeepColors,
    /// Long side of the coarsest scale; scales grow by sqrt 2 up to `size`. 0 or >= size: one scale.
    pub coarsest: u32,
    /// Decay of the running average of iterates that is shown, 0..=0.9999; 0 shows the iterate.
    pub averaging: f32,
    /// How a layer's loss is scaled.
    pub scaling: Scaling,
    /// How features are pooled.
    pub pooling: Pooling,
}

impl Default for GatysConfig {
    fn default() -> Self {
        Self {
            size: 384,
            steps: 200,
            seed: 1,
            content_weight: 1.0,
            style_weight: 20.0,
            tv_weight: 10.0,
            learning_rate: 0.02,
            optimizer: Optimizer::Adam,
            init: Init::Content,
            network: "features".into(),
            style_layers: BTreeMap::new(),
            content_layer: String::new(),
            style_scale: 1.5,
            blend: Vec::new(),
            keep_colors: KeepColors::No,
            coarsest: 128,
            averaging: 0.9,
            scaling: Scaling::Relative,
            pooling: Pooling::Average,
        }
    }
}

impl GatysConfig {
    /// Takes over the live controls that are given.
    pub fn apply(&mut self, control: &GatysControl) {
        let set = |value: &mut f32, given: Option<f32>| *value = given.unwrap_or(*value);
        set(&mut self.content_weight, control.content_weight);
        set(&mut self.style_weight, control.style_weight);
        set(&mut self.tv_weight, control.tv_weight);
        set(&mut self.learning_rate, control.learning_rate);
    }
}

/// See [`GatysConfig::optimizer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Adam with betas 0.9 and 0.99, clamped to the gamut each step.
    Adam,
    /// L-BFGS with a history of 10 and no line search.
    Lbfgs,
}

/// See [`GatysConfig::init`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// The content picture.
    Content,
    /// Grey with noise, from `seed`.
    Noise,
    /// A picture given as `inputs.init`.
    Picture,
}

/// See [`GatysConfig::keep_colors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum KeepColors {
    /// The style's colours come along.
    No,
    /// Luminance of the result, colour of the content (YIQ).
    Luminance,
    /// The style is first given the content's mean and covariance of colour.
    Histogram,
}

/// See [`GatysConfig::scaling`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Squared error over the target's squared norm: every layer and network speaks in the same units.
    Relative,
    /// The paper's: content 1/2 sum (F-P)^2, style sum (G-A)^2 / (4 N^2) with Gram matrices per pixel.
    Paper,
}

/// See [`GatysConfig::pooling`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// As the networks were trained.
    Max,
    /// As Gatys et al. preferred: smoother, without the grid that max pooling leaves.
    Average,
}

/// Live controls of `gatys`: what is absent stays as it is. Ranges as in [`GatysConfig`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GatysControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tv_weight: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f32>,
}

/// The GPU in use, as the worker's probe of `navigator.gpu` finds it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct AdapterInfo {
    pub vendor: String,
    pub architecture: String,
    pub description: String,
    /// A software adapter: everything works, slowly.
    pub fallback: bool,
    pub features: Vec<String>,
    /// The limits the device was started with, by WebGPU's names.
    #[cfg_attr(target_family = "wasm", tsify(type = "Record<string, number>"))]
    pub limits: BTreeMap<String, f64>,
}

/// One entry of `weights/manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    pub id: String,
    /// File name under `weights/`.
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    /// The job it serves.
    pub job: String,
    /// The architecture it must load into.
    pub architecture: String,
    /// Its card, a file name under `weights/`.
    pub card: String,
}

/// One kernel's result against its reference.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
pub struct KernelCheck {
    /// `gram gradient [2, 5, 7, 3]`
    pub name: String,
    /// The largest difference, relative to the largest true value; absent if it is not a number.
    pub worst: Option<f32>,
    /// The largest that rounding explains.
    pub tolerance: f32,
    pub passed: bool,
}

/// What a job takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// Size of the result in pixels.
    pub width: u32,
    pub height: u32,
    /// GPU memory at the finest scale, in bytes.
    pub bytes: u64,
    /// The largest single buffer, in bytes.
    pub largest_buffer: u64,
    /// Floating-point operations of the whole run.
    pub flops: f64,
    /// Seconds, once this device's speed is known from an earlier run.
    pub seconds: Option<f64>,
    pub fits: bool,
    /// The longest side that fits, in pixels.
    pub largest: u32,
}

/// Something done to an input that the user should know; translated by code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// `first-frame` (animation), `turned` (EXIF), `sixteen-bit`, `wrong-extension`, `cmyk`, `shrunk`, `alpha-kept`.
    pub code: String,
    /// The input's name.
    pub subject: String,
}
