//! What jobs that learn have in common in a worker: whether they fit, and how their runs begin.

use std::rc::Rc;

use super::Session;
use crate::error::Error;
use crate::jobs::Job;
use crate::protocol::{Estimate, Event};
use crate::session::driver::{Host, drive};
use crate::session::host::Mailbox;
use crate::session::inputs::Inputs;

/// An estimate for squares of `size` that fits.
///
/// # Errors
/// `TooLarge`, with half of the size as what might.
pub(super) fn fitting(estimate: Estimate, size: u32) -> Result<Estimate, Error> {
    let largest = size / 2;
    match estimate.fits {
        true => Ok(estimate),
        false => Err(Error::TooLarge { size, largest }),
    }
}

impl Session {
    /// Drives a job to its end. With `pictured`, what there is before the first step, which can take long, is shown.
    pub(super) async fn learn(
        &self,
        run: u32,
        job: &mut dyn Job,
        pictured: bool,
        estimate: Estimate,
        (inputs, mailbox): (Inputs, Rc<Mailbox>),
    ) -> Result<(), Error> {
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
        if pictured {
            host.show(job.preview(), progress.step).await?;
        }
        drive(run, job, &mut host).await;
        Ok(())
    }
}
