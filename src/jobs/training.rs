//! What jobs that train networks have in common: ranges of settings, going back, pictures to look at.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::Status;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::ops::rgba8_pack;
use crate::protocol::Objective;

/// A setting with its range.
pub(super) type Range<T> = (&'static str, T, T, T);

/// Holds settings, each as its name, its value, the least and the most, against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub(super) fn within<T: PartialOrd + ToString>(settings: &[Range<T>]) -> Result<(), Error> {
    let outside = settings
        .iter()
        .find(|(_, value, low, high)| !(low..=high).contains(&value));
    outside.map_or(Ok(()), |(name, value, low, high)| {
        let [value, low, high] = [value, low, high].map(ToString::to_string);
        Err(bad(name, format!("{value} is not within {low} and {high}")))
    })
}

pub(super) fn bad(name: &'static str, detail: String) -> Error {
    Error::BadSetting { name, detail }
}

/// A trainer that can go back to where its numbers were last sound.
pub(super) struct Kept<T> {
    now: T,
    /// As it was before the last step, whose numbers are read next.
    before: Option<T>,
    good: Option<T>,
}

impl<T: Clone> Kept<T> {
    pub fn new(now: T) -> Self {
        Self {
            now,
            before: None,
            good: None,
        }
    }

    /// As it is.
    pub fn now(&self) -> &T {
        &self.now
    }

    /// To change it without a step.
    pub fn change(&mut self) -> &mut T {
        &mut self.now
    }

    /// Does a step.
    pub fn step(&mut self, step: impl FnOnce(&mut T)) {
        self.before = Some(self.now.clone());
        step(&mut self.now);
    }

    /// See [`Job::keep`](super::Job::keep).
    pub fn keep(&mut self) {
        self.good.clone_from(&self.before);
    }

    /// See [`Job::restore`](super::Job::restore).
    pub fn restore(&mut self) {
        if let Some(good) = self.good.take() {
            self.now = good;
        }
    }
}

/// Numbers `N(0, deviation²)`.
pub(super) fn gaussian(
    dims: [usize; 4],
    deviation: f32,
    seed: &mut Seed,
    device: &Device,
) -> Tensor<4> {
    let count = dims.iter().product();
    let values: Vec<f32> = (0..count).map(|_| deviation * seed.normal()).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}

/// Whether there are steps left.
pub(super) fn status(step: u32, of: u32) -> Status {
    if step < of {
        Status::Running
    } else {
        Status::Done
    }
}

/// Whether a job measures on what it does not learn from.
#[derive(Default)]
pub(super) struct Measured(Option<u32>);

impl Measured {
    /// True before the first step, then every `every` steps, and at the end.
    pub fn due(&mut self, step: u32, of: u32, every: u32) -> bool {
        let last = self.0;
        let due = last.is_none_or(|last| step >= last + every || step >= of && step > last);
        if due {
            self.0 = Some(step);
        }
        due
    }
}

/// Samples `[N, C, H, W]` in -1..1 as one picture `[1, 3, rows H, columns W]` in 0..1, with so many in a row at most. What
/// remains of the last row is grey.
pub(super) fn sheet(samples: Tensor<4>, columns: usize) -> Tensor<4> {
    let [n, c, h, w] = samples.dims();
    let columns = columns.min(n);
    let rows = n.div_ceil(columns);
    let rest = rows * columns - n;
    let samples = match rest {
        0 => samples,
        _ => {
            let grey = Tensor::zeros([rest, c, h, w], &samples.device());
            Tensor::cat(vec![samples, grey], 0)
        }
    };
    let tiles = samples.reshape([rows, columns, c, h, w]);
    let tiles = tiles
        .permute([2, 0, 3, 1, 4])
        .reshape([1, c, rows * h, columns * w]);
    let tiles = (tiles + 1.0) / 2.0;
    if c == 3 {
        tiles
    } else {
        tiles.repeat_dim(1, 3)
    }
}

/// A picture `[1, 3, H, W]` in 0..1 as [`Job::preview`](super::Job::preview) gives it.
pub(super) fn packed(picture: Tensor<4>) -> Tensor<2, Int> {
    let [_, _, h, w] = picture.dims();
    let opaque = i32::from_le_bytes([0, 0, 0, 255]);
    let opaque = Tensor::full([h, w], opaque, &picture.device());
    rgba8_pack(picture.clamp(0.0, 1.0), opaque)
}

/// A discriminator's opinion within 0..1.
pub(super) fn probability(objective: Objective, logit: f32) -> f32 {
    match objective {
        Objective::LeastSquares => logit.clamp(0.0, 1.0),
        _ => 1.0 / (1.0 + (-logit).exp()),
    }
}
