//! Applying a trained network in a worker: the picture, the network, and what it takes.

use std::rc::Rc;

use super::{Session, model};
use crate::error::Error;
use crate::jobs::{Job, PictureGenerator, Stylize, estimate_stylize, read_picture_generator};
use crate::ops::Variant;
use crate::protocol::{Event, Note, StylizeConfig};
use crate::session::driver::{Host, drive};
use crate::session::host::{Browser, Mailbox};
use crate::session::inputs::{Inputs, read_picture, read_weights};
use crate::weights;

/// The network used last, by its id or what its file is known by, and which of its generators.
pub(super) type LastNetwork = (String, String, Rc<PictureGenerator>);

impl Session {
    pub(super) async fn stylize(
        &self,
        run: u32,
        config: StylizeConfig,
        inputs: Inputs,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let file = inputs.get("content").ok_or_else(|| Error::BadSetting {
            name: "content",
            detail: "a picture is missing".into(),
        })?;
        let picture = read_picture(file).await?;
        let net = self.picture_generator(run, &config, &inputs).await?;
        let (size, mut notes) = (picture.pixels.dimensions(), picture.notes);
        let (memory, rate) = (self.memory()?, self.0.rate.get());
        let estimate = estimate_stylize(&config, &net, size, memory, rate)?;
        let (width, height) = (estimate.width, estimate.height);
        if width < size.0 || height < size.1 {
            notes.push(Note {
                code: "shrunk".into(),
                subject: file.name.clone(),
            });
        }
        let generators = match net.names.len() {
            1 => Vec::new(),
            _ => net.names.clone(),
        };
        let mut job = Stylize::new(config, &picture.pixels, net, memory, &device)?;
        let mut host = Browser {
            rate: self.0.rate.clone(),
            ..self.host(run, inputs, mailbox)
        };
        host.emit(Event::Started {
            run,
            width,
            height,
            estimate,
            notes,
            generator: None,
            generators,
        });
        drive(run, &mut job as &mut dyn Job, &mut host).await;
        Ok(())
    }

    /// A network of the manifest or the file beside the request. The last one is kept: the next picture finds it ready.
    async fn picture_generator(
        &self,
        run: u32,
        config: &StylizeConfig,
        inputs: &Inputs,
    ) -> Result<Rc<PictureGenerator>, Error> {
        let missing = |detail: String| Error::BadSetting {
            name: "network",
            detail,
        };
        let custom = match config.network.as_str() {
            "custom" => Some(inputs.get("network").ok_or_else(|| {
                missing("`custom` needs a file of a network as `inputs.network`".into())
            })?),
            _ => None,
        };
        let known_by = match custom {
            Some(file) => file.stamp(),
            None => Some(config.network.clone()),
        };
        if let Some((id, generator, net)) = self.0.stylizer.borrow().as_ref()
            && Some(id) == known_by.as_ref()
            && *generator == config.generator
        {
            return Ok(net.clone());
        }
        // The one before makes room first.
        self.0.stylizer.borrow_mut().take();
        let (name, bytes) = if let Some(file) = custom {
            (file.name.clone(), read_weights(file).await?)
        } else {
            let model = model(&config.network)
                .ok_or_else(|| missing(format!("there is no network {}", config.network)))?;
            let bytes = self.fetch(run, &model).await?;
            weights::verify(&model, &bytes)?;
            (model.file, bytes)
        };
        let net = read_picture_generator(
            &name,
            &bytes,
            &config.generator,
            Variant::DEFAULT,
            &self.device()?,
        )?;
        let net = Rc::new(net);
        if let Some(id) = known_by {
            let last = (id, config.generator.clone(), net.clone());
            *self.0.stylizer.borrow_mut() = Some(last);
        }
        Ok(net)
    }
}
