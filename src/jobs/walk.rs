//! A walk through what a generator has learnt: pictures along a path through its noise.

mod path;

use burn::tensor::{Device, Int, Tensor, TensorData};
use serde_json::Value;

use crate::error::Error;
use crate::jobs::gan::picture_of_points;
use crate::jobs::training::{packed, sheet};
use crate::jobs::{Job, Progress, Snapshot, Status, TrainedGenerator, controls};
use crate::models::one_hot;
use crate::protocol::{Generator, JobConfig, Place, Sheet, Term, WalkConfig, WalkControl};
use path::{between, leg, noise};

/// Classes in a row, with all of them side by side.
const COLUMNS: usize = 5;
/// Pictures on each side of a map, and how far it reaches along each direction, in deviations.
const MAP: usize = 7;
const REACH: f32 = 3.0;

/// A running `walk`.
pub struct Walk {
    config: WalkConfig,
    net: TrainedGenerator,
    device: Device,
    step: u32,
    /// The newest picture, and where it is.
    now: Option<(Tensor<2, Int>, Tensor<1>, f32)>,
}

/// Noise and label of one sample.
struct Sample {
    noise: Vec<f32>,
    /// How much of each class.
    label: Vec<f32>,
}

/// Holds settings against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub fn check_walk(config: &WalkConfig, classes: usize) -> Result<(), Error> {
    let bad = |name: &'static str, detail: String| Err(Error::BadSetting { name, detail });
    if !(1..=1_000_000).contains(&config.steps) {
        return bad(
            "steps",
            format!("{} is not within 1 and 1000000", config.steps),
        );
    }
    if !(1..=1000).contains(&config.frames) {
        return bad(
            "frames",
            format!("{} is not within 1 and 1000", config.frames),
        );
    }
    if !(0.0..=1000.0).contains(&config.at) {
        return bad("at", format!("{} is not within 0 and 1000", config.at));
    }
    if !(1..=32).contains(&config.places.len()) {
        return bad(
            "places",
            format!("{}; there are 1 to 32", config.places.len()),
        );
    }
    for (i, place) in config.places.iter().enumerate() {
        let Place {
            terms,
            moves,
            label,
        } = place;
        let within = |x: f32| (-8.0..=8.0).contains(&x);
        let sound = |weight: f32| within(weight) && weight != 0.0;
        if !(1..=16).contains(&terms.len()) || !terms.iter().all(|term| sound(term.weight)) {
            let detail = format!("place {i} is no sum of 1 to 16 noises, with weights up to 8");
            return bad("places", detail);
        }
        if moves.len() > 8 || !moves.iter().all(|x| within(*x)) {
            let detail = format!("place {i} is not moved by up to 8 numbers within -8 and 8");
            return bad("places", detail);
        }
        if *label as usize >= classes {
            let detail = format!("place {i} is of class {label}; there are {classes}");
            return bad("places", detail);
        }
    }
    Ok(())
}

impl Walk {
    /// A walk through the noise of `net`.
    ///
    /// # Errors
    /// Those of [`check_walk`].
    pub fn new(config: WalkConfig, net: TrainedGenerator, device: &Device) -> Result<Self, Error> {
        check_walk(&config, net.classes)?;
        Ok(Self {
            config,
            net,
            device: device.clone(),
            step: 0,
            now: None,
        })
    }

    /// What it goes through.
    pub fn generator(&self) -> Generator {
        Generator {
            latent: self.net.config.latent,
            classes: self.net.classes as u32,
            directions: self.net.directions.len() as u32,
            size: self.net.shape[1] as u32,
        }
    }

    /// Of a sample in pixels.
    fn side(&self) -> usize {
        match self.net.shape {
            [_, 1, 1] => 120,
            [_, side, _] => side,
        }
    }

    fn one_of(&self, class: usize) -> Vec<f32> {
        let mut all = vec![0.0; self.net.classes];
        all[class] = 1.0;
        all
    }

    fn place(&self, place: &Place) -> Sample {
        let latent = self.net.config.latent as usize;
        Sample {
            noise: noise(place, latent, &self.net.directions),
            label: self.one_of(place.label as usize),
        }
    }

    /// What there is at `at`.
    fn here(&self, at: f32) -> Vec<Sample> {
        let places = &self.config.places;
        let (from, to, t) = leg(at, places.len(), self.config.closed);
        let [a, b] = [from, to].map(|i| self.place(&places[i]));
        let noise = between(&a.noise, &b.noise, t, self.config.between);
        if self.config.classes && self.net.classes > 1 {
            let every = (0..self.net.classes).map(|class| Sample {
                noise: noise.clone(),
                label: self.one_of(class),
            });
            return every.collect();
        }
        let parts = a.label.iter().zip(&b.label);
        let label = parts.map(|(a, b)| (1.0 - t) * a + t * b).collect();
        vec![Sample { noise, label }]
    }

