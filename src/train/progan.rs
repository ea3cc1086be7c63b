//! Training Progressive GAN: the page's own job, with a progress line, sheets of samples and of all levels, and a checkpoint
//! that it goes on from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::own::gather;
use super::run::{Inputs, Output, networks};
use crate::data::dataset::{Drawer, Pictures};
use crate::data::own::Prepared;
use crate::error::Error;
use crate::jobs::{Progan, check_progan};
use crate::protocol::{JobConfig, ProganConfig, ProganControl};
use crate::weights::Checkpoint;

/// Pictures that it is judged by, half of them against as many generated ones.
const HELD: usize = 1000;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: ProganConfig,
    /// With `data: "pictures"`: a folder, a zip or an idx file. A checkpoint holds what was made of it.
    pub data: Option<PathBuf>,
    /// See [`Output`].
    pub output: Output,
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

/// Trains to the end of the schedule and tells a line now and then.
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
        let JobConfig::Progan(of_run) = &saved.config else {
            return Err(settings.output.another("progan"));
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
    let metrics = settings.output.run(&mut job, &inputs, told)?;
    let file = networks(&job)?;
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
