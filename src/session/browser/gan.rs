//! The GAN lab in a worker: what a run learns from, what it begins with and is judged by.

use std::rc::Rc;

use serde_json::json;
use web_sys::Blob;

use super::learning::fitting;
use super::{Session, model};
use crate::data::dataset::{Dataset, Drawer, Pictures};
use crate::error::Error;
use crate::jobs::{Gan, Job, classifier_of, estimate_gan, real_points};
use crate::models::Classifier;
use crate::protocol::{Event, GanConfig, GanData, JobConfig};
use crate::session::host::{Mailbox, blob, png};
use crate::session::inputs::{Inputs, read_pairs, read_prepared, read_weights};
use crate::weights::{self, Checkpoint};

/// Pictures that a run is judged by and does not learn from.
const HELD: usize = 128;
/// Pictures that are shown of a data set.
const SHOWN: u32 = 64;
/// Pairs of a row of the sheet of them.
const PAIRS: usize = 4;

/// What pictures were drawn for, and those to learn from and to judge by.
pub(super) type Drawn = ((GanData, u32, u32), (Pictures, Pictures));

impl Session {
    pub(super) async fn gan(
        &self,
        run: u32,
        config: GanConfig,
        mut inputs: Inputs,
        saved: Option<Checkpoint>,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let own = match config.data {
            GanData::Pictures => Some(own(&config, &inputs, saved.is_some()).await?),
            _ => None,
        };
        let (shape, classes) = match &own {
            Some((data, _)) => (data.shape(), data.classes()),
            None => Dataset::kind(&config),
        };
        let estimate = estimate_gan(&config, shape, classes, self.memory()?)?;
        let estimate = fitting(estimate, config.size)?;
        let (data, held) = match (own, Dataset::points(&config)) {
            (Some((data, held)), _) => (Dataset::Pictures(data), Some(held)),
            (None, Some(points)) => (points, None),
            (None, None) => {
                let nothing = || Error::BadSetting {
                    name: "data",
                    detail: "there is nothing to learn from".into(),
                };
                let (data, held) = self.pictures(run, &config).await.ok_or_else(nothing)?;
                (Dataset::Pictures(data), Some(held))
            }
        };
        let saved = saved.map(|saved| (saved.meta, saved.tensors));
        let fresh = saved.is_none();
        let mut job = Gan::new(&config, data, held, saved, &device)?;
        // What it begins with is no part of its state.
        let network = inputs.remove("network");
        if fresh && config.start == "custom" {
            let file = network.ok_or_else(|| Error::BadSetting {
                name: "start",
                detail: "`custom` needs a file of networks as `inputs.network`".into(),
            })?;
            job.begin_with(&file.name, &read_weights(&file).await?)?;
        } else if fresh && !config.start.is_empty() {
            let (file, bytes) = self.trained(run, &config.start).await?;
            job.begin_with(&file, &bytes)?;
        }
        if let Some(classifier) = self.classifier(run, &config).await {
            job.judged_by(classifier);
        }
        let pictured = job.pictured();
        self.learn(run, &mut job, pictured, estimate, (inputs, mailbox))
            .await
    }

    /// What names the classes of samples, fetched once. A run learns without it, too, and then tells fewer numbers.
    async fn classifier(&self, run: u32, config: &GanConfig) -> Option<Classifier> {
        let (id, settings) = classifier_of(config)?;
        if let Some(known) = self.0.classifiers.borrow().get(id) {
            return Some(known.clone());
        }
        let model = model(id)?;
        let load = async {
            let bytes = self.fetch(run, &model).await?;
            weights::verify(&model, &bytes)?;
            settings.read(&model.file, &bytes, &self.device()?)
        };
        let loaded = load.await;
        let loaded = loaded.inspect_err(|e| log::warn!("samples are not classified: {e}"));
        let found = loaded.ok()?;
        self.0.classifiers.borrow_mut().insert(id, found.clone());
        Some(found)
    }

    pub(super) async fn data_sheet(&self, job: &JobConfig, inputs: &Inputs) -> Result<Blob, Error> {
        let nothing = || Error::BadSetting {
            name: "data",
            detail: "there are no pictures to show".into(),
        };
        let config = match job {
            JobConfig::Gan(config) => config,
            JobConfig::Pix2pix(_) => {
                let file = inputs.get("data").ok_or_else(nothing)?;
                let (bytes, w, h) = read_pairs(file).await?.pairs.sheet(PAIRS);
                return png(&bytes, w, h);
            }
            _ => return Err(nothing()),
        };
        let config = GanConfig {
            count: SHOWN,
            ..config.clone()
        };
        if let Some(Dataset::Points(points)) = Dataset::points(&config) {
            let real = json!(real_points(&points)).to_string();
            return blob(real.as_bytes(), "application/json");
        }
        let pictures = match (config.data, inputs.get("data")) {
            (GanData::Pictures, Some(file)) => {
                let all = read_prepared(file).await?.pictures;
                let count = all.len().min(SHOWN as usize);
                Some(all.split(count).0)
            }
            _ => self.drawn(Drawer::new(&config), |_, _| ()).await,
        };
        let (bytes, w, h) = pictures.ok_or_else(nothing)?.sheet(8);
        png(&bytes, w, h)
    }

    /// Draws a few pictures at a time, tells how far it is, and lets messages in between.
    async fn drawn(&self, drawer: Option<Drawer>, told: impl Fn(usize, usize)) -> Option<Pictures> {
        let mut drawer = drawer?;
        while drawer.draw(8) {
            let (done, of) = drawer.progress();
            told(done, of);
            self.breathe().await;
        }
        Some(drawer.finish())
    }

    /// What a run learns from and what it is judged by. Those drawn last are remembered: they depend on few settings.
    pub(super) async fn pictures(
        &self,
        run: u32,
        config: &GanConfig,
    ) -> Option<(Pictures, Pictures)> {
        let asked = (config.data, config.size, config.count);
        if let Some((known, pictures)) = self.0.pictures.borrow().as_ref()
            && *known == asked
        {
            return Some(pictures.clone());
        }
        let tell = |done: usize, total: usize| {
            self.emit(&Event::Loading {
                run,
                model: "data".into(),
                done: done as u64,
                total: total as u64,
                stored: true,
            });
        };
        let (data, held) = (Drawer::new(config), Drawer::held(config, HELD));
        let all = data.as_ref().map_or(0, |d| d.progress().1) + HELD;
        let data = self.drawn(data, |done, _| tell(done, all)).await?;
        let before = data.len();
        let held = self.drawn(held, |done, _| tell(before + done, all)).await?;
        let pictures = (data, held);
        *self.0.pictures.borrow_mut() = Some((asked, pictures.clone()));
        Some(pictures)
    }
}

/// The user's own pictures: those to learn from and those to judge by.
pub(super) async fn own(
    config: &GanConfig,
    inputs: &Inputs,
    resumed: bool,
) -> Result<(Pictures, Pictures), Error> {
    let missing = || match resumed {
        false => Error::BadSetting {
            name: "data",
            detail: "`pictures` are given as `inputs.data`, and it is missing".into(),
        },
        true => Error::BadCheckpoint("it lacks its pictures".into()),
    };
    let file = inputs.get("data").ok_or_else(missing)?;
    read_prepared(file).await?.for_run(config)
}
