//! A trained network turns a picture of any size into another: CycleGAN's, pix2pix's and Johnson's generators.
//!
//! The picture is mirrored at its borders up to the sides that the network's halvings need, and cut back afterwards. A step
//! is a band of a layer ([`BandedRun`]): the norms' statistics are those of the whole picture, so bands leave no seams.

mod calibrate;
mod config;
mod read;
mod recognise;

use std::collections::BTreeMap;
use std::rc::Rc;

use burn::tensor::{Device, Int, Tensor};
use image::RgbaImage;
use serde_json::Value;

use super::gatys::luminance;
use super::gatys_targets::upload;
use super::{Job, Memory, Progress, Snapshot, Status, controls};
use crate::data::decode::resize;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::BandedRun;
use crate::ops::{rgba8_pack, rgba8_unpack};
use crate::protocol::{JobConfig, StylizeConfig, StylizeControl};

pub use calibrate::{VariantTime, fastest_variant, variant_times};
pub use config::{check_stylize, estimate_stylize};
use config::{cut, size_of};
pub use read::{PictureGenerator, read_picture_generator};
pub use recognise::Network;

/// Stream of a run's seed.
const DROPOUT: u32 = 51;
/// The most bytes of a picture's rows as numbers while they are mixed.
const MIXED: usize = 16 << 20;

/// A running `stylize`. There is nothing to show before it is done; until then its picture is the one that it was given.
///
/// Its metric is `mean`, the mean of what the newest layer gave.
pub struct Stylize {
    config: StylizeConfig,
    /// `[H, W]`, as it is and as it became.
    picture: Tensor<2, Int>,
    result: Option<Tensor<2, Int>>,
    /// The picture with its mirrored borders, and how many rows and columns of them come before it.
    framed: Tensor<2, Int>,
    before: [usize; 2],
    net: Rc<PictureGenerator>,
    run: BandedRun,
    /// Of the result with borders, from above.
    bands: Vec<Tensor<2, Int>>,
}

impl Stylize {
    /// Of a picture that [`estimate_stylize`] said fits.
    ///
    /// # Errors
    /// `BadSetting` for a setting out of range, `TooLarge`.
    pub fn new(
        config: StylizeConfig,
        picture: &RgbaImage,
        net: Rc<PictureGenerator>,
        memory: Memory,
        device: &Device,
    ) -> Result<Self, Error> {
        let (w, h) = picture.dimensions();
        let estimate = estimate_stylize(&config, &net, (w, h), memory, None)?;
        if !estimate.fits {
            return Err(Error::TooLarge {
                size: estimate.width.max(estimate.height),
                largest: estimate.largest,
            });
        }
        let (w, h) = size_of(&config, (w, h));
        let resized = ((w, h) != picture.dimensions()).then(|| resize(picture, w, h));
        let picture = resized.as_ref().unwrap_or(picture);
        let [rows, columns] = net.framed([h as usize, w as usize]);
        let before = [(rows - h as usize) / 2, (columns - w as usize) / 2];
        let framed = upload(&mirrored(picture, [rows, columns], before), device);
        let picture = inside(framed.clone(), before, [h as usize, w as usize]);
        let source = framed.clone();
        let given = net.clone();
        let rows_of = move |first: usize, end: usize| {
            given.given(rgba8_unpack(source.clone().narrow(0, first, end - first)))
        };
        let masks = match config.dropout {
            true => {
                let mut seed = Seed::stream(config.seed, DROPOUT);
                net.masks([rows, columns], &mut seed, device)
            }
            false => BTreeMap::new(),
        };
        let cut = cut(&net, [rows, columns], memory);
        let run = BandedRun::new(net.wired(), cut, Box::new(rows_of), masks);
        Ok(Self {
            config,
            picture,
            result: None,
            framed,
            before,
            net,
            run,
            bands: Vec::new(),
        })
    }

