//! A job of the page on the native command: steps to the last, with a progress line, a checkpoint and a picture.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::{Int, Tensor, TensorData};
use image::RgbaImage;

use crate::error::Error;
use crate::jobs::{Job, Networks, Status};
use crate::protocol::Sheet;
use crate::weights::{Checkpoint, write_checkpoint, write_f16};

/// Steps from one progress line to the next.
const LINE: u32 = 50;

/// See [`Checkpoint::inputs`].
pub(super) type Inputs = BTreeMap<String, (String, Vec<u8>)>;

/// Where a run goes, and how often.
#[derive(Clone, Debug)]
pub struct Output {
    /// The weights; beside it lie the checkpoint (`.easel`) and the newest picture of the run (`.png`),
    /// of one that grows also all levels (`.levels.png`).
    pub out: PathBuf,
    /// Steps from one checkpoint to the next.
    pub every: u32,
    /// Goes on with the checkpoint beside `out`.
    pub resume: bool,
}

impl Output {
    fn state(&self) -> PathBuf {
        self.out.with_extension("easel")
    }

    /// The run to go on with, if that is wanted.
    pub(super) fn saved(&self) -> Result<Option<Checkpoint>, Error> {
        let state = self.state();
        Ok(match self.resume {
            true => Some(Checkpoint::read(&fs::read(&state).map_err(file(&state))?)?),
            false => None,
        })
    }

    /// Why a checkpoint cannot be gone on with that is not of the job `name`.
    pub(super) fn another(&self, name: &str) -> Error {
        Error::BadCheckpoint(format!("{} is not of {name}", self.state().display()))
    }

    /// Steps to the last and tells a line now and then; the last numbers, by name. `inputs` go into checkpoints.
    pub(super) fn run(
        &self,
        job: &mut dyn Job,
        inputs: &Inputs,
        mut told: impl FnMut(String),
    ) -> Result<BTreeMap<String, f32>, Error> {
        let (begun, first) = (Instant::now(), job.progress());
        let mut metrics = BTreeMap::new();
        loop {
            let status = job.step()?;
            let progress = job.progress();
            let last = status == Status::Done;
            if progress.step.is_multiple_of(LINE) || last {
                metrics.extend(numbers(job));
                if metrics.values().any(|x| !x.is_finite()) {
                    return Err(Error::NotFinite {
                        step: progress.step,
                    });
                }
                // A run that was over does no step.
                let done = (progress.step - first.step).max(1);
                let seconds = begun.elapsed().as_secs_f64();
                let per_step = seconds / f64::from(done);
                let rate = (progress.done - first.done).max(1.0) / seconds;
                let left = (progress.total - progress.done) / rate / 60.0;
                let shown = metrics.iter().map(|(name, x)| match x.abs() {
                    0.001.. => format!("{name} {x:.3}"),
                    _ => format!("{name} {x:.1e}"),
                });
                let shown = shown.collect::<Vec<_>>().join(" ");
                told(format!(
                    "{} of {}: {shown}; {per_step:.2} s a step, {left:.0} min left",
                    progress.step, progress.of
                ));
            }
            if progress.step.is_multiple_of(self.every) || last {
                keep(job, inputs, &self.state())?;
                picture(&job.preview(), &self.out.with_extension("png"))?;
                if let Some(levels) = job.sheet(Sheet::Levels) {
                    picture(&levels, &self.out.with_extension("levels.png"))?;
                }
            }
            if last {
                return Ok(metrics);
            }
        }
    }
}

/// The networks of a job in half precision, with its settings noted in the file.
///
/// # Errors
/// `Unexpected` if the job trains none, or a value does not fit a finite f16.
pub fn networks(job: &dyn Job) -> Result<Vec<u8>, Error> {
    let nothing = || Error::Unexpected("the job trains no networks".into());
    let Networks { settings, tensors } = job.networks().ok_or_else(nothing)?;
    let read = |(name, x, shape): (_, Tensor<1>, Vec<usize>)| {
        let values: Vec<f32> = x.into_data().iter().collect();
        (name, TensorData::new(values, shape))
    };
    let tensors: Vec<_> = tensors.into_iter().map(read).collect();
    write_f16(&tensors, BTreeMap::from([("easel".to_owned(), settings)]))
}

pub(super) fn file(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |e| Error::Unexpected(format!("{}: {e}", path.display()))
}

/// Metrics and what follows from a look.
fn numbers(job: &mut dyn Job) -> BTreeMap<String, f32> {
    let read = |(name, x): (String, Tensor<1>)| (name, x.into_data().iter().collect::<Vec<f32>>());
    let scalars = job.metrics().into_iter().map(read);
    let mut metrics: BTreeMap<_, _> = scalars.map(|(name, x)| (name, x[0])).collect();
    let seen = job.look().into_iter().map(read).collect();
    metrics.extend(job.tell(seen).metrics);
    metrics
}

/// The whole state, complete or not at all.
fn keep(job: &dyn Job, inputs: &Inputs, path: &Path) -> Result<(), Error> {
    let snapshot = job.save();
    let read = |(name, x): (String, Tensor<1>)| (name, x.into_data());
    let tensors: Vec<_> = snapshot.tensors.into_iter().map(read).collect();
    let bytes = write_checkpoint(&snapshot.config, &snapshot.meta, inputs, &tensors)?;
    let part = path.with_extension("part");
    fs::write(&part, bytes).map_err(file(&part))?;
    fs::rename(&part, path).map_err(file(path))
}

fn picture(packed: &Tensor<2, Int>, path: &Path) -> Result<(), Error> {
    let [h, w] = packed.dims();
    let data = packed.clone().into_data();
    let bytes = data.iter::<i32>().flat_map(i32::to_le_bytes).collect();
    let picture = RgbaImage::from_raw(w as u32, h as u32, bytes)
        .ok_or_else(|| Error::Unexpected("the picture has the wrong size".into()))?;
    let saved = picture.save(path);
    saved.map_err(|e| Error::Unexpected(format!("{}: {e}", path.display())))
}
