//! What the adapter can do at most.

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use super::Times;
use super::rounds::{Case, wait};
use crate::error::Error;
use crate::ops::{Adapter, FmaSteps, peak_copy, peak_fma};

/// Seconds that the launch of multiply-adds should take: long against its start, short enough for every driver.
const LAUNCH: f64 = 0.01;
/// With more, the sums would no longer be exact in f32.
const MOST_STEPS: u32 = 1 << 16;

/// The two kernels with their operands.
pub(super) struct Peak {
    start: Tensor<1>,
    work: FmaSteps,
    picture: Tensor<1>,
}

/// What the adapter can do at most, by the quickest round.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeakFigures {
    /// Thousand million operations in a second: multiply-adds in registers, two operations each.
    pub gflops: f64,
    /// Thousand million bytes in a second: read and written by a copy.
    pub gbytes: f64,
    /// Of a launch of multiply-adds.
    pub fma: Times,
    /// Of a copy.
    pub copy: Times,
    /// Bytes of what is copied.
    pub copied: usize,
}

impl Peak {
    /// # Errors
    /// `Unexpected` if the kernel's sums are wrong.
    pub fn new(adapter: Adapter, device: &Device) -> Result<Self, Error> {
        // Enough to fill the largest GPU many times; and more than its caches hold.
        let (numbers, copied) = match adapter {
            Adapter::Software => (1 << 14, 1 << 22),
            Adapter::Hardware => (1 << 20, 1 << 25),
        };
        let start: Vec<f32> = (0..numbers).map(|n| (n % 256) as f32).collect();
        let mut peak = Self {
            start: Tensor::from_data(TensorData::new(start, [numbers]), device),
            work: FmaSteps {
                steps: 1,
                factor: 1.0,
                addend: 1.0,
            },
            picture: Tensor::ones([copied], device),
        };
        let fma = Case::single(|| peak_fma(peak.start.clone(), peak.work));
        fma.time(1)?;
        drop(fma);
        while peak.work.steps < MOST_STEPS && peak.seconds()? < LAUNCH {
            peak.work.steps *= 2;
        }
        peak.check()?;
        Ok(peak)
    }

    fn seconds(&self) -> Result<f64, Error> {
        Case::single(|| peak_fma(self.start.clone(), self.work)).time(1)
    }

    /// With a factor and an addend of 1 each chain of 16 steps grows by exactly 16.
    fn check(&self) -> Result<(), Error> {
        let last = self.start.dims()[0] - 1;
        let sums = peak_fma(self.start.clone(), self.work);
        let sum = wait(sums.narrow(0, last, 1))?;
        let chains = f64::from(self.work.steps) * 16.0 + (last % 256) as f64;
        let truth = 12.0 * chains + 66.0;
        if f64::from(sum) == truth {
            return Ok(());
        }
        let what =
            format!("multiply-adds gave {sum}, not {truth}; no share of the peak can be told");
        Err(Error::Unexpected(what))
    }

    /// Multiply-adds, then the copy.
    pub fn cases(&self) -> Vec<Case<'_>> {
        vec![
            Case::queued(|| peak_fma(self.start.clone(), self.work)),
            Case::queued(|| peak_copy(self.picture.clone())),
        ]
    }

    pub fn figures(&self, times: &[Times]) -> PeakFigures {
        let (fma, copy) = (times[0], times[1]);
        let copied = 4 * self.picture.dims()[0];
        let flop = 2.0 * self.work.multiply_adds(self.start.dims()[0]);
        PeakFigures {
            gflops: flop / fma.min / 1e6,
            gbytes: 2.0 * copied as f64 / copy.min / 1e6,
            fma,
            copy,
            copied,
        }
    }
}
