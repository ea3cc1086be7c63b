//! Training pix2pix: the page's own job, with a progress line, sheets of pairs and a checkpoint that it goes on from.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};

use super::gan::{Inputs, LINE, file, keep, left_out, numbers, picture};
use super::own::gather_pairs;
use crate::data::own::PreparedPairs;
use crate::data::pairs::PairDrawer;
use crate::error::Error;
use crate::jobs::{Job, Pix2pix, Status, check_pix2pix};
use crate::protocol::{JobConfig, Pairing, Pix2pixConfig, Pix2pixTask};
use crate::weights::{Checkpoint, write_f16};

/// Pairs that it is measured on.
const HELD: usize = 48;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: Pix2pixConfig,
    /// With `task: "own"`: where the pairs are, and how they are made. A checkpoint holds what was made of them.
    pub own: Option<(Vec<PathBuf>, Pairing)>,
    /// The weights; beside it lie the checkpoint (`.easel`) and the newest sheet of pairs (`.png`).
    pub out: PathBuf,
    /// Steps from one checkpoint to the next.
    pub every: u32,
    /// Goes on with the checkpoint beside `out`.
    pub resume: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// Both networks in half precision; the generator's weights are their running average.
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
    mut told: impl FnMut(String),
) -> Result<Outcome, Error> {
    let state = settings.out.with_extension("easel");
    let mut config = settings.config.clone();
    let saved = match settings.resume {
        true => Some(Checkpoint::read(&fs::read(&state).map_err(file(&state))?)?),
        false => None,
    };
    if let Some(saved) = &saved {
        let JobConfig::Pix2pix(of_run) = &saved.config else {
            let detail = format!("{} is of another job", state.display());
            return Err(Error::BadCheckpoint(detail));
        };
        // A run may be made longer.
        config = Pix2pixConfig {
            steps: config.steps,
            ..of_run.clone()
        };
    }
    check_pix2pix(&config)?;
    let mut inputs = Inputs::new();
    let (data, held) = if config.task == Pix2pixTask::Own {
        let kept = saved.as_ref().and_then(|saved| saved.inputs.get("data"));
        let own = match (kept, &settings.own) {
            (Some((_, bytes)), _) => PreparedPairs::read(bytes)?,
            (None, Some((places, pairing))) => gather_pairs(places, config.size, *pairing)?,
            (None, None) => {
                return Err(Error::BadSetting {
                    name: "task",
                    detail: "`own` needs pairs".into(),
                });
            }
        };
        told(format!("{} pairs{}", own.pairs.len(), left_out(&own.left)));
        inputs.insert("data".into(), ("data".into(), own.write()?));
        own.for_run(config.size)?
    } else {
        let held = PairDrawer::held(&config, HELD).finish();
        (PairDrawer::new(&config).finish(), held)
    };
    let saved = saved.map(|saved| (saved.meta, saved.tensors));
    let mut job = Pix2pix::new(&config, data, &held, saved, device)?;
    let (begun, first) = (Instant::now(), job.progress().step);
    let mut metrics = BTreeMap::new();
    loop {
        let status = job.step()?;
        let progress = job.progress();
        let last = status == Status::Done;
        if progress.step % LINE == 0 || last {
            metrics.extend(numbers(&mut job));
            if metrics.values().any(|x| !x.is_finite()) {
                return Err(Error::NotFinite {
                    step: progress.step,
                });
            }
            // A run that was over does no step.
            let done = (progress.step - first).max(1);
            let per_step = begun.elapsed().as_secs_f64() / f64::from(done);
            let left = per_step * f64::from(progress.of - progress.step.min(progress.of)) / 60.0;
            let shown = metrics.iter().map(|(name, x)| format!("{name} {x:.3}"));
            let shown = shown.collect::<Vec<_>>().join(" ");
            told(format!(
                "{} of {}: {shown}; {per_step:.2} s a step, {left:.0} min left",
                progress.step, progress.of
            ));
        }
        if progress.step % settings.every == 0 || last {
            keep(&job, &inputs, &state)?;
            let sheet = settings.out.with_extension("png");
            picture(&job)?
                .save(&sheet)
                .map_err(|e| Error::Unexpected(format!("{}: {e}", sheet.display())))?;
        }
        if last {
            break;
        }
    }
    let read = |(name, x, shape): (_, Tensor<1>, Vec<usize>)| {
        let values: Vec<f32> = x.into_data().iter().collect();
        (name, TensorData::new(values, shape))
    };
    let tensors: Vec<_> = job.trainer().trained().into_iter().map(read).collect();
    let config = serde_json::to_string(job.trainer().config());
    let config = config.map_err(|e| Error::Unexpected(e.to_string()))?;
    let file = write_f16(&tensors, BTreeMap::from([("easel".to_owned(), config)]))?;
    Ok(Outcome { file, metrics })
}
