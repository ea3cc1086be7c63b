//! Progressive GAN as something a user can start: a trainer, what it learns from, and what is looked at while it learns.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor};
use serde_json::Value;

use super::config::{check_control, work};
use super::{KEPT, ProganState, ProganTrainer, faded};
use crate::data::dataset::{Dataset, Pictures};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::training::{Kept, Measured, packed, sheet, status};
use crate::jobs::{Job, Networks, Progress, Snapshot, Status, Told, controls};
use crate::models::FIRST;
use crate::nn::{doubled, halved};
use crate::protocol::{JobConfig, ProganConfig, ProganControl, Sheet};
use crate::quality::{directions, diversity, projections, sliced_wasserstein};

/// Columns and rows of what is shown.
pub(super) const SHEET: (u32, u32) = (8, 4);
/// Directions that pictures are projected on, and steps from one judgement to the next.
const DIRECTIONS: usize = 64;
const JUDGED_EVERY: u32 = 50;
/// Pictures that are drawn at a time to be judged.
const DRAWN: usize = 16;

/// Pictures of a level that are not learnt from, on some directions.
struct Held {
    directions: Tensor<2>,
    /// Row by row, once they have been read.
    real: Vec<f32>,
    pictures: Pictures,
}

/// What there is of the data at one level.
struct Level {
    level: u32,
    data: Dataset,
    held: Option<Held>,
}

impl Level {
    fn new(level: u32, data: &Pictures, held: Option<&Pictures>, device: &Device) -> Self {
        let [channels, size, _] = data.shape();
        let side = FIRST << level;
        let small = |pictures: &Pictures| pictures.reduced(size / side);
        let held = held.map(|pictures| Held {
            directions: directions(
                channels * side * side,
                DIRECTIONS,
                &mut Seed::new(7),
                device,
            ),
            real: Vec::new(),
            pictures: small(pictures),
        });
        Self {
            level,
            data: Dataset::Pictures(small(data)),
            held,
        }
    }
}

/// A running `progan`.
///
/// With every reading it tells `level` (from 0), `alpha` (how much of it has faded in) and `shown` (pictures of the level so
/// far). At the present level, every 50 steps and at the end: `swd`, the sliced Wasserstein distance of generated pictures
/// from as many real ones that are not learnt from, `swd_real`, that between two halves of these, and `diversity`,
/// `diversity_real`.
pub struct Progan {
    trainer: Kept<ProganTrainer>,
    data: Pictures,
    held: Option<Pictures>,
    now: Level,
    noise: Tensor<4>,
    /// Operations of a picture, and pictures in all, of each level.
    work: Vec<(f64, f64)>,
    judged: Measured,
}

impl Progan {
    /// `held` are pictures to judge by that are not learnt from. `saved` goes on with a run.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for a state that does not fit.
    ///
    /// # Panics
    /// If the pictures have another size than the settings say.
    pub fn new(
        config: &ProganConfig,
        data: Pictures,
        held: Option<Pictures>,
        saved: Option<(Value, BTreeMap<String, Vec<f32>>)>,
        device: &Device,
    ) -> Result<Self, Error> {
        let [channels, size, _] = data.shape();
        let trainer = match saved {
            Some((meta, tensors)) => {
                let state = ProganState::new(config, meta)?;
                if state.channels != channels {
                    let detail = format!("its pictures have {} channels", state.channels);
                    return Err(Error::BadCheckpoint(detail));
                }
                ProganTrainer::load(&state, tensors, device)?
            }
            None => ProganTrainer::new(config, channels, device)?,
        };
        assert_eq!(size, config.size as usize, "the size of a picture");
        let held = held.filter(|pictures| pictures.len() > 3);
        let (columns, rows) = SHEET;
        Ok(Self {
            now: Level::new(trainer.level(), &data, held.as_ref(), device),
            noise: trainer.fixed((columns * rows) as usize),
            work: work(config, channels),
            trainer: Kept::new(trainer),
            data,
            held,
            judged: Measured::default(),
        })
    }

    /// Begins with trained networks instead of fresh ones.
    ///
    /// # Errors
    /// Those of [`ProganTrainer::begin_with`].
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        self.trainer.change().begin_with(name, file)?;
        self.follow();
        Ok(())
    }

    /// What trains.
    pub fn trainer(&self) -> &ProganTrainer {
        self.trainer.now()
    }

    /// The data at the trainer's level, which may have changed.
    fn follow(&mut self) {
        let level = self.trainer().level();
        if self.now.level != level {
            let device = self.noise.device();
            self.now = Level::new(level, &self.data, self.held.as_ref(), &device);
            self.judged = Measured::default();
        }
    }

    /// As many pixels as the last level has.
    fn enlarged(&self, mut pictures: Tensor<4>) -> Tensor<4> {
        while pictures.dims()[3] < self.trainer().config().size as usize {
            pictures = doubled(pictures);
        }
        pictures
    }

    fn packed(&self, pictures: Tensor<4>) -> Tensor<2, Int> {
        packed(sheet(self.enlarged(pictures), SHEET.0 as usize))
    }

    /// So many generated pictures, a few at a time.
    fn drawn(&self, count: usize) -> Tensor<4> {
        let parts = self.trainer().fixed(count).split(DRAWN, 0).into_iter();
        let parts = parts.map(|noise| self.trainer().sample(noise));
        Tensor::cat(parts.collect(), 0)
    }
}

