//! The GAN lab as something a user can start: a trainer, what it learns from, and what is looked at while it learns.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use serde_json::Value;

use super::config::check_control;
use super::recognised::recognised;
use super::{GanState, GanTrainer, SAMPLES};
use crate::data::dataset::{Dataset, Pictures};
use crate::data::points::Points;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::training::{Kept, gaussian, packed, probability, sheet, status};
use crate::jobs::{Job, Networks, Progress, Snapshot, Status, Told, controls};
use crate::models::{Classifier, ClassifierConfig};
use crate::ops::matmul;
use crate::protocol::{GanConfig, GanControl, GanVariant, JobConfig, Objective};
use crate::quality::{directions, diversity, projections, sliced_wasserstein};

/// Columns of the sheet of samples.
const COLUMNS: usize = 8;
/// Points that are drawn of the generator and of the data.
const POINTS: usize = 400;
/// Points whose gradient is drawn.
const PUSHED: usize = 64;
/// The discriminator's field: places on each side, over -[`REACH`]..[`REACH`].
const FIELD: usize = 40;
/// See [`FIELD`].
const REACH: f32 = 1.3;
/// The generator's grid: lines in each direction, over the middle 95 % of each number of noise.
const LINES: usize = 15;
/// Directions that samples are projected on, and steps from one judgement of pictures to the next.
const DIRECTIONS: usize = 64;
const JUDGED_EVERY: u32 = 50;

/// Pictures that were not learnt from, on some directions.
struct Held {
    pictures: Pictures,
    directions: Tensor<2>,
    /// Row by row, once they have been read.
    real: Vec<f32>,
}

/// A running `gan`.
///
/// Points tell `fake` and `real` (x, y of each), `field` (the discriminator's opinion, 0..1, rows from below over
/// -1.3..1.3), `grid` (where the generator puts a square grid of noise, if noise has two numbers), `from` and `push`
/// (the last step's samples and which way the generator is told to move them).
pub struct Gan {
    trainer: Kept<GanTrainer>,
    data: Dataset,
    held: Option<Held>,
    /// Names the classes of samples.
    classifier: Option<Classifier>,
    noise: Tensor<4>,
    labels: Vec<u8>,
    /// The step of the last judgement.
    judged: Option<u32>,
    told: bool,
}

impl Gan {
    /// `held` are pictures to judge by that are not learnt from. `saved` goes on with a run.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for a state that does not fit.
    pub fn new(
        config: &GanConfig,
        data: Dataset,
        held: Option<Pictures>,
        saved: Option<(Value, BTreeMap<String, Vec<f32>>)>,
        device: &Device,
    ) -> Result<Self, Error> {
        let trainer = match saved {
            Some((meta, tensors)) => {
                let state = GanState::new(config, meta)?;
                if (state.shape, state.classes) != (data.shape(), data.classes()) {
                    return Err(Error::BadCheckpoint(
                        "its samples have another shape".into(),
                    ));
                }
                GanTrainer::load(&state, tensors, device)?
            }
            None => GanTrainer::new(config, data.shape(), data.classes(), device)?,
        };
        let labelled = config.variant == GanVariant::Cgan;
        let rows = if labelled { data.classes() } else { COLUMNS };
        let count = if config.data.points() {
            POINTS
        } else {
            rows * COLUMNS
        };
        let mut seed = Seed::stream(config.seed, SAMPLES);
        let latent = config.latent as usize;
        let one = if labelled { COLUMNS } else { count };
        let noise = gaussian([one, latent, 1, 1], 1.0, &mut seed, device);
        let noise = noise.repeat_dim(0, count / one);
        let label = |i: usize| if labelled { (i / COLUMNS) as u8 } else { 0 };
        let values: usize = data.shape().iter().product();
        let held = held.filter(|p| p.len() > 3).map(|pictures| Held {
            pictures,
            directions: directions(values, DIRECTIONS, &mut Seed::new(7), device),
            real: Vec::new(),
        });
        Ok(Self {
            labels: (0..count).map(label).collect(),
            trainer: Kept::new(trainer),
            data,
            held,
            classifier: None,
            noise,
            judged: None,
            told: false,
        })
    }

