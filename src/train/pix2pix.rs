//! Training pix2pix: the page's own job, with a progress line, sheets of pairs and a checkpoint that it goes on from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::Device;

use super::own::gather_pairs;
use super::run::{Inputs, Output, networks};
use crate::data::own::PreparedPairs;
use crate::data::pairs::PairDrawer;
use crate::error::Error;
use crate::jobs::{Pix2pix, check_pix2pix};
use crate::protocol::{JobConfig, Pairing, Pix2pixConfig, Pix2pixControl, Pix2pixTask};

/// Pairs that it is measured on.
const HELD: usize = 48;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: Pix2pixConfig,
    /// With `task: "own"`: where the pairs are, and how they are made. A checkpoint holds what was made of them.
    pub own: Option<(Vec<PathBuf>, Pairing)>,
    /// See [`Output`].
    pub output: Output,
    /// Live controls that a run takes over when it goes on.
    pub control: Pix2pixControl,
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
    let mut config = settings.config.clone();
    let saved = settings.output.saved()?;
    if let Some(saved) = &saved {
        let JobConfig::Pix2pix(of_run) = &saved.config else {
            return Err(settings.output.another("pix2pix"));
        };
        // A run may be made longer, and its live controls be moved.
        config = Pix2pixConfig {
            steps: config.steps,
            ..of_run.clone()
        };
        config.apply(&settings.control);
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
        told(own.summary());
        inputs.insert("data".into(), ("data".into(), own.write()?));
        own.for_run(config.size)?
    } else {
        let held = PairDrawer::held(&config, HELD).finish();
        (PairDrawer::new(&config).finish(), held)
    };
    let saved = saved.map(|saved| (saved.meta, saved.tensors));
    let mut job = Pix2pix::new(&config, data, &held, saved, device)?;
    let metrics = settings.output.run(&mut job, &inputs, told)?;
    let file = networks(&job)?;
    Ok(Outcome { file, metrics })
}
