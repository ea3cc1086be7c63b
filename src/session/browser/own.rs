//! Data of the user's own in a worker: made of files, once for any number of runs.

use std::cell::Cell;

use web_sys::Blob;

use super::Session;
use crate::data::own::Collection;
use crate::error::Error;
use crate::protocol::{Event, Pairing};
use crate::session::host::blob;
use crate::session::inputs::gather;

/// Milliseconds between two words on how far a data set is.
const TOLD: f64 = 100.0;

impl Session {
    /// Makes a data set of files, or pairs, and tells how far it is.
    pub(super) async fn prepare(
        &self,
        ticket: u32,
        size: u32,
        pairs: Option<Pairing>,
        names: &[String],
        files: &[Blob],
    ) -> Result<(Event, Blob), Error> {
        let told = Cell::new(f64::NEG_INFINITY);
        let between = async |all: &Collection| -> Result<(), Error> {
            if self.0.preparing.get() != Some(ticket) {
                return Err(Error::Stopped);
            }
            let (done, total) = all.progress();
            let now = js_sys::Date::now();
            if now - told.get() >= TOLD || done == total {
                told.set(now);
                self.emit(&Event::Preparing {
                    ticket,
                    done: done as u32,
                    total: total as u32,
                    count: all.len() as u32,
                    left: all.left(),
                });
            }
            self.breathe().await;
            Ok(())
        };
        let empty = match pairs {
            Some(pairing) => Collection::paired(size, files.len(), pairing)?,
            None => Collection::new(size, files.len())?,
        };
        let all = gather(empty, names, files, between).await?;
        let (bytes, count, classes, left) = if pairs.is_some() {
            let made = all.finish_pairs()?;
            (made.write()?, made.pairs.len(), Vec::new(), made.left)
        } else {
            let made = all.finish()?;
            (made.write()?, made.pictures.len(), made.classes, made.left)
        };
        let event = Event::Prepared {
            ticket,
            count: count as u32,
            classes,
            left,
        };
        Ok((event, blob(&bytes, "application/octet-stream")?))
    }
}