    /// What there is to show by the settings.
    fn mixed(&self, result: &Tensor<2, Int>) -> Tensor<2, Int> {
        let StylizeConfig {
            strength,
            keep_colors,
            ..
        } = self.config;
        if strength == 0.0 {
            return self.picture.clone();
        }
        if strength == 1.0 && !keep_colors {
            return result.clone();
        }
        let [h, w] = self.picture.dims();
        let rows = (MIXED / (12 * w)).clamp(1, h);
        let bands = (0..h).step_by(rows).map(|first| {
            let count = rows.min(h - first);
            let packed = self.picture.clone().narrow(0, first, count);
            let x = rgba8_unpack(packed.clone());
            let y = rgba8_unpack(result.clone().narrow(0, first, count));
            let change = match keep_colors {
                // In YIQ, adding to Y adds the same to R, G and B.
                true => luminance(y) - luminance(x.clone()),
                false => y - x.clone(),
            };
            rgba8_pack(x + change * strength, packed)
        });
        Tensor::cat(bands.collect(), 0)
    }
}

/// The picture with its mirror images around it, as often as it takes; `before` rows above and columns to the left. Its
/// border pixels are not repeated.
fn mirrored(
    picture: &RgbaImage,
    [rows, columns]: [usize; 2],
    [above, left]: [usize; 2],
) -> RgbaImage {
    let (w, h) = picture.dimensions();
    let place = |at: u32, before: usize, side: u32| {
        let period = i64::from(2 * side - 2).max(1);
        let at = (i64::from(at) - before as i64).rem_euclid(period);
        at.min(period - at).min(i64::from(side) - 1) as u32
    };
    RgbaImage::from_fn(columns as u32, rows as u32, |x, y| {
        *picture.get_pixel(place(x, left, w), place(y, above, h))
    })
}

/// The part of a packed picture that begins `before` it.
fn inside(
    packed: Tensor<2, Int>,
    [above, left]: [usize; 2],
    size @ [h, w]: [usize; 2],
) -> Tensor<2, Int> {
    match packed.dims() == size {
        true => packed,
        false => packed.narrow(0, above, h).narrow(1, left, w),
    }
}

impl Job for Stylize {
    fn step(&mut self) -> Result<Status, Error> {
        if self.run.done() {
            return Ok(Status::Done);
        }
        if let Some(band) = self.run.step() {
            let first: usize = self.bands.iter().map(|band| band.dims()[0]).sum();
            let alpha = self.framed.clone().narrow(0, first, band.dims()[2]);
            self.bands.push(rgba8_pack(self.net.drawn(band), alpha));
        }
        if !self.run.done() {
            return Ok(Status::Running);
        }
        let whole = Tensor::cat(std::mem::take(&mut self.bands), 0);
        self.result = Some(inside(whole, self.before, self.picture.dims()));
        Ok(Status::Done)
    }

    fn preview(&self) -> Tensor<2, Int> {
        match &self.result {
            Some(result) => self.mixed(result),
            None => self.picture.clone(),
        }
    }

    fn pictured(&self) -> bool {
        self.result.is_some()
    }

    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        let newest = self.run.newest().cloned();
        newest
            .map(|mean| ("mean".to_owned(), mean))
            .into_iter()
            .collect()
    }

    fn progress(&self) -> Progress {
        let (step, done) = self.run.progress();
        let cut = self.run.cut();
        let [h, w] = self.picture.dims();
        Progress {
            step: step as u32,
            of: cut.steps() as u32,
            done,
            total: cut.flops.iter().sum(),
            width: w as u32,
            height: h as u32,
        }
    }

    fn lasting(&self) -> bool {
        true
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: StylizeControl = controls(control)?;
        let mut config = self.config.clone();
        config.apply(&control);
        check_stylize(&config)?;
        self.config = config;
        Ok(())
    }

    fn keep(&mut self) {}

    fn restore(&mut self) {}

    /// The settings alone: it goes on from the start.
    fn save(&self) -> Snapshot {
        Snapshot {
            config: JobConfig::Stylize(self.config.clone()),
            meta: Value::Null,
            tensors: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn borders_are_mirrored_as_often_as_it_takes() {
        let row = |picture: &RgbaImage| picture.pixels().map(|p| p[0]).collect::<Vec<_>>();
        let picture = RgbaImage::from_fn(3, 1, |x, _| Rgba([x as u8, 0, 0, 255]));
        let wide = mirrored(&picture, [1, 11], [0, 4]);
        assert_eq!(row(&wide), [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
        let tall = mirrored(&picture, [4, 3], [1, 0]);
        assert_eq!(row(&tall), [0, 1, 2].repeat(4));
    }
}
