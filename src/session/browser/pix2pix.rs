//! Translating pictures in a worker: the pairs of a run, and what it takes.

use std::rc::Rc;

use super::Session;
use super::learning::fitting;
use crate::data::pairs::{PairDrawer, Pairs};
use crate::error::Error;
use crate::jobs::{Pix2pix, estimate_pix2pix};
use crate::protocol::{Event, Pix2pixConfig, Pix2pixTask};
use crate::session::host::Mailbox;
use crate::session::inputs::{Inputs, read_pairs};
use crate::weights::Checkpoint;

/// Pairs that are shown and measured on, and not learnt from.
const HELD: usize = 12;

/// What pairs were drawn for, and those to learn from and to measure on.
pub(super) type DrawnPairs = ((Pix2pixTask, u32, u32), (Pairs, Pairs));

impl Session {
    pub(super) async fn pix2pix(
        &self,
        run: u32,
        config: Pix2pixConfig,
        inputs: Inputs,
        saved: Option<Checkpoint>,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let estimate = fitting(estimate_pix2pix(&config, self.memory()?)?, config.size)?;
        let (data, held) = match config.task {
            Pix2pixTask::Own => own(&config, &inputs, saved.is_some()).await?,
            _ => self.pairs(run, &config).await,
        };
        let saved = saved.map(|saved| (saved.meta, saved.tensors));
        let fresh = saved.is_none();
        let mut job = Pix2pix::new(&config, data, &held, saved, &device)?;
        // What it begins with is no part of its state.
        if fresh && !config.start.is_empty() {
            let (file, bytes) = self.trained(run, &config.start).await?;
            job.begin_with(&file, &bytes)?;
        }
        self.learn(run, &mut job, true, estimate, (inputs, mailbox))
            .await
    }

    /// Draws a few pairs at a time, tells how far it is, and lets messages in between.
    async fn drawn_pairs(&self, mut drawer: PairDrawer, told: impl Fn(usize)) -> Pairs {
        while drawer.draw(4) {
            told(drawer.progress().0);
            self.breathe().await;
        }
        drawer.finish()
    }

    /// What a run learns from and what it is measured on. Those drawn last are remembered: they depend on few settings.
    async fn pairs(&self, run: u32, config: &Pix2pixConfig) -> (Pairs, Pairs) {
        let asked = (config.task, config.size, config.count);
        if let Some((known, pairs)) = self.0.pairs.borrow().as_ref()
            && *known == asked
        {
            return pairs.clone();
        }
        let (data, held) = (PairDrawer::new(config), PairDrawer::held(config, HELD));
        let before = data.progress().1;
        let tell = |done: usize| {
            self.emit(&Event::Loading {
                run,
                model: "data".into(),
                done: done as u64,
                total: (before + HELD) as u64,
                stored: true,
            });
        };
        let data = self.drawn_pairs(data, tell).await;
        let held = self.drawn_pairs(held, |done| tell(before + done)).await;
        let pairs = (data, held);
        *self.0.pairs.borrow_mut() = Some((asked, pairs.clone()));
        pairs
    }
}

/// The user's own pairs: those to learn from and those to measure on.
async fn own(
    config: &Pix2pixConfig,
    inputs: &Inputs,
    resumed: bool,
) -> Result<(Pairs, Pairs), Error> {
    let missing = || match resumed {
        false => Error::BadSetting {
            name: "task",
            detail: "`own` pairs are given as `inputs.data`, and it is missing".into(),
        },
        true => Error::BadCheckpoint("it lacks its pairs".into()),
    };
    let file = inputs.get("data").ok_or_else(missing)?;
    read_pairs(file).await?.for_run(config.size)
}
