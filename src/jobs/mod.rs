//! What a user can start, one file each: small state machines behind [`Job`].

mod cyclegan;
mod gan;
mod gatys;
mod gatys_config;
mod gatys_image;
mod gatys_targets;
mod patch;
mod pix2pix;
mod progan;
mod stackgan;
mod state;
mod stylize;
mod training;
mod walk;

use std::collections::BTreeMap;

use burn::tensor::{Int, Tensor};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::protocol::{JobConfig, Sheet};

pub use cyclegan::{
    Cyclegan, CycleganMetrics, CycleganState, CycleganTrainer, ReplayBuffer, check_cyclegan,
    estimate_cyclegan,
};
pub use gan::{
    Gan, GanMetrics, GanSeen, GanState, GanTrainer, TrainedGenerator, check_gan, classifier_of,
    estimate_gan, read_generator, real_points,
};
pub use gatys::Gatys;
pub use gatys_config::{Memory, Scale, estimate, network_layers, scales};
pub use gatys_image::enlarge;
pub use gatys_targets::{GatysInputs, Losses, Targets};
pub use pix2pix::{
    Pix2pix, Pix2pixMetrics, Pix2pixState, Pix2pixTrainer, check_pix2pix, estimate_pix2pix,
};
pub use progan::{
    Progan, ProganBatch, ProganMetrics, ProganState, ProganTrainer, check_progan, estimate_progan,
};
pub use stackgan::{
    Stackgan, StackganBatch, StackganMetrics, StackganState, StackganTrainer, check_stackgan,
    estimate_stackgan,
};
pub use state::RunState;
pub use stylize::{
    Network, PictureGenerator, Stylize, VariantTime, check_stylize, estimate_stylize,
    fastest_variant, read_picture_generator, variant_times,
};
pub use walk::{Walk, check_walk};

/// Something the user started. The session calls [`Job::step`] until it is done; every await
/// (reading numbers, showing pictures, yielding) is the session's.
pub trait Job {
    /// Queue one unit of work on the GPU. Never reads back.
    ///
    /// # Errors
    /// Those that the job's own preparation can have.
    fn step(&mut self) -> Result<Status, Error>;
    /// The picture to show now: `[H, W]` packed RGBA8, still on the GPU.
    fn preview(&self) -> Tensor<2, Int>;
    /// Whether live controls count when all steps are done, too: they change only what is shown.
    fn lasting(&self) -> bool {
        false
    }
    /// Whether every single step is shown, however quick they are.
    fn each(&self) -> bool {
        false
    }
    /// Another picture than the present one, as [`Job::preview`]; none if the job has no such.
    fn sheet(&self, _which: Sheet) -> Option<Tensor<2, Int>> {
        None
    }
    /// Named scalars of the last step, each `[1]`, still on the GPU.
    fn metrics(&self) -> Vec<(String, Tensor<1>)>;
    /// Where the job stands.
    fn progress(&self) -> Progress;
    /// Whether [`Job::preview`] is shown as it changes: not if it is drawn from what it [`Job::tell`]s, or has nothing yet.
    fn pictured(&self) -> bool {
        true
    }
    /// More to read along with the metrics, by name, still on the GPU; nothing if nothing is due.
    fn look(&mut self) -> Vec<(String, Tensor<1>)> {
        Vec::new()
    }
    /// What follows from the numbers that [`Job::look`] asked for.
    fn tell(&mut self, _seen: BTreeMap<String, Vec<f32>>) -> Told {
        Told::default()
    }
    /// Apply live controls from the next step on.
    ///
    /// # Errors
    /// `BadSetting` for an unknown one or a value out of range; nothing is changed then.
    fn tune(&mut self, control: &Value) -> Result<(), Error>;
    /// The metrics read last were finite: remember the picture they were measured on.
    fn keep(&mut self);
    /// Go back to the picture that was kept last.
    fn restore(&mut self);
    /// The whole state: what `load` needs to go on as if nothing had happened.
    fn save(&self) -> Snapshot;
    /// The networks that it trains, as a file of weights has them; none if it trains none.
    fn networks(&self) -> Option<Networks> {
        None
    }
}

/// Whether a job has steps left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// More to do.
    Running,
    /// All steps are done.
    Done,
}

/// See [`Job::progress`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: u32,
    /// Steps in all.
    pub of: u32,
    /// Work done and in all, in floating-point operations: steps of later scales weigh more.
    pub done: f64,
    /// See `done`.
    pub total: f64,
    /// The present size of the picture in pixels.
    pub width: u32,
    /// See `width`.
    pub height: u32,
}

/// See [`Job::tell`].
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Numbers that stand beside the metrics.
    pub metrics: BTreeMap<String, f32>,
    /// Arrays that the page draws.
    pub plot: BTreeMap<String, Vec<f32>>,
}

/// Live controls as a job knows them.
///
/// # Errors
/// `BadSetting` if one is unknown or of another type.
fn controls<T: DeserializeOwned>(control: &Value) -> Result<T, Error> {
    let bad = |detail: String| Error::BadSetting {
        name: "control",
        detail,
    };
    // What is not a number in JavaScript arrives as null.
    let given = control.as_object().into_iter().flatten();
    if let Some((name, _)) = { given }.find(|(_, value)| value.is_null()) {
        return Err(bad(format!("{name} is not a number")));
    }
    serde_json::from_value(control.clone()).map_err(|e| bad(e.to_string()))
}

/// See [`Job::networks`].
#[derive(Debug)]
pub struct Networks {
    /// The settings, to be noted in the file.
    pub settings: String,
    /// Tensors by the reference's names, flat, still on the GPU, and their shapes.
    pub tensors: Vec<(String, Tensor<1>, Vec<usize>)>,
}

/// See [`Job::save`].
#[derive(Debug)]
pub struct Snapshot {
    /// The settings, with the live controls as they stand.
    pub config: JobConfig,
    /// Everything else that is not a tensor.
    pub meta: Value,
    /// Tensors by name, flat, still on the GPU.
    pub tensors: Vec<(String, Tensor<1>)>,
}
