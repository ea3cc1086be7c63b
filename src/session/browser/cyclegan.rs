//! CycleGAN in a worker: the pictures of a run, what it begins with, and what it takes.

use std::rc::Rc;

use super::Session;
use super::learning::fitting;
use crate::data::unpaired::{Unpaired, UnpairedDrawer};
use crate::error::Error;
use crate::jobs::{Cyclegan, estimate_cyclegan};
use crate::protocol::{CycleganConfig, CycleganTask, Event};
use crate::session::host::Mailbox;
use crate::session::inputs::{Inputs, read_prepared};
use crate::weights::Checkpoint;

/// Pictures of each kind that are shown and measured on, and not learnt from.
const HELD: usize = 12;

/// What pictures were drawn for, and all of them.
pub(super) type DrawnKinds = ((CycleganTask, u32, u32), Unpaired);

impl Session {
    pub(super) async fn cyclegan(
        &self,
        run: u32,
        config: CycleganConfig,
        inputs: Inputs,
        saved: Option<Checkpoint>,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let estimate = fitting(estimate_cyclegan(&config, self.memory()?)?, config.size)?;
        let data = match config.task {
            CycleganTask::Own => own(&config, &inputs, saved.is_some()).await?,
            _ => self.kinds(run, &config).await,
        };
        let saved = saved.map(|saved| (saved.meta, saved.tensors));
        let fresh = saved.is_none();
        let mut job = Cyclegan::new(&config, data, saved, &device)?;
        // What it begins with is no part of its state.
        if fresh && !config.start.is_empty() {
            let (file, bytes) = self.trained(run, &config.start).await?;
            job.begin_with(&file, &bytes)?;
        }
        self.learn(run, &mut job, true, estimate, (inputs, mailbox))
            .await
    }

    /// The pictures of a run, drawn a few at a time. Those drawn last are remembered: they depend on few settings.
    async fn kinds(&self, run: u32, config: &CycleganConfig) -> Unpaired {
        let asked = (config.task, config.size, config.count);
        if let Some((known, pictures)) = self.0.kinds.borrow().as_ref()
            && *known == asked
        {
            return pictures.clone();
        }
        let mut drawer = UnpairedDrawer::new(config, HELD);
        while drawer.draw(4) {
            let (done, total) = drawer.progress();
            self.emit(&Event::Loading {
                run,
                model: "data".into(),
                done: done as u64,
                total: total as u64,
                stored: true,
            });
            self.breathe().await;
        }
        let pictures = drawer.finish();
        *self.0.kinds.borrow_mut() = Some((asked, pictures.clone()));
        pictures
    }
}

/// The user's own pictures of both kinds.
async fn own(config: &CycleganConfig, inputs: &Inputs, resumed: bool) -> Result<Unpaired, Error> {
    let mut sides = Vec::new();
    for role in ["a", "b"] {
        let missing = || match resumed {
            false => Error::BadSetting {
                name: "task",
                detail: format!("`own` pictures are given as `inputs.{role}`, which is missing"),
            },
            true => Error::BadCheckpoint("it lacks its pictures".into()),
        };
        let file = inputs.get(role).ok_or_else(missing)?;
        sides.push(read_prepared(file).await?);
    }
    let sides: [_; 2] = sides.try_into().expect("two of them");
    Unpaired::own(config, sides, HELD)
}
