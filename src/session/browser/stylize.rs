//! Applying a trained network in a worker: the picture, the network, and what it takes.

use std::rc::Rc;

use super::{Session, model};
use crate::error::Error;
use crate::jobs::{
    Job, PictureGenerator, Stylize, estimate_stylize, fastest_variant, read_picture_generator,
    variant_times,
};
use crate::ops::Variant;
use crate::protocol::{Event, Kernels, Note, StylizeConfig};
use crate::session::driver::{Host, drive};
use crate::session::host::{Browser, Mailbox, now};
use crate::session::inputs::{Inputs, read_picture, read_weights};
use crate::weights;

/// The network used last, by its id or what its file is known by, and which of its generators, as what it was asked for and
/// as what it was laid out.
pub(super) type LastNetwork = (String, String, Kernels, Variant, Rc<PictureGenerator>);

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
        let (variant, net) = self.picture_generator(run, &config, &inputs).await?;
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
            kernels: Some(variant.kernels()),
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
    ) -> Result<(Variant, Rc<PictureGenerator>), Error> {
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
        if let Some((id, generator, asked, variant, net)) = self.0.stylizer.borrow().as_ref()
            && Some(id) == known_by.as_ref()
            && *generator == config.generator
            && (*asked == config.kernels || variant.kernels() == config.kernels)
        {
            return Ok((*variant, net.clone()));
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
        let device = self.device()?;
        let read =
            |variant| read_picture_generator(&name, &bytes, &config.generator, variant, &device);
        let variant = match Variant::asked(config.kernels, &device) {
            Some(variant) => variant,
            None if config.kernels == Kernels::Auto && self.is_software() => Variant::DEFAULT,
            None => fastest_variant(&variant_times(&read, &now, &device).await?),
        };
        let net = Rc::new(read(variant)?);
        if let Some(id) = known_by {
            let asked = config.kernels;
            let last = (id, config.generator.clone(), asked, variant, net.clone());
            *self.0.stylizer.borrow_mut() = Some(last);
        }
        Ok((variant, net))
    }
}
