//! Training CycleGAN: the page's own job, on our scenes or on folders of pictures.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::Device;

use super::own::gather;
use super::run::{Inputs, Output, file, networks};
use crate::data::own::Prepared;
use crate::data::unpaired::{Unpaired, UnpairedDrawer};
use crate::error::Error;
use crate::jobs::{Cyclegan, check_cyclegan};
use crate::protocol::{CycleganConfig, CycleganControl, CycleganTask, JobConfig};

/// Pictures of each kind that it is measured on, at most.
const HELD: usize = 48;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: CycleganConfig,
    /// With `task: "own"`: folders, zips or idx files of A and of B. A checkpoint holds what was made of them.
    pub folders: Option<[PathBuf; 2]>,
    /// The side in pixels that their pictures, of A and of B, are reduced to before pieces are cut out; [`load_size`] if
    /// nothing is said.
    pub load: [Option<u32>; 2],
    /// A file of [`train`]'s, with whose generators to begin; these settings must fit them.
    pub from: Option<PathBuf>,
    /// See [`Output`].
    pub output: Output,
    /// Live controls that a run takes over when it goes on.
    pub control: CycleganControl,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// All four networks in half precision; the generators' weights are their running average.
    pub file: Vec<u8>,
    /// The last numbers, by name.
    pub metrics: BTreeMap<String, f32>,
}

/// The side that pictures are reduced to before pieces of `size` px are cut out; the reference has 286 for 256.
#[must_use]
pub fn load_size(size: u32) -> u32 {
    size * 286 / 256
}

/// The user's own pictures: those that a checkpoint holds, or those of the folders, which go into `inputs`.
fn own(
    settings: &Settings,
    config: &CycleganConfig,
    inputs: &mut Inputs,
    mut told: impl FnMut(String),
) -> Result<Unpaired, Error> {
    let mut sides = Vec::new();
    for (i, role) in ["a", "b"].into_iter().enumerate() {
        let prepared = match (inputs.get(role), &settings.folders) {
            (Some((_, bytes)), _) => Prepared::read(bytes)?,
            (None, Some(folders)) => {
                let load = settings.load[i].unwrap_or_else(|| load_size(config.size));
                gather(&folders[i], load)?
            }
            (None, None) => {
                return Err(Error::BadSetting {
                    name: "task",
                    detail: "there is nothing to learn from".into(),
                });
            }
        };
        told(format!("{role}: {}", prepared.summary()));
        inputs.insert(role.into(), (role.into(), prepared.write()?));
        sides.push(prepared);
    }
    let sides: [_; 2] = sides.try_into().expect("two of them");
    Unpaired::own(config, sides, HELD)
}

/// Trains to the last step and tells a line now and then.
///
/// # Errors
/// Those of the job and of [`gather`]; `Unexpected` if a file cannot be read or written.
pub fn train(
    settings: &Settings,
    device: &Device,
    mut told: impl FnMut(String),
) -> Result<Outcome, Error> {
    let mut config = settings.config.clone();
    let mut saved = settings.output.saved()?;
    let mut inputs = Inputs::new();
    if let Some(saved) = &mut saved {
        let JobConfig::Cyclegan(of_run) = &saved.config else {
            return Err(settings.output.another("cyclegan"));
        };
        // A run may be made longer, and its live controls be moved.
        config = CycleganConfig {
            steps: config.steps,
            ..of_run.clone()
        };
        config.apply(&settings.control);
        inputs = std::mem::take(&mut saved.inputs);
    }
    check_cyclegan(&config)?;
    let data = match config.task {
        CycleganTask::Own => own(settings, &config, &mut inputs, &mut told)?,
        _ => UnpairedDrawer::new(&config, HELD).finish(),
    };
    let saved = saved.map(|saved| (saved.meta, saved.tensors));
    let fresh = saved.is_none();
    let mut job = Cyclegan::new(&config, data, saved, device)?;
    if let Some(from) = settings.from.as_ref().filter(|_| fresh) {
        let bytes = std::fs::read(from).map_err(file(from))?;
        job.begin_with_generators(&from.to_string_lossy(), &bytes)?;
    }
    let metrics = settings.output.run(&mut job, &inputs, told)?;
    let file = networks(&job)?;
    Ok(Outcome { file, metrics })
}