    /// Takes a trained start instead of fresh weights; see [`GanTrainer::begin_with`].
    ///
    /// # Errors
    /// Those of [`GanTrainer::begin_with`].
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        self.trainer.change().begin_with(name, file)
    }

    /// From now on, samples of digits or scenes are judged by this as well; see
    /// [`classifier_of`](crate::jobs::classifier_of).
    ///
    /// # Panics
    /// If it is for pictures of another shape, or other classes.
    pub fn judged_by(&mut self, classifier: Classifier) {
        let ClassifierConfig {
            size,
            channels,
            classes,
        } = classifier.config();
        let sees = ([channels, size, size], classes);
        assert_eq!(sees, (self.data.shape(), self.data.classes()), "samples");
        self.classifier = Some(classifier);
    }

    /// What trains.
    pub fn trainer(&self) -> &GanTrainer {
        self.trainer.now()
    }

    fn device(&self) -> Device {
        self.noise.device()
    }

    fn look_at_points(&self, points: &Points) -> Vec<(String, Tensor<1>)> {
        let flat = |x: Tensor<4>| -> Tensor<1> { x.flatten(0, 3) };
        let device = self.device();
        let trainer = self.trainer();
        let field = trainer.judge(places(&device), &[0; FIELD * FIELD]);
        let mut all = vec![("field".to_owned(), flat(field))];
        if trainer.config().latent == 2 {
            // One pass for both.
            let noise = Tensor::cat(vec![self.noise.clone(), lines(&device)], 0);
            let samples = trainer.sample(noise, &[0; POINTS + LINES * LINES]);
            let part = |from, count| flat(samples.clone().narrow(0, from, count));
            all.push(("fake".to_owned(), part(0, POINTS)));
            all.push(("grid".to_owned(), part(POINTS, LINES * LINES)));
        } else {
            let fake = trainer.sample(self.noise.clone(), &self.labels);
            all.push(("fake".to_owned(), flat(fake)));
        }
        if let Some(seen) = trainer.seen() {
            let count = PUSHED.min(seen.fake.dims()[0]);
            let first = |x: &Tensor<4>| flat(x.clone().narrow(0, 0, count));
            all.push(("from".to_owned(), first(&seen.fake)));
            all.push(("push".to_owned(), -first(&seen.gradient)));
        }
        if !self.told {
            let real = TensorData::new(real_points(points), [2 * POINTS]);
            all.push(("real".to_owned(), Tensor::from_data(real, &device)));
        }
        all
    }

    fn look_at_pictures(&mut self) -> Vec<(String, Tensor<1>)> {
        let step = self.trainer().steps();
        let due = self.judged.is_none_or(|last| step >= last + JUDGED_EVERY);
        let Some(held) = self.held.as_ref().filter(|_| due) else {
            return Vec::new();
        };
        self.judged = Some(step);
        let on = |x: Tensor<4>| projections(x, held.directions.clone()).flatten(0, 1);
        let count = held
            .pictures
            .len()
            .min(2 * self.trainer().config().batch as usize);
        let (noise, labels) = self.trainer().fixed(count);
        let fake = self.trainer().sample(noise, &labels);
        let named = |net: &Classifier, x| net.forward(x).flatten(0, 1);
        let mut all = Vec::new();
        if let Some(net) = &self.classifier {
            all.push(("named".to_owned(), named(net, fake.clone())));
        }
        all.push(("diversity".to_owned(), diversity(fake.clone())));
        all.push(("projected".to_owned(), on(fake)));
        if held.real.is_empty() {
            let numbers: Vec<_> = (0..held.pictures.len()).collect();
            let real = held.pictures.at(&numbers, &self.device());
            if let Some(net) = &self.classifier {
                all.push(("named_real".to_owned(), named(net, real.clone())));
            }
            all.push(("diversity_real".to_owned(), diversity(real.clone())));
            all.push(("held".to_owned(), on(real)));
        }
        all
    }
}

