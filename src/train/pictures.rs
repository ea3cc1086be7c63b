//! Training pictures from folders: random crops, and a fixed part held out.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use image::{RgbImage, imageops};

use crate::data::decode::{decode, fit, resize};
use crate::data::seed::Seed;
use crate::error::Error;

/// Pictures larger than this are reduced when read: detail finer than a crop can hold is not needed.
const LONG_SIDE: u32 = 900;
/// Every so many pictures, one is held out.
const HELD_OUT: usize = 16;

/// Pictures in memory, in the order of their paths.
#[derive(Debug)]
pub struct Pictures {
    train: Vec<RgbImage>,
    held_out: Vec<RgbImage>,
}

impl Pictures {
    /// Reads every picture under `folders`, however deep.
    ///
    /// # Errors
    /// A file that is no picture is skipped; a folder that cannot be read is `Unexpected`, and so
    /// is finding nothing.
    pub fn read(folders: &[PathBuf]) -> Result<Self, Error> {
        let (mut train, mut held_out) = (Vec::new(), Vec::new());
        for (i, (_, pixels)) in all_of(folders)?.into_iter().enumerate() {
            let part = if i % HELD_OUT == 0 {
                &mut held_out
            } else {
                &mut train
            };
            part.push(pixels);
        }
        if train.is_empty() || held_out.is_empty() {
            return Err(Error::Unexpected(format!(
                "too few pictures in {folders:?}"
            )));
        }
        Ok(Self { train, held_out })
    }

    /// How many pictures are trained on and held out.
    pub fn len(&self) -> (usize, usize) {
        (self.train.len(), self.held_out.len())
    }

    /// Random crops of random scale, half of them mirrored: `[count, 3, size, size]` in 0..1.
    pub fn batch(&self, count: usize, size: u32, seed: &mut Seed, device: &Device) -> Tensor<4> {
        let pick = |seed: &mut Seed| &self.train[seed.below(self.train.len())];
        let crops: Vec<_> = (0..count).map(|_| crop(pick(seed), size, seed)).collect();
        upload(&crops, size, device)
    }

    /// The same crops of held-out pictures every time.
    pub fn test(&self, count: usize, size: u32, device: &Device) -> Tensor<4> {
        let pictures: Vec<_> = self.held_out.iter().collect();
        let crops = crops(&pictures, count, size, &mut Seed::new(0));
        upload(&crops, size, device)
    }
}

/// Every picture under `folders`, however deep, in the order of their paths. A file that is no picture is skipped.
pub(super) fn all_of(folders: &[PathBuf]) -> Result<Vec<(PathBuf, RgbImage)>, Error> {
    let mut paths = Vec::new();
    for folder in folders {
        walk(folder, &mut paths).map_err(|e| Error::Unexpected(format!("{folder:?}: {e}")))?;
    }
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let name = path.to_string_lossy();
        let bytes = std::fs::read(&path).map_err(|e| Error::Unexpected(format!("{name}: {e}")))?;
        let Ok(picture) = decode(&bytes, &name) else {
            continue;
        };
        let mut pixels = picture.pixels;
        let (w, h) = pixels.dimensions();
        if w.max(h) > LONG_SIDE {
            let (w, h) = fit(w, h, LONG_SIDE);
            pixels = resize(&pixels, w, h);
        }
        all.push((path, image::DynamicImage::from(pixels).into_rgb8()));
    }
    Ok(all)
}

/// Random crops of random scale of each in turn, half of them mirrored.
pub(super) fn crops(
    pictures: &[&RgbImage],
    count: usize,
    size: u32,
    seed: &mut Seed,
) -> Vec<RgbImage> {
    let each = pictures.iter().cycle().take(count);
    each.map(|picture| crop(picture, size, seed)).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

fn crop(picture: &RgbImage, size: u32, seed: &mut Seed) -> RgbImage {
    let (w, h) = picture.dimensions();
    let largest = w.min(h);
    let smallest = size.min(largest);
    let side = smallest + seed.below((largest - smallest + 1) as usize) as u32;
    let x = seed.below((w - side + 1) as usize) as u32;
    let y = seed.below((h - side + 1) as usize) as u32;
    let view = imageops::crop_imm(picture, x, y, side, side).to_image();
    let mut crop = imageops::resize(&view, size, size, imageops::FilterType::Triangle);
    if seed.chance(0.5) {
        imageops::flip_horizontal_in_place(&mut crop);
    }
    crop
}

pub(super) fn upload(crops: &[RgbImage], size: u32, device: &Device) -> Tensor<4> {
    let n = size as usize;
    let mut values = Vec::with_capacity(crops.len() * 3 * n * n);
    for crop in crops {
        for c in 0..3 {
            values.extend(crop.pixels().map(|p| f32::from(p.0[c]) / 255.0));
        }
    }
    Tensor::from_data(TensorData::new(values, [crops.len(), 3, n, n]), device)
}
