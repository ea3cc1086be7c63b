//! StackGAN in a worker: its captioned pictures, and what a run takes.

use std::rc::Rc;

use super::Session;
use crate::data::captioned::{CaptionDrawer, Captioned};
use crate::error::Error;
use crate::jobs::{Job, Stackgan, estimate_stackgan};
use crate::protocol::{Event, StackganConfig};
use crate::session::driver::{Host, drive};
use crate::session::host::Mailbox;
use crate::session::inputs::Inputs;
use crate::weights::Checkpoint;

/// Captions that are shown and judged by, and not learnt from.
const HELD: usize = 64;

impl Session {
    pub(super) async fn stackgan(
        &self,
        run: u32,
        config: StackganConfig,
        inputs: Inputs,
        saved: Option<Checkpoint>,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let estimate = estimate_stackgan(&config, self.memory()?)?;
        if !estimate.fits {
            return Err(Error::TooLarge {
                size: config.size,
                largest: config.size / 2,
            });
        }
        let size = config.size as usize;
        // Who only draws sentences needs few real pictures.
        let [count, held] = match config.steps() {
            0 => [0, 8],
            _ => [config.count as usize, HELD],
        };
        let data = self
            .captioned(run, CaptionDrawer::new(size, count, 1))
            .await;
        let held = self
            .captioned(run, CaptionDrawer::new(size, held, 1_000_000))
            .await;
        let saved = saved.map(|saved| (saved.meta, saved.tensors));
        let fresh = saved.is_none();
        let mut job = Stackgan::new(&config, data, held, saved, &device)?;
        // What it begins with is no part of its state.
        if fresh && !config.start.is_empty() {
            let (file, bytes) = self.trained(run, &config.start).await?;
            job.begin_with(&file, &bytes)?;
        }
        let mut host = self.host(run, inputs, mailbox);
        let progress = job.progress();
        host.emit(Event::Started {
            run,
            width: progress.width,
            height: progress.height,
            estimate,
            notes: Vec::new(),
            generator: None,
            generators: Vec::new(),
            kernels: None,
        });
        // What there is before the first step, which can take long.
        host.show(job.preview(), progress.step).await?;
        drive(run, &mut job, &mut host).await;
        Ok(())
    }

    /// Draws a few at a time, tells how far it is, and lets messages in between.
    async fn captioned(&self, run: u32, mut drawer: CaptionDrawer) -> Captioned {
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
        drawer.finish()
    }
}
