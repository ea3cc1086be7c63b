//! Pairs of the user's own: two sides of a picture, pictures of two folders, or a picture and what is made of it; ready to
//! learn from in one small file, which travels in checkpoints and is read as strictly as weights.

use std::collections::{BTreeMap, HashMap};

use image::{RgbImage, RgbaImage, imageops};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::path::{folder, stem};
use super::prepared::left_out;
use super::square::squared;
use super::{Collection, MAX_PICTURES, MAX_PREPARED, MAX_VALUES, shuffle};
use crate::data::pairs::{Pairs, edges, luminance, planes};
use crate::error::Error;
use crate::protocol::{LeftOut, Pairing};

/// One pair to learn from, one to look at.
pub const MIN_PAIRS: usize = 2;
/// The most pairs that a run is measured on and does not learn from; of few, a tenth.
const HELD: usize = 12;
/// A blurred picture has lost what is finer than this part of its side, and a mosaic has so many tiles in a row.
const COARSE: u32 = 16;
/// The metadata key under which everything but the tensors lies.
const KEY: &str = "easel-pairs";
const VERSION: u32 = 1;

/// A picture on its way into a pair, `[3, S, S]`.
pub(super) enum Side {
    /// Both sides, the input of 1 or 3 channels.
    Both { input: Vec<u8>, target: Vec<u8> },
    /// One of them, from a folder of this name, with the name that both share.
    One {
        folder: String,
        stem: String,
        name: String,
        values: Vec<u8>,
    },
}

fn coloured(pixels: &RgbaImage, size: u32) -> Vec<u8> {
    let values = squared(pixels, size);
    match values.len() {
        few if few == (size * size) as usize => values.repeat(3),
        _ => values,
    }
}

/// What a picture gives; or the code of a refusal.
pub(super) fn side(
    pairing: Pairing,
    name: &str,
    pixels: &RgbaImage,
    size: u32,
) -> Result<Side, &'static str> {
    let (w, h) = pixels.dimensions();
    match pairing {
        // As wide as two pictures, or nearly.
        Pairing::Sides if 2 * w < 3 * h => Err("not-a-pair"),
        Pairing::Sides => {
            let half = |x: u32| imageops::crop_imm(pixels, x, 0, w / 2, h).to_image();
            let [input, target] = [half(0), half(w - w / 2)].map(|one| coloured(&one, size));
            Ok(Side::Both { input, target })
        }
        Pairing::Folders => Ok(Side::One {
            folder: folder(name).ok_or("not-a-pair")?,
            stem: stem(name),
            name: name.to_owned(),
            values: coloured(pixels, size),
        }),
        made => {
            let target = coloured(pixels, size);
            let input = of_picture(made, &target, size);
            Ok(Side::Both { input, target })
        }
    }
}

/// What is made of a picture `[3, S, S]`.
fn of_picture(pairing: Pairing, values: &[u8], size: u32) -> Vec<u8> {
    let area = (size * size) as usize;
    let picture = RgbImage::from_fn(size, size, |x, y| {
        let at = (y * size + x) as usize;
        image::Rgb([values[at], values[area + at], values[2 * area + at]])
    });
    let few = |filter| imageops::resize(&picture, COARSE, COARSE, filter);
    match pairing {
        Pairing::Edges => edges(&picture),
        Pairing::Grey => luminance(&picture)
            .iter()
            .map(|l| l.round() as u8)
            .collect(),
        Pairing::Mosaic => {
            let tiles = few(imageops::FilterType::Triangle);
            planes(&imageops::resize(
                &tiles,
                size,
                size,
                imageops::FilterType::Nearest,
            ))
        }
        _ => planes(&imageops::blur(&picture, size as f32 / COARSE as f32 / 2.0)),
    }
}

/// Pairs that are ready to learn from.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedPairs {
    /// In random order.
    pub pairs: Pairs,
    /// What was left out when they were gathered; not read back.
    pub left: Vec<LeftOut>,
}

#[derive(Serialize, Deserialize)]
struct Meta {
    version: u32,
    #[serde(default, skip_deserializing)]
    left: Vec<LeftOut>,
}

fn bad(code: &'static str, detail: impl ToString) -> Error {
    let detail = detail.to_string();
    Error::BadData { code, detail }
}

fn broken(detail: impl ToString) -> Error {
    bad("data-broken", detail)
}

