//! Pictures with their classes, to teach and to judge: our own, or those of a file in MNIST's format.

use std::path::Path;

use super::own::gather;
use crate::data::dataset::Pictures;
use crate::data::own::Prepared;
use crate::error::Error;
use crate::models::ClassifierConfig;

/// How many are kept from learning; a quarter of fewer than four times as many.
const HELD: usize = 1200;

/// The learning rate of a step: from `rate` to a hundredth of it, along a cosine.
pub fn falling(rate: f32, step: usize, steps: usize) -> f32 {
    let along = step as f32 / steps as f32;
    rate * (0.505 + 0.495 * (std::f32::consts::PI * along).cos())
}

/// What there is to learn.
pub struct Lesson {
    /// Of a classifier for it.
    pub config: ClassifierConfig,
    /// To learn from.
    pub learnt: Pictures,
    /// To judge by.
    pub held: Pictures,
}

impl Lesson {
    /// `digits`, `scenes`, or a path with labels, as [`gather`] reads it, at 28 px. `count` to learn from are drawn of our
    /// own.
    ///
    /// # Errors
    /// Those of [`gather`]; `data-labels` if there are no classes.
    pub fn of(data: &str, count: usize) -> Result<Self, Error> {
        // Other numbers than those of a run of the lab and of what it is judged by.
        let both =
            |draw: &dyn Fn(usize, u32) -> Pictures| (draw(count, 100_000), draw(HELD, 2_000_000));
        let (learnt, held) = match data {
            "digits" => both(&|count, seed| Pictures::digits(count, 28, seed)),
            "scenes" => both(&|count, first| Pictures::scenes(count, 32, first)),
            path => {
                let Prepared {
                    pictures, classes, ..
                } = gather(Path::new(path), 28)?;
                if classes.is_empty() {
                    return Err(Error::BadData {
                        code: "data-labels",
                        detail: format!("{path} has no labels"),
                    });
                }
                let held = HELD.min(pictures.len() / 4);
                let learnt = pictures.len() - held;
                pictures.split(learnt)
            }
        };
        let [channels, size, _] = learnt.shape();
        let config = ClassifierConfig {
            size,
            channels,
            classes: learnt.classes(),
        };
        Ok(Self {
            config,
            learnt,
            held,
        })
    }
}
