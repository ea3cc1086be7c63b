//! What a user can start, one file each: small state machines behind [`Job`].

mod gan;
mod gatys;
mod gatys_config;
mod gatys_image;
mod gatys_targets;

use burn::tensor::{Int, Tensor};

use crate::error::Error;
use crate::protocol::{GatysConfig, GatysControl};

pub use gan::{GanMetrics, GanSeen, GanState, GanTrainer, check_gan};
pub use gatys::Gatys;
pub use gatys_config::{Memory, Scale, estimate, network_layers, scales};
pub use gatys_image::enlarge;
pub use gatys_targets::{GatysInputs, Losses, Targets};

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
    /// Named scalars of the last step, each `[1]`, still on the GPU.
    fn metrics(&self) -> Vec<(String, Tensor<1>)>;
    /// Where the job stands.
    fn progress(&self) -> Progress;
    /// Apply a live control from the next step on.
    ///
    /// # Errors
    /// `BadSetting` for a value out of range; nothing is changed then.
    fn tune(&mut self, control: &GatysControl) -> Result<(), Error>;
    /// The metrics read last were finite: remember the picture they were measured on.
    fn keep(&mut self);
    /// Go back to the picture that was kept last.
    fn restore(&mut self);
    /// The whole state: what `load` needs to go on as if nothing had happened.
    fn save(&self) -> Snapshot;
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

/// See [`Job::save`].
#[derive(Debug)]
pub struct Snapshot {
    /// The settings, with the live controls as they stand.
    pub config: GatysConfig,
    /// Everything else that is not a tensor.
    pub meta: serde_json::Value,
    /// Tensors by name, flat, still on the GPU.
    pub tensors: Vec<(String, Tensor<1>)>,
}