/// The points that stand for a distribution on screen: x, y of each.
#[must_use]
pub fn real_points(points: &Points) -> Vec<f32> {
    points.sample(POINTS, &mut Seed::new(5)).concat()
}

/// Places of the field, `[FIELD², 2, 1, 1]`, rows from below.
fn places(device: &Device) -> Tensor<4> {
    let at = |i: usize| (2.0 * (i as f32 + 0.5) / FIELD as f32 - 1.0) * REACH;
    let place = |i: usize| [at(i % FIELD), at(i / FIELD)];
    let values: Vec<f32> = (0..FIELD * FIELD).flat_map(place).collect();
    Tensor::from_data(TensorData::new(values, [FIELD * FIELD, 2, 1, 1]), device)
}

/// Noise on a square grid, `[LINES², 2, 1, 1]`.
fn lines(device: &Device) -> Tensor<4> {
    let at = |i: usize| (2.0 * i as f32 / (LINES - 1) as f32 - 1.0) * 1.96;
    let place = |i: usize| [at(i % LINES), at(i / LINES)];
    let values: Vec<f32> = (0..LINES * LINES).flat_map(place).collect();
    Tensor::from_data(TensorData::new(values, [LINES * LINES, 2, 1, 1]), device)
}

/// Points as soft dots over the field, for a picture of a run that is not looked at in the page: `[1, 3, S, S]`, the
/// first row on top.
fn plotted(field: Tensor<4>, fake: Tensor<4>, real: Tensor<4>) -> Tensor<4> {
    const SIDE: usize = 3 * FIELD;
    let device = fake.device();
    let at = |i: usize| (2.0 * (i as f32 + 0.5) / SIDE as f32 - 1.0) * REACH;
    let axis: Vec<f32> = (0..SIDE).map(at).collect();
    let axis = Tensor::<1>::from_floats(axis.as_slice(), &device).reshape([SIDE, 1]);
    // A dot is a product of two bells, so that all of them are one product of matrices.
    let dots = |points: Tensor<4>| -> Tensor<2> {
        let [n, ..] = points.dims();
        let points = points.reshape([n, 2]).transpose();
        let bell = |i: usize| {
            let apart =
                (axis.clone() - points.clone().narrow(0, i, 1)) / (1.5 * REACH / SIDE as f32);
            (-apart.square() / 2.0).exp()
        };
        matmul(bell(1), bell(0).transpose()).clamp(0.0, 1.0)
    };
    let field = field
        .reshape([FIELD, 1, FIELD, 1])
        .repeat_dim(1, 3)
        .repeat_dim(3, 3);
    let field = field.reshape([SIDE, SIDE]);
    let (fake, real) = (dots(fake), dots(real));
    let ground = |low: f32, high: f32| field.clone() * (high - low) + low;
    let channel = |ground: Tensor<2>, of_real: f32, of_fake: f32| {
        let x = ground.clone() + (-ground + of_real) * real.clone();
        let x = x.clone() + (-x + of_fake) * fake.clone();
        x.flip([0]).reshape([1, 1, SIDE, SIDE])
    };
    let red = channel(ground(0.98, 0.80), 0.10, 0.85);
    let green = channel(ground(0.90, 0.90), 0.45, 0.35);
    let blue = channel(ground(0.80, 0.98), 0.60, 0.10);
    Tensor::cat(vec![red, green, blue], 1)
}

/// Points before others, as [`plotted`] has them, over a field that is undecided.
pub(in crate::jobs) fn picture_of_points(points: Tensor<4>, others: Tensor<4>) -> Tensor<4> {
    let field = Tensor::full([FIELD * FIELD, 1, 1, 1], 0.5, &points.device());
    plotted(field, points, others)
}

impl Job for Gan {
    fn step(&mut self) -> Result<Status, Error> {
        if self.trainer().steps() < self.trainer().config().steps {
            self.trainer.step(|trainer| trainer.step(&self.data));
        }
        Ok(status(
            self.trainer().steps(),
            self.trainer().config().steps,
        ))
    }