    /// `[1, 3, H, W]` in 0..1, with so many samples in a row at most.
    fn drawn(&self, samples: &[Sample], columns: usize) -> Tensor<4> {
        let count = samples.len();
        let all = |part: fn(&Sample) -> &Vec<f32>| -> Vec<f32> {
            samples.iter().flat_map(part).copied().collect()
        };
        let noise = all(|sample| &sample.noise);
        let noise = TensorData::new(noise, [count, self.net.config.latent as usize, 1, 1]);
        let labels = TensorData::new(all(|sample| &sample.label), [count, self.net.classes]);
        let labels = Tensor::from_data(labels, &self.device);
        let drawn = self
            .net
            .forward(Tensor::from_data(noise, &self.device), &labels);
        if self.net.shape[1] > 1 {
            return sheet(drawn, columns);
        }
        // Each before many others of the same generator.
        let cloud = self.cloud();
        let pictures =
            (0..count).map(|i| picture_of_points(drawn.clone().narrow(0, i, 1), cloud.clone()));
        sheet(Tensor::cat(pictures.collect(), 0) * 2.0 - 1.0, columns)
    }

    /// Where the generator puts noise in general.
    fn cloud(&self) -> Tensor<4> {
        let latent = self.net.config.latent as usize;
        let place = |seed| Place {
            terms: vec![Term { seed, weight: 1.0 }],
            ..Place::default()
        };
        let numbers: Vec<f32> = (0..400)
            .flat_map(|seed| noise(&place(seed), latent, &[]))
            .collect();
        let numbers = TensorData::new(numbers, [400, latent, 1, 1]);
        let labels = one_hot(&[0; 400], self.net.classes, &self.device);
        self.net
            .forward(Tensor::from_data(numbers, &self.device), &labels)
    }

    fn draw(&self, at: f32) -> (Tensor<2, Int>, Tensor<1>, f32) {
        let picture = self.drawn(&self.here(at), COLUMNS);
        (packed(picture.clone()), picture.mean(), at)
    }
}

impl Job for Walk {
    /// Draws what there is, and goes on to the next.
    fn step(&mut self) -> Result<Status, Error> {
        self.now = Some(self.draw(self.config.at));
        self.step += 1;
        let WalkConfig { at, frames, .. } = self.config;
        let next = at + 1.0 / frames as f32;
        // Both ways round are shorter.
        self.config.at = next % (2 * self.config.places.len()) as f32;
        Ok(if self.step < self.config.steps {
            Status::Running
        } else {
            Status::Done
        })
    }

    fn preview(&self) -> Tensor<2, Int> {
        match &self.now {
            Some((picture, ..)) => picture.clone(),
            None => self.draw(self.config.at).0,
        }
    }

    /// The mean of the newest picture, and where it is.
    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        let Some((_, mean, at)) = &self.now else {
            return Vec::new();
        };
        let at = Tensor::from_floats([*at], &self.device);
        vec![("mean".into(), mean.clone()), ("at".into(), at)]
    }

    fn progress(&self) -> Progress {
        let every = self.config.classes && self.net.classes > 1;
        let count = if every { self.net.classes } else { 1 };
        let columns = count.min(COLUMNS);
        let side = |pictures: usize| (pictures * self.side()) as u32;
        Progress {
            step: self.step,
            of: self.config.steps,
            done: f64::from(self.step),
            total: f64::from(self.config.steps),
            width: side(columns),
            height: side(count.div_ceil(columns)),
        }
    }

    fn each(&self) -> bool {
        true
    }

    fn sheet(&self, which: Sheet) -> Option<Tensor<2, Int>> {
        let (samples, columns): (Vec<_>, _) = match which {
            Sheet::Now
            | Sheet::Buffer
            | Sheet::Levels
            | Sheet::Real
            | Sheet::Of(_)
            | Sheet::Said { .. } => return None,
            Sheet::Places => {
                let places = &self.config.places;
                (places.iter().map(|p| self.place(p)).collect(), places.len())
            }
            Sheet::Map(place) => {
                let place = self.config.places.get(place as usize)?;
                let away = |i: usize| (2.0 * i as f32 / (MAP - 1) as f32 - 1.0) * REACH;
                let moved = |i: usize| {
                    let mut place = place.clone();
                    let moves = place.moves.len().max(2);
                    place.moves.resize(moves, 0.0);
                    place.moves[0] = away(i % MAP);
                    place.moves[1] = -away(i / MAP);
                    self.place(&place)
                };
                ((0..MAP * MAP).map(moved).collect(), MAP)
            }
        };
        Some(packed(self.drawn(&samples, columns)))
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: WalkControl = controls(control)?;
        let mut config = self.config.clone();
        config.apply(control);
        check_walk(&config, self.net.classes)?;
        self.config = config;
        Ok(())
    }

    fn keep(&mut self) {}

    fn restore(&mut self) {}

    fn save(&self) -> Snapshot {
        Snapshot {
            config: JobConfig::Walk(self.config.clone()),
            meta: Value::Null,
            tensors: Vec::new(),
        }
    }
}
