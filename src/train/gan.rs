//! Training the starts of the GAN lab: the page's own job, with a progress line, sheets of samples and a checkpoint that it
//! goes on from.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use image::RgbaImage;

use super::own::gather;
use crate::data::dataset::{Dataset, Drawer};
use crate::data::own::Prepared;
use crate::error::Error;
use crate::jobs::{Gan, Job, Status, classifier_of};
use crate::models::ClassifierConfig;
use crate::protocol::{GanConfig, GanControl, GanData, JobConfig, LeftOut};
use crate::quality::{Recognition, recognition};
use crate::weights::{Checkpoint, write_checkpoint, write_f16};

/// Steps from one progress line to the next.
pub(super) const LINE: u32 = 50;
/// Pictures that it is judged by.
const HELD: usize = 512;
/// Samples that the classifier judges at the end.
pub const JUDGED: usize = 1000;

/// See [`Checkpoint::inputs`].
pub(super) type Inputs = BTreeMap<String, (String, Vec<u8>)>;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: GanConfig,
    /// With `data: "pictures"`: a folder, a zip or an idx file. A checkpoint holds what was made of it.
    pub data: Option<PathBuf>,
    /// What names the classes of its samples; if nothing is said the page's own, where it is.
    pub classifier: Option<PathBuf>,
    /// The weights; beside it lie the checkpoint (`.easel`) and the newest sheet of samples (`.png`).
    pub out: PathBuf,
    /// Steps from one checkpoint to the next.
    pub every: u32,
    /// Goes on with the checkpoint beside `out`.
    pub resume: bool,
    /// Live controls that a run takes over when it goes on.
    pub control: GanControl,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// Both networks in half precision; the generator's weights are their running average.
    pub file: Vec<u8>,
    /// The last numbers, by name.
    pub metrics: BTreeMap<String, f32>,
    /// What the classifier says of [`JUDGED`] samples at the end.
    pub recognised: Option<Recognition>,
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
    let saved = match settings.resume {
        true => Some(Checkpoint::read(&fs::read(&state).map_err(file(&state))?)?),
        false => None,
    };
    let mut config = settings.config.clone();
    if let Some(JobConfig::Gan(of_run)) = saved.as_ref().map(|saved| &saved.config) {
        // A run may be made longer, and its live controls be moved.
        config = GanConfig {
            steps: config.steps,
            ..of_run.clone()
        };
        config.apply(&settings.control);
    }
    let nothing = || Error::BadSetting {
        name: "data",
        detail: "there is nothing to learn from".into(),
    };
    let mut inputs = Inputs::new();
    let (data, held) = if config.data == GanData::Pictures {
        let kept = saved.as_ref().and_then(|saved| saved.inputs.get("data"));
        let own = match (kept, &settings.data) {
            (Some((_, bytes)), _) => Prepared::read(bytes)?,
            (None, Some(path)) => gather(path, config.size)?,
            (None, None) => return Err(nothing()),
        };
        told(summary(&own));
        inputs.insert("data".into(), ("data".into(), own.write()?));
        let (data, held) = own.for_run(&config)?;
        (Dataset::Pictures(data), Some(held))
    } else {
        let data = match Dataset::points(&config) {
            Some(points) => points,
            None => Dataset::Pictures(Drawer::new(&config).ok_or_else(nothing)?.finish()),
        };
        (data, Drawer::held(&config, HELD).map(Drawer::finish))
    };
    let saved = saved.map(|saved| (saved.meta, saved.tensors));
    let ([channels, size, _], classes) = (data.shape(), data.classes());
    let mut job = Gan::new(&config, data, held, saved, device)?;
    let own = || {
        let (id, _) = classifier_of(&config)?;
        let path = Path::new("weights").join(format!("{id}.safetensors"));
        path.exists().then_some(path)
    };
    let mut classifier = None;
    if let Some(path) = settings.classifier.clone().or_else(own) {
        let shape = ClassifierConfig {
            size,
            channels,
            classes,
        };
        let bytes = fs::read(&path).map_err(file(&path))?;
        let net = shape.read(&path.to_string_lossy(), &bytes, device)?;
        job.judged_by(net.clone());
        classifier = Some(net);
    }
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
            let per_step = begun.elapsed().as_secs_f64() / f64::from(progress.step - first);
            let left = per_step * f64::from(progress.of - progress.step) / 60.0;
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
    let read = |(name, x, shape): (String, Tensor<1>, Vec<usize>)| {
        let data = x.into_data();
        (
            name,
            TensorData::new(data.iter::<f32>().collect::<Vec<_>>(), shape),
        )
    };
    let tensors: Vec<_> = job.trainer().start().into_iter().map(read).collect();
    let config = serde_json::to_string(job.trainer().config());
    let config = config.map_err(|e| Error::Unexpected(e.to_string()))?;
    let file = write_f16(&tensors, BTreeMap::from([("easel".to_owned(), config)]))?;
    let recognised = classifier.map(|net| {
        let (noise, labels) = job.trainer().fixed(JUDGED);
        let logits = net.forward(job.trainer().sample(noise, &labels));
        recognition(&logits.into_data().iter().collect::<Vec<f32>>(), &labels)
    });
    Ok(Outcome {
        file,
        metrics,
        recognised,
    })
}

/// A line on a data set.
fn summary(own: &Prepared) -> String {
    let mut line = format!("{} pictures", own.pictures.len());
    if !own.classes.is_empty() {
        line += &format!(
            " in {} classes: {}",
            own.classes.len(),
            own.classes.join(", ")
        );
    }
    line + &left_out(&own.left)
}

/// What a data set was made without.
pub(super) fn left_out(all: &[LeftOut]) -> String {
    let one = |left: &LeftOut| format!("; {} {}: {}", left.count, left.code, left.names.join(", "));
    all.iter().map(one).collect()
}

pub(super) fn file(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |e| Error::Unexpected(format!("{}: {e}", path.display()))
}

/// Metrics and what follows from a look.
pub(super) fn numbers(job: &mut dyn Job) -> BTreeMap<String, f32> {
    let read = |(name, x): (String, Tensor<1>)| (name, x.into_data().iter().collect::<Vec<f32>>());
    let scalars = job.metrics().into_iter().map(read);
    let mut metrics: BTreeMap<_, _> = scalars.map(|(name, x)| (name, x[0])).collect();
    let seen = job.look().into_iter().map(read).collect();
    metrics.extend(job.tell(seen).metrics);
    metrics
}

/// The whole state, complete or not at all.
pub(super) fn keep(job: &dyn Job, inputs: &Inputs, path: &Path) -> Result<(), Error> {
    let snapshot = job.save();
    let read = |(name, x): (String, Tensor<1>)| (name, x.into_data());
    let tensors: Vec<_> = snapshot.tensors.into_iter().map(read).collect();
    let bytes = write_checkpoint(&snapshot.config, &snapshot.meta, inputs, &tensors)?;
    let part = path.with_extension("part");
    fs::write(&part, bytes).map_err(file(&part))?;
    fs::rename(&part, path).map_err(file(path))
}

pub(super) fn picture(job: &dyn Job) -> Result<RgbaImage, Error> {
    let preview = job.preview();
    let [h, w] = preview.dims();
    let data = preview.into_data();
    let bytes = data.iter::<i32>().flat_map(i32::to_le_bytes).collect();
    let picture = RgbaImage::from_raw(w as u32, h as u32, bytes);
    picture.ok_or_else(|| Error::Unexpected("the picture has the wrong size".into()))
}
