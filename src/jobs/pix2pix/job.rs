//! pix2pix as something a user can start: a trainer, what it learns from, and what is looked at while it learns.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use serde_json::Value;

use super::config::check_control;
use super::{Pix2pixState, Pix2pixTrainer};
use crate::data::pairs::Pairs;
use crate::error::Error;
use crate::jobs::training::{Kept, Measured, packed, probability, sheet, status};
use crate::jobs::{Job, Networks, Progress, Snapshot, Status, Told, controls};
use crate::protocol::{JobConfig, Pix2pixConfig, Pix2pixControl, Sheet};
use crate::quality::slopes;

/// Columns and rows of what is shown: input, output and truth of as many pairs.
pub(super) const SHEET: (u32, u32) = (3, 4);
/// Steps from one measurement on pairs that are not learnt from to the next.
const MEASURED_EVERY: u32 = 50;
/// What is measured there.
const HELD: [&str; 3] = ["l1_held", "sharp_held", "energy_held"];

/// A running `pix2pix`.
///
/// It shows the first pairs of those that it does not learn from, and tells on all of them, every 50 steps and at the
/// end: `l1_held`, the mean distance of what is drawn from the truth in -1..1; `sharp_held` and `energy_held`, how much its
/// neighbouring pixels differ and the mean square of that, in the truth's measure; and for comparison `l1_copied` and
/// `l1_mean`, the distances of the inputs and of the mean picture.
/// For the first pair it tells `map_fake` and `map_real`, the discriminator's opinions on what is drawn and on the truth,
/// 0..1, rows from above.
pub struct Pix2pix {
    trainer: Kept<Pix2pixTrainer>,
    data: Pairs,
    /// Input and target of all pairs that are measured on, `[N, 3, H, W]` in -1..1.
    held: [Tensor<4>; 2],
    /// What does not change.
    known: BTreeMap<String, f32>,
    measured: Measured,
}

impl Pix2pix {
    /// `held` are pairs to show and to measure on that are not learnt from. `saved` goes on with a run.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for a state that does not fit.
    ///
    /// # Panics
    /// If the pairs have another size than the settings say, or there are none.
    pub fn new(
        config: &Pix2pixConfig,
        data: Pairs,
        held: &Pairs,
        saved: Option<(Value, BTreeMap<String, Vec<f32>>)>,
        device: &Device,
    ) -> Result<Self, Error> {
        let trainer = match saved {
            Some((meta, tensors)) => {
                Pix2pixTrainer::load(&Pix2pixState::new(config, meta)?, tensors, device)?
            }
            None => Pix2pixTrainer::new(config, device)?,
        };
        let size = config.size as usize;
        assert_eq!([data.size(), held.size()], [size; 2], "the size of a pair");
        let known = [
            ("l1_copied", held.distance_copied()),
            ("l1_mean", held.distance_mean(&data)),
        ];
        let numbers: Vec<_> = (0..held.len()).collect();
        Ok(Self {
            held: held.at(&numbers, device),
            known: known.map(|(name, x)| (name.to_owned(), x)).into(),
            trainer: Kept::new(trainer),
            data,
            measured: Measured::default(),
        })
    }

    /// Begins with trained networks instead of fresh ones; to be called before the first step.
    ///
    /// # Errors
    /// Those of [`Pix2pixTrainer::begin_with`].
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        self.trainer.change().begin_with(name, file)
    }

    /// What trains.
    pub fn trainer(&self) -> &Pix2pixTrainer {
        self.trainer.now()
    }

    /// The first pairs that it does not learn from.
    fn first(&self, count: usize) -> [Tensor<4>; 2] {
        let part = |x: &Tensor<4>| x.clone().narrow(0, 0, count.min(x.dims()[0]));
        [part(&self.held[0]), part(&self.held[1])]
    }
}

impl Job for Pix2pix {
    fn step(&mut self) -> Result<Status, Error> {
        let of = self.trainer().config().steps;
        if self.trainer().steps() < of {
            self.trainer.step(|trainer| trainer.step(&self.data));
        }
        Ok(status(self.trainer().steps(), of))
    }

