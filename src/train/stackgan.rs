//! Training StackGAN: the page's own job, with a progress line, sheets of captions and a checkpoint that it goes on from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::Device;

use super::run::{Inputs, Output, file, networks};
use crate::data::captioned::CaptionDrawer;
use crate::error::Error;
use crate::jobs::{Stackgan, check_stackgan};
use crate::protocol::{JobConfig, StackganConfig, StackganControl};

/// Captions that it is judged by while it learns, and in the end.
const HELD: usize = 96;
const JUDGED: usize = 500;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: StackganConfig,
    /// Networks to begin with instead of fresh ones.
    pub from: Option<PathBuf>,
    /// See [`Output`].
    pub output: Output,
    /// Live controls that a run takes over when it goes on.
    pub control: StackganControl,
    /// Steps of the stages, if a run that goes on takes others from here on.
    pub steps: [Option<u32>; 3],
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// All networks in half precision; the generators' weights are their running averages.
    pub file: Vec<u8>,
    /// The last numbers, by name.
    pub metrics: BTreeMap<String, f32>,
}

/// Trains to the last step and tells a line now and then.
///
/// # Errors
/// Those of the job; `Unexpected` if a file cannot be read or written.
pub fn train(
    settings: &Settings,
    device: &Device,
    told: impl FnMut(String),
) -> Result<Outcome, Error> {
    let mut config = settings.config.clone();
    let saved = settings.output.saved()?;
    if let Some(saved) = &saved {
        let JobConfig::Stackgan(of_run) = &saved.config else {
            return Err(settings.output.another("stackgan"));
        };
        let [encoder, first, second] = settings.steps;
        config = StackganConfig {
            encoder_steps: encoder.unwrap_or(of_run.encoder_steps),
            first_steps: first.unwrap_or(of_run.first_steps),
            second_steps: second.unwrap_or(of_run.second_steps),
            ..of_run.clone()
        };
        config.apply(&settings.control);
    }
    check_stackgan(&config)?;
    let size = config.size as usize;
    let data = CaptionDrawer::new(size, config.count as usize, 1).finish();
    let held = CaptionDrawer::new(size, HELD, 1_000_000).finish();
    let saved = saved.map(|saved| (saved.meta, saved.tensors));
    let fresh = saved.is_none();
    let mut job = Stackgan::new(&config, data, held, saved, device)?;
    if let Some(from) = settings.from.as_ref().filter(|_| fresh) {
        let bytes = std::fs::read(from).map_err(file(from))?;
        job.begin_with(&from.to_string_lossy(), &bytes)?;
    }
    let metrics = settings.output.run(&mut job, &Inputs::new(), told)?;
    let file = networks(&job)?;
    Ok(Outcome { file, metrics })
}
