//! Training pix2pix: the page's own job, with a progress line, sheets of pairs and a checkpoint that it goes on from.

use std::collections::BTreeMap;

use burn::tensor::Device;

use super::run::{Inputs, Output, networks};
use crate::data::pairs::PairDrawer;
use crate::error::Error;
use crate::jobs::{Pix2pix, check_pix2pix};
use crate::protocol::{JobConfig, Pix2pixConfig};

/// Pairs that it is measured on.
const HELD: usize = 48;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: Pix2pixConfig,
    /// See [`Output`].
    pub output: Output,
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
    told: impl FnMut(String),
) -> Result<Outcome, Error> {
    let mut config = settings.config.clone();
    let saved = settings.output.saved()?;
    if let Some(saved) = &saved {
        let JobConfig::Pix2pix(of_run) = &saved.config else {
            return Err(settings.output.another("pix2pix"));
        };
        // A run may be made longer.
        config = Pix2pixConfig {
            steps: config.steps,
            ..of_run.clone()
        };
    }
    check_pix2pix(&config)?;
    let data = PairDrawer::new(&config).finish();
    let held = PairDrawer::held(&config, HELD).finish();
    let saved = saved.map(|saved| (saved.meta, saved.tensors));
    let mut job = Pix2pix::new(&config, data, &held, saved, device)?;
    let metrics = settings.output.run(&mut job, &Inputs::new(), told)?;
    let file = networks(&job)?;
    Ok(Outcome { file, metrics })
}
