//! A walk in a worker: which generator, and what it takes.

use std::rc::Rc;

use super::{Session, model};
use crate::error::Error;
use crate::jobs::{Job, Walk, read_generator};
use crate::protocol::{Estimate, Event, WalkConfig};
use crate::session::driver::{Host, drive};
use crate::session::host::Mailbox;
use crate::session::inputs::{Inputs, read_weights};
use crate::weights;

impl Session {
    pub(super) async fn walk(
        &self,
        run: u32,
        config: WalkConfig,
        inputs: Inputs,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let missing = |detail: String| Error::BadSetting {
            name: "network",
            detail,
        };
        let (name, bytes) = if config.network == "custom" {
            let file = inputs.get("network").ok_or_else(|| {
                missing("`custom` needs a file of networks as `inputs.network`".into())
            })?;
            (file.name.clone(), read_weights(file).await?)
        } else {
            let found = model(&config.network).filter(|model| model.architecture == "gan");
            let model = found
                .ok_or_else(|| missing(format!("there is no generator {}", config.network)))?;
            let bytes = self.fetch(run, &model).await?;
            weights::verify(&model, &bytes)?;
            (model.file, bytes)
        };
        let net = read_generator(&name, &bytes, &device)?;
        let mut job = Walk::new(config, net, &device)?;
        let mut host = self.host(run, inputs, mailbox);
        let progress = job.progress();
        let (width, height) = (progress.width, progress.height);
        // No more than the file holds, with half as many bits at least, and pictures that are small beside it.
        let bytes = 2 * bytes.len() as u64;
        let estimate = Estimate {
            width,
            height,
            bytes,
            largest_buffer: bytes,
            flops: 0.0,
            seconds: None,
            fits: true,
            largest: width.max(height),
        };
        host.emit(Event::Started {
            run,
            width,
            height,
            estimate,
            notes: Vec::new(),
            generator: Some(job.generator()),
            generators: Vec::new(),
            kernels: None,
        });
        drive(run, &mut job, &mut host).await;
        Ok(())
    }
}
