//! CycleGAN as something a user can start: a trainer, what it learns from, and what is looked at while it learns.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor};
use serde_json::Value;

use super::config::check_control;
use super::{CycleganState, CycleganTrainer};
use crate::data::unpaired::Unpaired;
use crate::error::Error;
use crate::jobs::training::{Kept, Measured, packed, probability, sheet, status};
use crate::jobs::{Job, Networks, Progress, Snapshot, Status, Told, controls};
use crate::protocol::{CycleganConfig, CycleganControl, JobConfig, Sheet};

/// Columns of what is shown, and rows of each kind: a picture, what it is turned into, and what that is turned back into.
pub(super) const SHEET: (u32, u32) = (3, 3);
/// Pictures in a row of a replay buffer.
const BUFFER: usize = 25;
/// Steps from one measurement on pictures that are not learnt from to the next.
const MEASURED_EVERY: u32 = 50;

/// A running `cyclegan`.
///
/// It shows the first pictures of A that it does not learn from, below them the first of B, and tells on all of A, every 50
/// steps and at the end: `cycle_held`, the mean distance in -1..1 of what comes back from what was given; and where it is
/// known what they are as pictures of B, `l1_held`, the distance of what is drawn from it, and `l1_untouched`, that of what
/// is given. `rate` is the present rate of the generators.
/// It tells `map_a_fake` and `map_a_real`, the opinions of `D_A` on what is made of the first picture of A and on the first
/// of B, 0..1, rows from above; `map_b_fake` and `map_b_real`, those of `D_B` the other way round.
pub struct Cyclegan {
    trainer: Kept<CycleganTrainer>,
    data: Unpaired,
    /// All pictures of A and B that are measured on, `[N, 3, H, W]` in -1..1.
    held: [Tensor<4>; 2],
    truth: Option<Tensor<4>>,
    measured: Measured,
}

impl Cyclegan {
    /// `saved` goes on with a run.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for a state that does not fit.
    ///
    /// # Panics
    /// If the pictures are smaller than the settings say, or there are none of a kind.
    pub fn new(
        config: &CycleganConfig,
        data: Unpaired,
        saved: Option<(Value, BTreeMap<String, Vec<f32>>)>,
        device: &Device,
    ) -> Result<Self, Error> {
        let trainer = match saved {
            Some((meta, tensors)) => {
                CycleganTrainer::load(&CycleganState::new(config, meta)?, tensors, device)?
            }
            None => CycleganTrainer::new(config, device)?,
        };
        Ok(Self {
            held: [false, true].map(|b| data.held(b, config, device)),
            truth: data.truth(config, device),
            trainer: Kept::new(trainer),
            data,
            measured: Measured::default(),
        })
    }

    /// Begins with trained networks instead of fresh ones.
    ///
    /// # Errors
    /// Those of [`CycleganTrainer::begin_with`].
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        self.trainer.change().begin_with(name, file)
    }

    /// Begins with trained generators, and fresh discriminators.
    ///
    /// # Errors
    /// Those of [`CycleganTrainer::begin_with_generators`].
    pub fn begin_with_generators(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        self.trainer.change().begin_with_generators(name, file)
    }

    /// What trains.
    pub fn trainer(&self) -> &CycleganTrainer {
        self.trainer.now()
    }

    /// The first pictures of A and B that it does not learn from, as many of either.
    fn first(&self, count: usize) -> [Tensor<4>; 2] {
        let least = self.held.iter().map(|x| x.dims()[0]).min();
        let count = count.min(least.unwrap_or(0));
        self.held.clone().map(|x| x.narrow(0, 0, count))
    }
}

impl Job for Cyclegan {
    fn step(&mut self) -> Result<Status, Error> {
        let of = self.trainer().config().steps;
        if self.trainer().steps() < of {
            self.trainer.step(|trainer| trainer.step(&self.data));
        }
        Ok(status(self.trainer().steps(), of))
    }

    fn preview(&self) -> Tensor<2, Int> {
        let (columns, rows) = SHEET;
        let nets = self.trainer().averaged();
        let given = self.first(rows as usize).into_iter().enumerate();
        let halves = given.map(|(i, given)| {
            let [n, c, h, w] = given.dims();
            let drawn = nets[i].forward(given.clone());
            let back = nets[1 - i].forward(drawn.clone());
            let all = Tensor::stack::<5>(vec![given, drawn, back], 1);
            all.reshape([3 * n, c, h, w])
        });
        packed(sheet(Tensor::cat(halves.collect(), 0), columns as usize))
    }

