//! Training the starts of the GAN lab: the page's own job, with a progress line, sheets of samples and a checkpoint that it
//! goes on from.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::own::gather;
use super::run::{Inputs, Output, file, networks};
use crate::data::dataset::{Dataset, Drawer};
use crate::data::own::Prepared;
use crate::error::Error;
use crate::jobs::{Gan, classifier_of};
use crate::models::ClassifierConfig;
use crate::protocol::{GanConfig, GanControl, GanData, JobConfig};
use crate::quality::{Recognition, recognition};

/// Pictures that it is judged by.
const HELD: usize = 512;
/// Samples that the classifier judges at the end.
pub const JUDGED: usize = 1000;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: GanConfig,
    /// With `data: "pictures"`: a folder, a zip or an idx file. A checkpoint holds what was made of it.
    pub data: Option<PathBuf>,
    /// What names the classes of its samples; if nothing is said the page's own, where it is.
    pub classifier: Option<PathBuf>,
    /// See [`Output`].
    pub output: Output,
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
    let saved = settings.output.saved()?;
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
        told(own.summary());
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
    let metrics = settings.output.run(&mut job, &inputs, told)?;
    let file = networks(&job)?;
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
