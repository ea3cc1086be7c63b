//! Training Progressive GAN: the page's own job, with a progress line, sheets of samples and of all levels, and a checkpoint
//! that it goes on from.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::{Device, Int, Tensor, TensorData};
use image::RgbaImage;

use super::gan::{Inputs, LINE, file, keep, numbers};
use super::own::gather;
use crate::data::dataset::{Drawer, Pictures};
use crate::data::own::Prepared;
use crate::error::Error;
use crate::jobs::{Job, Progan, Status, check_progan};
use crate::protocol::{JobConfig, ProganConfig, ProganControl, Sheet};
use crate::weights::{Checkpoint, write_f16};

/// Pictures that it is judged by, half of them against as many generated ones.
const HELD: usize = 1000;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: ProganConfig,
    /// With `data: "pictures"`: a folder, a zip or an idx file. A checkpoint holds what was made of it.
    pub data: Option<PathBuf>,
    /// The weights; beside it lie the checkpoint (`.easel`), the newest samples (`.png`), the same noise at every level
    /// (`.levels.png`), and what each level ended with (`.4.png`, `.8.png`, ...).
    pub out: PathBuf,
    /// Steps from one checkpoint to the next.
    pub every: u32,
    /// Goes on with the checkpoint beside `out`.
    pub resume: bool,
    /// Live controls that a run takes over when it goes on.
    pub control: ProganControl,
    /// `fade` and `stable`, if a run that goes on takes others from here on.
    pub phases: [Option<u32>; 2],
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// Both networks in half precision; the generator's weights are their running average.
    pub file: Vec<u8>,
    /// The last numbers, by name.
    pub metrics: BTreeMap<String, f32>,
}

/// Trains to the end of the schedule and tells a line now and then, and one at the end of each level.
///
/// # Errors
/// Those of the job; `Unexpected` if a file cannot be read or written.
pub fn train(
    settings: &Settings,
    device: &Device,
    mut told: impl FnMut(String),
) -> Result<Outcome, Error> {
    let state = settings.out.with_extension("easel");
    let saved = match settings.resume {
        true => Some(Checkpoint::read(&fs::read(&state).map_err(file(&state))?)?),
        false => None,
    };
    let mut config = settings.config.clone();
    if let Some(saved) = &saved {
        let JobConfig::Progan(of_run) = &saved.config else {
            let detail = format!("{} is of another job", state.display());
            return Err(Error::BadCheckpoint(detail));
        };
        let [fade, stable] = settings.phases;
        config = ProganConfig {
            fade: fade.unwrap_or(of_run.fade),
            stable: stable.unwrap_or(of_run.stable),
            ..of_run.clone()
        };
        config.apply(&settings.control);
    }
    check_progan(&config)?;
    let (data, held, inputs) = pictures(&config, settings.data.as_deref(), saved.as_ref())?;
    let saved = saved.map(|saved| (saved.meta, saved.tensors));
    let mut job = Progan::new(&config, data, held, saved, device)?;
    let (begun, first) = (Instant::now(), job.progress());
    let mut metrics = BTreeMap::new();
    loop {
        let (level, side) = (job.trainer().level(), job.trainer().side());
        let ends = config.steps_left(level, job.trainer().shown()) <= LINE;
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
            let seconds = begun.elapsed().as_secs_f64();
            let per_step = seconds / f64::from(progress.step - first.step).max(1.0);
            let rate = (progress.done - first.done).max(1.0) / seconds;
            let left = (progress.total - progress.done) / rate / 60.0;
            let shown = metrics.iter().map(|(name, x)| format!("{name} {x:.3}"));
            let shown = shown.collect::<Vec<_>>().join(" ");
            told(format!(
                "{} of {}, {side} px: {shown}; {per_step:.2} s a step, {left:.0} min left",
                progress.step, progress.of
            ));
            if ends && job.trainer().level() == level {
                save(
                    &job.preview(),
                    &settings.out.with_extension(format!("{side}.png")),
                )?;
            }
        }
        if progress.step % settings.every == 0 || last {
            keep(&job, &inputs, &state)?;
            save(&job.preview(), &settings.out.with_extension("png"))?;
            if let Some(levels) = job.sheet(Sheet::Levels) {
                save(&levels, &settings.out.with_extension("levels.png"))?;
            }
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

/// What is learnt from, what it is judged by, and what of it a checkpoint holds.
fn pictures(
    config: &ProganConfig,
    path: Option<&Path>,
    saved: Option<&Checkpoint>,
) -> Result<(Pictures, Option<Pictures>, Inputs), Error> {
    let asked = config.pictures();
    let mut inputs = Inputs::new();
    if let Some(drawer) = Drawer::new(&asked) {
        let held = Drawer::held(&asked, HELD).map(Drawer::finish);
        return Ok((drawer.finish(), held, inputs));
    }
    let kept = saved.and_then(|saved| saved.inputs.get("data"));
    let own = match (kept, path) {
        (Some((_, bytes)), _) => Prepared::read(bytes)?,
        (None, Some(path)) => gather(path, config.size)?,
        (None, None) => {
            return Err(Error::BadSetting {
                name: "data",
                detail: "there is nothing to learn from".into(),
            });
        }
    };
    inputs.insert("data".into(), ("data".into(), own.write()?));
    let (data, held) = own.for_run(&asked)?;
    Ok((data, Some(held), inputs))
}

fn save(picture: &Tensor<2, Int>, path: &Path) -> Result<(), Error> {
    let [h, w] = picture.dims();
    let data = picture.clone().into_data();
    let bytes = data.iter::<i32>().flat_map(i32::to_le_bytes).collect();
    let picture = RgbaImage::from_raw(w as u32, h as u32, bytes);
    let picture = picture.ok_or_else(|| Error::Unexpected("the picture has the wrong size".into()));
    picture?
        .save(path)
        .map_err(|e| Error::Unexpected(format!("{}: {e}", path.display())))
}