impl Job for Progan {
    fn step(&mut self) -> Result<Status, Error> {
        self.follow();
        if self.trainer().steps_left() > 0 {
            self.trainer.step(|trainer| trainer.step(&self.now.data));
        }
        Ok(status(0, self.trainer().steps_left()))
    }

    fn preview(&self) -> Tensor<2, Int> {
        self.packed(self.trainer().sample(self.noise.clone()))
    }

    fn sheet(&self, which: Sheet) -> Option<Tensor<2, Int>> {
        match which {
            Sheet::Levels => {
                let now = self.trainer().fixed(KEPT);
                let mut rows = self.trainer().kept().to_vec();
                rows.push(self.trainer().sample(now));
                let rows = rows.into_iter().map(|row| self.enlarged(row));
                Some(self.packed(Tensor::cat(rows.collect(), 0)))
            }
            Sheet::Real => {
                let [_, size, _] = self.data.shape();
                let (columns, rows) = SHEET;
                let count = self.data.len().min((columns * rows) as usize);
                let numbers: Vec<_> = (0..count).collect();
                let mut real = self.data.at(&numbers, &self.noise.device());
                let mut side = size;
                while side > self.trainer().side() {
                    (real, side) = (halved(real), side / 2);
                }
                Some(self.packed(faded(real, self.trainer().alpha())))
            }
            _ => None,
        }
    }

    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        let Some(m) = self.trainer().metrics() else {
            return Vec::new();
        };
        let all = [
            ("d_loss", &m.d_loss),
            ("g_loss", &m.g_loss),
            ("d_real", &m.d_real),
            ("d_fake", &m.d_fake),
            ("penalty", &m.penalty),
        ];
        all.map(|(name, x)| (name.to_owned(), x.clone())).to_vec()
    }

    fn progress(&self) -> Progress {
        let (step, level) = (self.trainer().steps(), self.trainer().level() as usize);
        let whole = |levels: &[(f64, f64)]| -> f64 { levels.iter().map(|(a, b)| a * b).sum() };
        let (columns, rows) = SHEET;
        let side = self.trainer().config().size;
        Progress {
            step,
            of: step.saturating_add(self.trainer().steps_left()),
            done: whole(&self.work[..level])
                + self.work[level].0 * f64::from(self.trainer().shown()),
            total: whole(&self.work),
            width: columns * side,
            height: rows * side,
        }
    }

    fn look(&mut self) -> Vec<(String, Tensor<1>)> {
        self.follow();
        let device = self.noise.device();
        let at = [
            self.trainer().level() as f32,
            self.trainer().alpha(),
            self.trainer().shown() as f32,
        ];
        let mut all = vec![("at".to_owned(), Tensor::from_floats(at, &device))];
        let Progress { step, of, .. } = self.progress();
        let due = self.judged.due(step, of, JUDGED_EVERY);
        let Some(held) = self.now.held.as_ref().filter(|_| due) else {
            return all;
        };
        let on = |x: Tensor<4>| projections(x, held.directions.clone()).flatten(0, 1);
        let fake = self.drawn(held.pictures.len() / 2);
        all.push(("diversity".to_owned(), diversity(fake.clone())));
        all.push(("projected".to_owned(), on(fake)));
        if held.real.is_empty() {
            let numbers: Vec<_> = (0..held.pictures.len()).collect();
            let real = held.pictures.at(&numbers, &device);
            all.push(("diversity_real".to_owned(), diversity(real.clone())));
            all.push(("held".to_owned(), on(real)));
        }
        all
    }

    fn tell(&mut self, mut seen: BTreeMap<String, Vec<f32>>) -> Told {
        let mut told = Told::default();
        let mut tell = |name: &str, x: f32| {
            told.metrics.insert(name.to_owned(), x);
        };
        if let Some(at) = seen.get("at") {
            let names = ["level", "alpha", "shown"];
            names.iter().zip(at).for_each(|(name, x)| tell(name, *x));
        }
        for name in ["diversity", "diversity_real"] {
            if let Some([spread]) = seen.get(name).map(Vec::as_slice) {
                tell(name, *spread);
            }
        }
        let Some(held) = &mut self.now.held else {
            return told;
        };
        if let Some(real) = seen.remove("held") {
            held.real = real;
        }
        let half = held.real.len() / DIRECTIONS / 2 * DIRECTIONS;
        if let Some(fake) = seen.get("projected").filter(|_| half > 0) {
            // Sets of one size: the fewer samples, the larger is even the distance of real from real.
            let (one, other) = (&held.real[..half], &held.real[half..2 * half]);
            let apart = |a: &[f32], b: &[f32]| sliced_wasserstein(a, b, DIRECTIONS);
            tell("swd", (apart(fake, one) + apart(fake, other)) / 2.0);
            tell("swd_real", apart(one, other));
        }
        told
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: ProganControl = controls(control)?;
        check_control(&control)?;
        self.trainer.change().tune(&control);
        Ok(())
    }

    fn keep(&mut self) {
        self.trainer.keep();
    }

    fn restore(&mut self) {
        self.trainer.restore();
        self.follow();
    }

    fn save(&self) -> Snapshot {
        let (state, tensors) = self.trainer().save();
        Snapshot {
            config: JobConfig::Progan(state.config.clone()),
            meta: state.meta(),
            tensors,
        }
    }

    fn networks(&self) -> Option<Networks> {
        Some(Networks {
            settings: serde_json::to_string(self.trainer().config()).ok()?,
            tensors: self.trainer().trained(),
        })
    }
}