    /// Each replay buffer from the top, that of pictures of B first; what is not filled yet is grey.
    fn sheet(&self, which: Sheet) -> Option<Tensor<2, Int>> {
        if which != Sheet::Buffer {
            return None;
        }
        let config = self.trainer().config();
        let size = config.size as usize;
        let rows = (config.pool as usize).div_ceil(BUFFER).max(1);
        let device = self.held[0].device();
        let halves = self.trainer().pools().iter().map(|pool| {
            let grey = |count| Tensor::zeros([count, 3, size, size], &device);
            match pool.pictures() {
                Some(all) if pool.len() < rows * BUFFER => {
                    Tensor::cat(vec![all, grey(rows * BUFFER - pool.len())], 0)
                }
                Some(all) => all.narrow(0, 0, rows * BUFFER),
                None => grey(rows * BUFFER),
            }
        });
        Some(packed(sheet(Tensor::cat(halves.collect(), 0), BUFFER)))
    }

    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        let Some(m) = self.trainer().metrics() else {
            return Vec::new();
        };
        let mut all = Vec::new();
        let mut add = |name: &str, [a, b]: &[Tensor<1>; 2]| {
            all.push((format!("{name}_a"), a.clone()));
            all.push((format!("{name}_b"), b.clone()));
        };
        add("d", &m.discriminator);
        add("g", &m.adversarial);
        add("cycle", &m.cycle);
        if let Some(identity) = &m.identity {
            add("identity", identity);
        }
        all
    }

    fn progress(&self) -> Progress {
        let (step, of) = (self.trainer().steps(), self.trainer().config().steps);
        let ((columns, rows), side) = (SHEET, self.trainer().config().size);
        let rows = self.first(rows as usize)[0].dims()[0];
        Progress {
            step,
            of,
            done: f64::from(step),
            total: f64::from(of),
            width: columns * side,
            height: 2 * rows as u32 * side,
        }
    }

    fn look(&mut self) -> Vec<(String, Tensor<1>)> {
        let trainer = self.trainer.now();
        let (step, of) = (trainer.steps(), trainer.config().steps);
        let nets = trainer.averaged();
        let [a, b] = self.first(1);
        let mut all = Vec::new();
        for (name, real, other, net, on_a) in [
            ("map_a", &b, &a, &nets[0], false),
            ("map_b", &a, &b, &nets[1], true),
        ] {
            let map = |pictures| trainer.judge(on_a, pictures).flatten(0, 3);
            let fake = net.forward(other.clone());
            all.push((format!("{name}_fake"), map(fake)));
            all.push((format!("{name}_real"), map(real.clone())));
        }
        if self.measured.due(step, of, MEASURED_EVERY) {
            let given = &self.held[0];
            let drawn = nets[0].forward(given.clone());
            let mut add = |name: &str, x: &Tensor<4>, y: &Tensor<4>| {
                all.push((name.to_owned(), super::distance(x, y)));
            };
            if let Some(truth) = &self.truth {
                add("l1_held", &drawn, truth);
                add("l1_untouched", given, truth);
            }
            add("cycle_held", &nets[1].forward(drawn), given);
        }
        all
    }

    fn tell(&mut self, mut seen: BTreeMap<String, Vec<f32>>) -> Told {
        let mut told = Told::default();
        for name in ["l1_held", "l1_untouched", "cycle_held"] {
            if let Some([value]) = seen.remove(name).as_deref() {
                told.metrics.insert(name.into(), *value);
            }
        }
        let config = self.trainer().config();
        let rate = config.generator_rate * config.factor(self.trainer().steps());
        told.metrics.insert("rate".into(), rate);
        for logit in seen.values_mut().flatten() {
            *logit = probability(config.objective, *logit);
        }
        told.plot = seen;
        told
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: CycleganControl = controls(control)?;
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
            config: JobConfig::Cyclegan(state.config.clone()),
            meta: state.meta(),
            tensors,
        }
    }

    fn networks(&self) -> Option<Networks> {
        // The file itself is what another run begins with.
        let config = CycleganConfig {
            start: String::new(),
            ..self.trainer().config().clone()
        };
        Some(Networks {
            settings: serde_json::to_string(&config).ok()?,
            tensors: self.trainer().trained(),
        })
    }
}