    fn preview(&self) -> Tensor<2, Int> {
        let (columns, rows) = SHEET;
        let [input, target] = self.first(rows as usize);
        let drawn = self.trainer().translate(input.clone());
        let [n, c, h, w] = input.dims();
        // A row is a pair.
        let all = Tensor::stack::<5>(vec![input, drawn, target], 1);
        let picture = sheet(all.reshape([3 * n, c, h, w]), columns as usize);
        packed(picture)
    }

    /// What becomes of a given picture.
    fn sheet(&self, which: Sheet) -> Option<Tensor<2, Int>> {
        let Sheet::Of(picture) = which else {
            return None;
        };
        let side = self.trainer().config().size as usize;
        if picture.len() != 3 * side * side {
            return None;
        }
        // [H, W, 3] to [1, 3, H, W]
        let values = picture.iter().map(|x| f32::from(*x) / 127.5 - 1.0);
        let data = TensorData::new(values.collect::<Vec<_>>(), [1, side, side, 3]);
        let input = Tensor::<4>::from_data(data, &self.held[0].device());
        let drawn = self.trainer().translate(input.permute([0, 3, 1, 2]));
        Some(packed(sheet(drawn, 1)))
    }

    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        let Some(m) = self.trainer().metrics() else {
            return Vec::new();
        };
        let all = [
            ("d_loss", &m.d_loss),
            ("g_loss", &m.g_loss),
            ("l1", &m.l1),
            ("d_real", &m.d_real),
            ("d_fake", &m.d_fake),
        ];
        all.map(|(name, x)| (name.to_owned(), x.clone())).to_vec()
    }

    fn progress(&self) -> Progress {
        let (step, of) = (self.trainer().steps(), self.trainer().config().steps);
        let ((columns, _), side) = (SHEET, self.trainer().config().size);
        let rows = self.first(SHEET.1 as usize)[0].dims()[0];
        Progress {
            step,
            of,
            done: f64::from(step),
            total: f64::from(of),
            width: columns * side,
            height: rows as u32 * side,
        }
    }

    fn look(&mut self) -> Vec<(String, Tensor<1>)> {
        let (step, of) = (self.trainer().steps(), self.trainer().config().steps);
        let due = self.measured.due(step, of, MEASURED_EVERY);
        let [input, target] = if due {
            self.held.clone()
        } else {
            self.first(1)
        };
        let drawn = self.trainer().translate(input.clone());
        let map = |pictures: &Tensor<4>| {
            let one = |x: &Tensor<4>| x.clone().narrow(0, 0, 1);
            self.trainer()
                .judge(one(&input), one(pictures))
                .flatten(0, 3)
        };
        let mut all = vec![
            ("map_fake".to_owned(), map(&drawn)),
            ("map_real".to_owned(), map(&target)),
        ];
        if due {
            let [sharp, energy] = slopes(drawn.clone());
            let [true_sharp, true_energy] = slopes(target.clone());
            all.push(("sharp_held".to_owned(), sharp / true_sharp));
            all.push(("energy_held".to_owned(), energy / true_energy));
            all.push(("l1_held".to_owned(), (drawn - target).abs().mean()));
        }
        all
    }

    fn tell(&mut self, mut seen: BTreeMap<String, Vec<f32>>) -> Told {
        let mut told = Told::default();
        for name in HELD {
            if let Some([value]) = seen.remove(name).as_deref() {
                told.metrics.insert(name.into(), *value);
                told.metrics.extend(self.known.clone());
            }
        }
        let objective = self.trainer().config().objective;
        for logit in seen.values_mut().flatten() {
            *logit = probability(objective, *logit);
        }
        told.plot = seen;
        told
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: Pix2pixControl = controls(control)?;
        check_control(&control)?;
        self.trainer.change().tune(&control);
        Ok(())
    }

    fn keep(&mut self) {
        self.trainer.keep();
    }

    fn restore(&mut self) {
        self.trainer.restore();
    }

    fn save(&self) -> Snapshot {
        let (state, tensors) = self.trainer().save();
        Snapshot {
            config: JobConfig::Pix2pix(state.config.clone()),
            meta: state.meta(),
            tensors,
        }
    }

    fn networks(&self) -> Option<Networks> {
        // The file itself is what another run begins with.
        let config = Pix2pixConfig {
            start: String::new(),
            ..self.trainer().config().clone()
        };
        Some(Networks {
            settings: serde_json::to_string(&config).ok()?,
            tensors: self.trainer().trained(),
        })
    }
}
