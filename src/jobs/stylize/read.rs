//! Generators of pictures out of files.

use std::collections::BTreeMap;
use std::rc::Rc;

use burn::tensor::{Device, Tensor};

use super::recognise::{Network, Recognised, recognise};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::gan::{alone, refused};
use crate::jobs::gatys::luminance;
use crate::models::{Johnson, ResnetGenerator, Unet};
use crate::nn::{Layers, Wired};
use crate::ops::Variant;
use crate::weights::{Weights, safetensors_of};

/// A network that turns a picture into another.
#[derive(Debug)]
pub struct PictureGenerator {
    /// What it is called in its file; empty if it has no name there.
    pub name: String,
    /// All that the file holds, in the order of their names.
    pub names: Vec<String>,
    /// Which network it is.
    pub network: Network,
    net: Rc<Wired>,
    /// Channels of what it is given and of what it draws.
    channels: [usize; 2],
    /// Share of values that dropout sets to 0, and the layers after which.
    dropout: (f32, Vec<usize>),
}

impl PictureGenerator {
    pub(super) fn wired(&self) -> Rc<Wired> {
        self.net.clone()
    }

    /// The size (height, width) that a picture gets by its borders: halvings must leave whole pixels.
    pub(super) fn framed(&self, size: [usize; 2]) -> [usize; 2] {
        let (unit, least) = match self.network {
            Network::Resnet(_) | Network::Johnson(_) => (4, 8),
            Network::Unet(net) => (1 << net.levels, 1 << net.levels),
        };
        size.map(|side| side.next_multiple_of(unit).max(least))
    }

    /// Pixels `[1, 3, H, W]` in 0..1 as the network takes them.
    pub(super) fn given(&self, pixels: Tensor<4>) -> Tensor<4> {
        let pixels = match self.channels[0] {
            1 => luminance(pixels),
            _ => pixels,
        };
        match self.network {
            Network::Johnson(_) => pixels * 255.0,
            Network::Resnet(_) | Network::Unet(_) => pixels * 2.0 - 1.0,
        }
    }

    /// What the network drew as pixels `[1, 3, H, W]`, about 0..1.
    pub(super) fn drawn(&self, y: Tensor<4>) -> Tensor<4> {
        let y = match self.network {
            Network::Johnson(_) => y / 255.0,
            Network::Resnet(_) | Network::Unet(_) => (y + 1.0) / 2.0,
        };
        match self.channels[1] {
            1 => y.repeat_dim(1, 3),
            _ => y,
        }
    }

    /// Noise for one pass over a picture of `size` (height, width, with its borders), by layer.
    pub(super) fn masks(
        &self,
        size: [usize; 2],
        seed: &mut Seed,
        device: &Device,
    ) -> BTreeMap<usize, Tensor<4>> {
        let (share, layers) = &self.dropout;
        match self.network {
            Network::Unet(net) if *share > 0.0 => {
                let masks = net.masks(*share, 1, size, seed, device);
                layers.iter().copied().zip(masks).collect()
            }
            _ => BTreeMap::new(),
        }
    }
}

/// Reads the generator of this name out of a `.pth`, a file of safetensors with the reference's names, or what Easel
/// exported; the first if the name is empty. It is laid out in a variant of the kernels.
///
/// # Errors
/// Those of [`safetensors_of`] and [`Weights`]; `weights-generator` for one that is not known, and says why; `BadSetting`
/// if none has the name.
pub fn read_picture_generator(
    name: &str,
    file: &[u8],
    generator: &str,
    variant: Variant,
    device: &Device,
) -> Result<PictureGenerator, Error> {
    let file = safetensors_of(name, file)?;
    let mut found = None;
    let mut weights = Weights::read(name, &file, |header| {
        let all = recognise(header).map_err(|detail| refused(name, detail))?;
        let names: Vec<_> = all.iter().map(|known| known.name.clone()).collect();
        let wanted = |known: &Recognised| generator.is_empty() || known.name == generator;
        let known = all
            .into_iter()
            .find(wanted)
            .ok_or_else(|| Error::BadSetting {
                name: "generator",
                detail: format!(
                    "{generator} is not in {name}; there are {}",
                    names.join(", ")
                ),
            })?;
        let known = known.plan(header).map_err(|detail| refused(name, detail))?;
        let expected = alone(&known.before, &Layers::expected(&known.layers), header);
        found = Some((known, names));
        Ok(expected)
    })?;
    let (known, names) = found.expect("the reading asked for it");
    let weights = weights.part(&known.before);
    let (first, last) = (&known.layers[0], &known.layers[known.layers.len() - 1]);
    let channels = [first.channels[0], last.channels[1]];
    let layers = Layers::load(known.layers, &weights, device)?;
    let layers = match known.by_picture {
        true => layers.by_picture(),
        false => layers.folded(),
    };
    let layers = layers.packed_as(variant);
    let (net, dropped) = match known.network {
        Network::Resnet(_) => (ResnetGenerator::wired(layers), Vec::new()),
        Network::Johnson(_) => (Johnson::wired(layers), Vec::new()),
        Network::Unet(_) => Unet::wired(layers),
    };
    Ok(PictureGenerator {
        name: known.name,
        names,
        network: known.network,
        net: Rc::new(net),
        channels,
        dropout: (known.dropout, dropped),
    })
}
