//! Timing: cases take turns in rounds, and each is waited for by reading one number of its result.

use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use serde::Serialize;

use crate::error::Error;
use crate::gpu;

/// A measurement repeats its case until it takes about this long, so that waiting for the GPU does not count.
const LONG: Duration = Duration::from_millis(40);
/// The most repetitions: what is queued holds memory.
const MOST: usize = 100;

/// Something to be measured.
pub(super) struct Case<'a> {
    /// Queues it once; the result says nothing of interest, but is ready only when all is done.
    pub run: Box<dyn Fn() -> Tensor<1> + 'a>,
    /// How often it is queued before it is waited for; 0 until that is known.
    pub repeats: usize,
}

impl<'a> Case<'a> {
    /// One that is queued as often as fits a measurement.
    pub fn queued(run: impl Fn() -> Tensor<1> + 'a) -> Self {
        Self {
            run: Box::new(run),
            repeats: 0,
        }
    }

    /// One that is waited for each time.
    pub fn single(run: impl Fn() -> Tensor<1> + 'a) -> Self {
        Self {
            repeats: 1,
            ..Self::queued(run)
        }
    }

    /// Seconds of one repetition.
    pub fn time(&self, repeats: usize) -> Result<f64, Error> {
        let begun = Instant::now();
        for _ in 1..repeats {
            (self.run)();
        }
        wait((self.run)())?;
        Ok(begun.elapsed().as_secs_f64() / repeats as f64)
    }

    fn warm_up(&mut self) -> Result<(), Error> {
        // The first run compiles.
        self.time(1)?;
        let once = self.time(1)?;
        if self.repeats == 0 {
            self.repeats = ((LONG.as_secs_f64() / once).ceil() as usize).clamp(1, MOST);
        }
        // The one reading counted above as part of the work.
        let each = self.time(self.repeats)?;
        if self.repeats > 1 {
            self.repeats = ((LONG.as_secs_f64() / each).ceil() as usize).clamp(1, MOST);
        }
        Ok(())
    }
}

/// Waits until a tensor is computed, and returns its first number.
pub(super) fn wait(x: Tensor<1>) -> Result<f32, Error> {
    let first = vec![(String::new(), x.narrow(0, 0, 1))];
    let read = pollster::block_on(gpu::read_scalars(first))?;
    Ok(read.into_values().next().unwrap_or(f32::NAN))
}

/// Milliseconds of one repetition over the rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Times {
    /// The median.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// How often it was queued before it was waited for.
    pub repeats: usize,
}

/// Warms up, then measures one case after the other, round by round.
pub(super) fn run(cases: &mut [Case], rounds: usize) -> Result<Vec<Times>, Error> {
    for case in &mut *cases {
        case.warm_up()?;
    }
    let mut all = vec![Vec::with_capacity(rounds); cases.len()];
    for _ in 0..rounds {
        for (case, times) in cases.iter().zip(&mut all) {
            times.push(1e3 * case.time(case.repeats)?);
        }
    }
    let times = |(case, mut times): (&Case, Vec<f64>)| {
        times.sort_by(f64::total_cmp);
        Times {
            median: times[times.len() / 2],
            min: times[0],
            repeats: case.repeats,
        }
    };
    Ok(cases.iter().zip(all).map(times).collect())
}
