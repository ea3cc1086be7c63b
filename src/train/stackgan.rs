//! Training StackGAN: the page's own job, with a progress line, sheets of captions and a checkpoint that it goes on from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::{Device, Tensor};

use super::attributes::{Judge, NAMES, SIZE};
use super::run::{Inputs, Output, file, networks};
use crate::data::captioned::CaptionDrawer;
use crate::data::captions::{ATTRIBUTES, Caption, Language, tokens};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::{Stackgan, StackganTrainer, check_stackgan};
use crate::nn::{doubled, halved};
use crate::protocol::{JobConfig, StackganConfig, StackganControl};

/// Captions that it is judged by while it learns, and in the end.
const HELD: usize = 96;
const JUDGED: usize = 500;
/// Pictures that are drawn at a time for that.
const PART: usize = 50;

/// What to train, and where it goes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The job's settings.
    pub config: StackganConfig,
    /// Networks to begin with instead of fresh ones.
    pub from: Option<PathBuf>,
    /// The classifier of attributes, as `train classifier --data captions` writes it.
    pub judge: Option<PathBuf>,
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
    let mut metrics = settings.output.run(&mut job, &Inputs::new(), told)?;
    let written = networks(&job)?;
    if let Some(judge) = &settings.judge {
        let bytes = std::fs::read(judge).map_err(file(judge))?;
        // Of what was written, whose running statistics are its own.
        let mut shipped = StackganTrainer::new(&config, device)?;
        shipped.begin_with("the networks", &written)?;
        metrics.extend(judged(&shipped, &Judge::read(&bytes, device)?));
    }
    Ok(Outcome {
        file: written,
        metrics,
    })
}

/// Of each attribute and on average, the share of captions that were not learnt which a judge sees in what is drawn of them:
/// in Stage-I's pictures, enlarged, and in Stage-II's.
fn judged(trainer: &StackganTrainer, judge: &Judge) -> BTreeMap<String, f32> {
    let mut seed = Seed::stream(1, 51);
    let captions: Vec<_> = (0..JUDGED).map(|_| Caption::random(&mut seed)).collect();
    let noise = trainer.fixed(JUDGED, 2);
    let mut drawn = [Vec::new(), Vec::new()];
    for (captions, noise) in captions.chunks(PART).zip(noise.split(PART, 0)) {
        let said = captions.iter().map(|caption| {
            let said = caption.sentence(Language::English, &mut seed);
            tokens(&said).expect("captions are made of known words")
        });
        let said: Vec<_> = said.collect();
        let said: Vec<_> = said.iter().map(Vec::as_slice).collect();
        let [mut low, high] = trainer.draw(trainer.embed(&said), noise);
        while low.dims()[3] < SIZE {
            low = doubled(low);
        }
        drawn[0].push(low);
        drawn[1].push(high);
    }
    let mut told = BTreeMap::new();
    for (stage, pictures) in drawn.into_iter().enumerate() {
        let mut pictures = Tensor::cat(pictures, 0);
        while pictures.dims()[3] > SIZE {
            pictures = halved(pictures);
        }
        let seen = judge.agreement(pictures, &captions);
        let mut tell = |name: &str, share| told.insert(format!("{name}_{}", stage + 1), share);
        tell("agreement", seen.iter().sum::<f32>() / ATTRIBUTES as f32);
        for (name, share) in NAMES.iter().zip(seen) {
            tell(name, share);
        }
    }
    told
}
