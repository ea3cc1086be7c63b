//! Progressive GAN in a worker.

use std::rc::Rc;

use super::Session;
use super::gan::own;
use super::learning::fitting;
use crate::data::dataset::Dataset;
use crate::error::Error;
use crate::jobs::{Progan, estimate_progan};
use crate::protocol::{GanData, ProganConfig};
use crate::session::host::Mailbox;
use crate::session::inputs::Inputs;
use crate::weights::Checkpoint;

impl Session {
    pub(super) async fn progan(
        &self,
        run: u32,
        config: ProganConfig,
        inputs: Inputs,
        saved: Option<Checkpoint>,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let pictures = config.pictures();
        let own = match config.data {
            GanData::Pictures => Some(own(&pictures, &inputs, saved.is_some()).await?),
            _ => None,
        };
        let [channels, ..] = match &own {
            Some((data, _)) => data.shape(),
            None => Dataset::kind(&pictures).0,
        };
        let estimate = fitting(
            estimate_progan(&config, channels, self.memory()?)?,
            config.size,
        )?;
        let nothing = || Error::BadSetting {
            name: "data",
            detail: "there is nothing to learn from".into(),
        };
        let (data, held) = match own {
            Some(own) => own,
            None => self.pictures(run, &pictures).await.ok_or_else(nothing)?,
        };
        let saved = saved.map(|saved| (saved.meta, saved.tensors));
        let fresh = saved.is_none();
        let mut job = Progan::new(&config, data, Some(held), saved, &device)?;
        // What it begins with is no part of its state.
        if fresh && !config.start.is_empty() {
            let (file, bytes) = self.trained(run, &config.start).await?;
            job.begin_with(&file, &bytes)?;
        }
        self.learn(run, &mut job, true, estimate, (inputs, mailbox))
            .await
    }
}