    fn preview(&self) -> Tensor<2, Int> {
        let samples = self.trainer().sample(self.noise.clone(), &self.labels);
        let picture = match &self.data {
            Dataset::Pictures(_) => sheet(samples, COLUMNS),
            Dataset::Points(points) => {
                let device = self.device();
                let field = self.trainer().judge(places(&device), &[0; FIELD * FIELD]);
                let field = match self.trainer().config().objective {
                    Objective::LeastSquares => field.clamp(0.0, 1.0),
                    _ => burn::tensor::activation::sigmoid(field),
                };
                let real = TensorData::new(real_points(points), [POINTS, 2, 1, 1]);
                plotted(field, samples, Tensor::from_data(real, &device))
            }
        };
        packed(picture)
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
            ("gradient", &m.gradient),
        ];
        all.map(|(name, x)| (name.to_owned(), x.clone())).to_vec()
    }

    fn progress(&self) -> Progress {
        let (step, of) = (self.trainer().steps(), self.trainer().config().steps);
        let (width, height) = self.size();
        Progress {
            step,
            of,
            done: f64::from(step),
            total: f64::from(of),
            width,
            height,
        }
    }

    fn pictured(&self) -> bool {
        matches!(self.data, Dataset::Pictures(_))
    }

    fn look(&mut self) -> Vec<(String, Tensor<1>)> {
        match &self.data {
            Dataset::Points(points) => self.look_at_points(points),
            Dataset::Pictures(_) => self.look_at_pictures(),
        }
    }

    fn tell(&mut self, mut seen: BTreeMap<String, Vec<f32>>) -> Told {
        let mut told = Told::default();
        if let Dataset::Points(points) = &self.data {
            if let Some(fake) = seen.get("fake") {
                let coverage = points.coverage(fake.as_chunks::<2>().0);
                let (covered, near) = (coverage.covered as f32, coverage.near);
                let modes = coverage.modes as f32;
                let numbers = [("covered", covered), ("modes", modes), ("near", near)];
                told.metrics = numbers.map(|(name, x)| (name.to_owned(), x)).into();
            }
            let objective = self.trainer().config().objective;
            for x in seen.get_mut("field").into_iter().flatten() {
                *x = probability(objective, *x);
            }
            self.told = true;
            told.plot = seen;
            return told;
        }
        let Some(held) = &mut self.held else {
            return told;
        };
        if let Some(real) = seen.remove("held") {
            held.real = real;
        }
        let half = held.real.len() / DIRECTIONS / 2 * DIRECTIONS;
        if let Some(fake) = seen.get("projected").filter(|_| half > 0) {
            let (one, other) = held.real.split_at(half);
            let swd = sliced_wasserstein(fake, &held.real, DIRECTIONS);
            let floor = sliced_wasserstein(one, other, DIRECTIONS);
            told.metrics.insert("swd".into(), swd);
            told.metrics.insert("swd_real".into(), floor);
        }
        for name in ["diversity", "diversity_real"] {
            if let Some([spread]) = seen.get(name).map(Vec::as_slice) {
                told.metrics.insert(name.into(), *spread);
            }
        }
        let labelled = self.trainer.now().config().variant == GanVariant::Cgan;
        let (classes, real) = (self.data.classes(), held.pictures.labels());
        told.metrics
            .extend(recognised(&seen, classes, labelled, real));
        told
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: GanControl = controls(control)?;
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
            config: JobConfig::Gan(state.config.clone()),
            meta: state.meta(),
            tensors,
        }
    }

    fn networks(&self) -> Option<Networks> {
        // The file itself is what another run begins with.
        let config = GanConfig {
            start: String::new(),
            ..self.trainer().config().clone()
        };
        Some(Networks {
            settings: serde_json::to_string(&config).ok()?,
            tensors: self.trainer().start(),
        })
    }
}

impl Gan {
    /// Of the picture that [`Job::preview`] gives, in pixels.
    fn size(&self) -> (u32, u32) {
        if let Dataset::Points(_) = self.data {
            return (3 * FIELD as u32, 3 * FIELD as u32);
        }
        let [_, h, w] = self.data.shape();
        let rows = self.labels.len() / COLUMNS;
        ((COLUMNS * w) as u32, (rows * h) as u32)
    }
}