impl Collection {
    /// The pairs, shuffled.
    ///
    /// # Errors
    /// `data-too-few` if there are fewer than [`MIN_PAIRS`].
    ///
    /// # Panics
    /// If it gathers no pairs.
    pub fn finish_pairs(mut self) -> Result<PreparedPairs, Error> {
        while self.step() {}
        let pairing = self.pairing.expect("it gathers pairs");
        let mut found = Vec::new();
        let mut folders: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for side in std::mem::take(&mut self.sides) {
            match side {
                Side::Both { input, target } => found.push((input, target)),
                Side::One {
                    folder,
                    stem,
                    name,
                    values,
                } => {
                    folders
                        .entry(folder)
                        .or_default()
                        .push((stem, name, values));
                }
            }
        }
        // The first two by name; a photo album has more.
        let mut folders = folders.into_values();
        let [first, second] = [(); 2].map(|()| folders.next().unwrap_or_default());
        let mut targets: BTreeMap<_, _> = { second.into_iter() }
            .map(|(stem, name, values)| (stem, (name, values)))
            .collect();
        for (stem, name, input) in first {
            match targets.remove(&stem) {
                Some((_, target)) => found.push((input, target)),
                None => self.leave(&name, "without-partner"),
            }
        }
        let alone = targets.into_values().map(|(name, _)| name);
        for name in alone.chain(folders.flatten().map(|(_, name, _)| name)) {
            self.leave(&name, "without-partner");
        }
        if found.len() < MIN_PAIRS {
            let detail = format!("{} pairs; at least {MIN_PAIRS} are needed", found.len());
            return Err(bad("data-too-few", detail));
        }
        shuffle(&mut found);
        let size = self.size as usize;
        let channels = match pairing {
            Pairing::Edges | Pairing::Grey => 1,
            _ => 3,
        };
        let mut pairs = Pairs::new(channels, size);
        for (input, target) in found {
            pairs.push(&input, &target);
        }
        let left = self.left();
        Ok(PreparedPairs { pairs, left })
    }
}

impl PreparedPairs {
    /// A line on them.
    #[must_use]
    pub fn summary(&self) -> String {
        format!("{} pairs{}", self.pairs.len(), left_out(&self.left))
    }

    /// As a file: `inputs` `[N, 1 or 3, S, S]` and `targets` `[N, 3, S, S]`, both `U8`.
    ///
    /// # Errors
    /// `Unexpected` only.
    pub fn write(&self) -> Result<Vec<u8>, Error> {
        let unexpected = |e: safetensors::SafeTensorError| Error::Unexpected(e.to_string());
        let (count, size) = (self.pairs.len(), self.pairs.size());
        let [inputs, targets] = self.pairs.values();
        let view = |values, planes| {
            TensorView::new(Dtype::U8, vec![count, planes, size, size], values).map_err(unexpected)
        };
        let views = [
            ("inputs", view(inputs, self.pairs.planes())?),
            ("targets", view(targets, 3)?),
        ];
        let left = self.left.clone();
        let meta = Meta {
            version: VERSION,
            left,
        };
        let text = serde_json::to_string(&meta).map_err(|e| Error::Unexpected(e.to_string()))?;
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        safetensors::serialize(views, Some(metadata)).map_err(unexpected)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// `data-broken` for anything else.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_PREPARED {
            let detail = format!("{} bytes; at most {MAX_PREPARED} are read", bytes.len());
            return Err(broken(detail));
        }
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let text = metadata.metadata().as_ref().and_then(|m| m.get(KEY));
        let text = text.ok_or_else(|| broken("these are no pairs of Easel"))?;
        let meta: Meta = serde_json::from_str(text).map_err(broken)?;
        if meta.version != VERSION {
            return Err(broken(format!("version {} is not {VERSION}", meta.version)));
        }
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let [inputs, targets] = ["inputs", "targets"].map(|name| file.tensor(name).map_err(broken));
        let (inputs, targets) = (inputs?, targets?);
        let shapes = || broken(format!("{:?} to {:?}", inputs.shape(), targets.shape()));
        let (&[n, planes, h, w], &[m, 3, th, tw]) = (inputs.shape(), targets.shape()) else {
            return Err(shapes());
        };
        let same = n == m && [h, w, th, tw].iter().all(|side| *side == h);
        let sound = same
            && file.len() == 2
            && [inputs.dtype(), targets.dtype()] == [Dtype::U8; 2]
            && [32, 64, 128, 256].contains(&h)
            && matches!(planes, 1 | 3)
            && (MIN_PAIRS..=MAX_PICTURES).contains(&n)
            && inputs.data().len() + targets.data().len() <= MAX_VALUES;
        if !sound {
            return Err(shapes());
        }
        let mut pairs = Pairs::new(planes, h);
        let each = inputs.data().chunks_exact(planes * h * h);
        for (input, target) in each.zip(targets.data().chunks_exact(3 * h * h)) {
            pairs.push(input, target);
        }
        let left = Vec::new();
        Ok(Self { pairs, left })
    }

    /// What a run of pictures of `size` pixels learns from, and what it is measured on and never learns from.
    ///
    /// # Errors
    /// `data-size` if they are of another size.
    pub fn for_run(self, size: u32) -> Result<(Pairs, Pairs), Error> {
        let found = self.pairs.size();
        if found != size as usize {
            let detail = format!("the pairs have {found} px, the settings say {size}");
            return Err(bad("data-size", detail));
        }
        let held = (self.pairs.len() / 10).clamp(1, HELD);
        let first = self.pairs.len() - held;
        Ok(self.pairs.split(first))
    }
}
