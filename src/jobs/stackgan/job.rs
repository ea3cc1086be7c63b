//! StackGAN as something a user can start: a trainer, what it learns from, and what is looked at while it learns.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor};
use serde_json::Value;

use super::config::{check_control, flops};
use super::{StackganMetrics, StackganState, StackganTrainer};
use crate::data::captioned::Captioned;
use crate::data::captions::{ATTRIBUTES, Language, Open, parse, tokens};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::jobs::training::{Kept, Measured, packed, sheet, status};
use crate::jobs::{Job, Networks, Progress, Snapshot, Status, Told, controls};
use crate::nn::{doubled, halved};
use crate::protocol::{JobConfig, Sheet, StackganConfig, StackganControl};
use crate::quality::{directions, projections, sliced_wasserstein, slopes};

/// Columns and rows of what is shown: Stage-I, Stage-II, and real pictures of the same captions.
pub(super) const SHEET: (u32, u32) = (8, 3);
/// Directions that pictures are projected on, and steps from one judgement to the next.
const DIRECTIONS: usize = 64;
const JUDGED_EVERY: u32 = 50;
/// Pictures that are drawn at a time to be judged.
const DRAWN: usize = 16;

/// Pictures and captions that are not learnt from.
struct Held {
    data: Captioned,
    /// A wording of each.
    said: Vec<Vec<u16>>,
    directions: Tensor<2>,
    /// Real ones on the directions, row by row, once they have been read.
    real: Vec<f32>,
}

/// A running `stackgan`.
///
/// It shows the first captions of those that it does not learn from. With every reading it tells `stage` (0 the encoder, 1
/// and 2 Stage-I and Stage-II). Every 50 steps and at the end: `matched`, the share of held-out sentences whose own picture
/// is the nearest on the encoder's sphere; and of stages, `swd_1`, `swd_2` and `swd_real`, sliced Wasserstein distances at
/// Stage-II's size from real pictures of Stage-I's, enlarged, of Stage-II's, and of other real ones; `sharp_1` and
/// `sharp_2`, how much neighbouring pixels of both differ, in real pictures' measure.
pub struct Stackgan {
    trainer: Kept<StackganTrainer>,
    data: Captioned,
    held: Held,
    /// Operations of a step of each stage.
    work: [f64; 3],
    judged: Measured,
}

impl Stackgan {
    /// `held` are captioned pictures to show and to judge by that are not learnt from. `saved` goes on with a run.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for a state that does not fit.
    ///
    /// # Panics
    /// If the pictures have another size than the settings say, or there are fewer than 4 to judge by.
    pub fn new(
        config: &StackganConfig,
        data: Captioned,
        held: Captioned,
        saved: Option<(Value, BTreeMap<String, Vec<f32>>)>,
        device: &Device,
    ) -> Result<Self, Error> {
        let trainer = match saved {
            Some((meta, tensors)) => {
                StackganTrainer::load(&StackganState::new(config, meta)?, tensors, device)?
            }
            None => StackganTrainer::new(config, device)?,
        };
        let size = config.size as usize;
        assert_eq!(held.size(), size, "the size of a picture");
        assert!(held.len() > 3, "{} pictures to judge by", held.len());
        let mut seed = Seed::new(7);
        let said = (0..held.len()).map(|n| held.sentence(n, &mut seed).to_vec());
        let held = Held {
            said: said.collect(),
            directions: directions(3 * size * size, DIRECTIONS, &mut Seed::new(7), device),
            real: Vec::new(),
            data: held,
        };
        Ok(Self {
            trainer: Kept::new(trainer),
            data,
            held,
            work: flops(config),
            judged: Measured::default(),
        })
    }

    /// Begins with trained networks instead of fresh ones; to be called before the first step.
    ///
    /// # Errors
    /// Those of [`StackganTrainer::begin_with`].
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        self.trainer.change().begin_with(name, file)
    }

    /// What trains.
    pub fn trainer(&self) -> &StackganTrainer {
        self.trainer.now()
    }

    /// As large as Stage-II's pictures.
    fn enlarged(&self, mut pictures: Tensor<4>) -> Tensor<4> {
        while pictures.dims()[3] < self.trainer().config().size as usize {
            pictures = doubled(pictures);
        }
        pictures
    }

    /// What the first captions that are not learnt from become, a few at a time: Stage-I's, enlarged, and Stage-II's.
    pub fn drawn(&self, count: usize) -> [Tensor<4>; 2] {
        let noise = self.trainer().fixed(count, 1);
        let parts = noise.split(DRAWN, 0).into_iter().enumerate();
        let (low, high): (Vec<_>, Vec<_>) = parts
            .map(|(i, noise)| {
                let said = self.held.said.iter().skip(i * DRAWN);
                let said: Vec<_> = said.take(noise.dims()[0]).map(Vec::as_slice).collect();
                let [low, high] = self.trainer().draw(self.trainer().embed(&said), noise);
                (self.enlarged(low), high)
            })
            .unzip();
        [Tensor::cat(low, 0), Tensor::cat(high, 0)]
    }

    fn real(&self, count: usize) -> Tensor<4> {
        let numbers: Vec<_> = (0..count).collect();
        self.held.data.at(&numbers, &self.held.directions.device())
    }

    /// Eight pictures of a sentence, or of the way to another; none if one of them cannot be said.
    fn said(&self, text: &str, to: &str, seed: u32) -> Option<Tensor<2, Int>> {
        let columns = SHEET.0 as usize;
        let noise = self.trainer().fixed(columns, seed);
        let (embedding, noise) = if to.trim().is_empty() {
            let said: Vec<_> = (0..SHEET.0)
                .map(|i| wording(text, seed, i))
                .collect::<Option<_>>()?;
            let said: Vec<_> = said.iter().map(Vec::as_slice).collect();
            (self.trainer().embed(&said), noise)
        } else {
            let ends = [wording(text, seed, 0)?, wording(to, seed, 0)?];
            let ends = self.trainer().embed(&[&ends[0], &ends[1]]);
            let along = |i| {
                let share = i as f32 / (columns - 1) as f32;
                let [a, b] = [0, 1].map(|end| ends.clone().narrow(0, end, 1));
                a * (1.0 - share) + b * share
            };
            let way = Tensor::cat((0..columns).map(along).collect(), 0);
            (way, noise.narrow(0, 0, 1).repeat_dim(0, columns))
        };
        let [low, high] = self.trainer().draw(embedding, noise);
        let both = Tensor::cat(vec![self.enlarged(low), high], 0);
        Some(packed(sheet(both, columns)))
    }
}

/// The words of a sentence; if it leaves something open, of one that says everything, for a picture by its number.
fn wording(text: &str, seed: u32, picture: u32) -> Option<Vec<u16>> {
    let open @ Open(known) = parse(text).ok()?;
    if known.iter().flatten().count() == ATTRIBUTES {
        return tokens(text).ok();
    }
    let mut seed = Seed::stream(seed, 100 + picture);
    let caption = open.caption(&mut seed)?;
    tokens(&caption.sentence(Language::English, &mut seed)).ok()
}

/// The share of rows whose row of the same number is the nearest of all, by their products.
fn matched(sentences: &[f32], pictures: &[f32], width: usize) -> f32 {
    let rows = |x: &[f32]| -> Vec<Vec<f32>> { x.chunks(width).map(<[f32]>::to_vec).collect() };
    let (sentences, pictures) = (rows(sentences), rows(pictures));
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let own = sentences.iter().zip(&pictures).filter(|(sentence, own)| {
        let nearest = pictures.iter().map(|p| near(sentence, p));
        near(sentence, own) >= nearest.fold(f32::MIN, f32::max)
    });
    own.count() as f32 / sentences.len() as f32
}

impl Job for Stackgan {
    fn step(&mut self) -> Result<Status, Error> {
        let of = self.trainer().config().steps();
        if self.trainer().steps() < of {
            self.trainer.step(|trainer| trainer.step(&self.data));
        }
        Ok(status(self.trainer().steps(), of))
    }

    fn preview(&self) -> Tensor<2, Int> {
        let count = (SHEET.0 as usize).min(self.held.data.len());
        let [low, high] = self.drawn(count);
        let all = Tensor::cat(vec![low, high, self.real(count)], 0);
        packed(sheet(all, count))
    }

    fn sheet(&self, which: Sheet) -> Option<Tensor<2, Int>> {
        match which {
            Sheet::Said { text, to, seed } => self.said(&text, &to, seed),
            _ => None,
        }
    }

    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        let all = match self.trainer().metrics().cloned() {
            None => Vec::new(),
            Some(StackganMetrics::Encoder(loss)) => vec![("encoder_loss", loss)],
            Some(StackganMetrics::Stage {
                d_loss,
                g_loss,
                divergence,
                matching,
                opinions: [real, wrong, fake],
            }) => vec![
                ("d_loss", d_loss),
                ("g_loss", g_loss),
                ("divergence", divergence),
                ("matching", matching),
                ("d_real", real),
                ("d_wrong", wrong),
                ("d_fake", fake),
            ],
        };
        all.into_iter()
            .map(|(name, x)| (name.to_owned(), x))
            .collect()
    }

    fn progress(&self) -> Progress {
        let (config, step) = (self.trainer().config(), self.trainer().steps());
        let mut before = 0;
        let (mut done, mut total) = (0.0, 0.0);
        for (steps, work) in config.stages().into_iter().zip(self.work) {
            done += work * f64::from(step.saturating_sub(before).min(steps));
            total += work * f64::from(steps);
            before += steps;
        }
        let columns = SHEET.0.min(self.held.data.len() as u32);
        Progress {
            step,
            of: config.steps(),
            done,
            total,
            width: columns * config.size,
            height: SHEET.1 * config.size,
        }
    }

    fn look(&mut self) -> Vec<(String, Tensor<1>)> {
        let device = self.held.directions.device();
        let stage = self.trainer().stage();
        let at = Tensor::from_floats([stage as f32], &device);
        let mut all = vec![("stage".to_owned(), at)];
        let (step, of) = (self.trainer().steps(), self.trainer().config().steps());
        if !self.judged.due(step, of, JUDGED_EVERY) {
            return all;
        }
        let count = self.held.data.len();
        let mut add = |name: &str, x: Tensor<1>| all.push((name.to_owned(), x));
        let real = self.real(count);
        if stage == 0 || step == of {
            let mut small = real.clone();
            while small.dims()[3] > self.trainer().config().low as usize {
                small = halved(small);
            }
            let said: Vec<_> = self.held.said.iter().map(Vec::as_slice).collect();
            let [sentences, pictures] = self.trainer().placed(&said, small);
            add("sentences", sentences.flatten(0, 1));
            add("pictures", pictures.flatten(0, 1));
        }
        if stage > 0 {
            let on = |x: Tensor<4>| projections(x, self.held.directions.clone()).flatten(0, 1);
            let [low, high] = self.drawn(count / 2);
            let sharpness = |x: &Tensor<4>| slopes(x.clone())[0].clone();
            let sharp = sharpness(&real);
            add("sharp_1", sharpness(&low) / sharp.clone());
            add("projected_1", on(low));
            if stage == 2 {
                add("sharp_2", sharpness(&high) / sharp);
                add("projected_2", on(high));
            }
            if self.held.real.is_empty() {
                add("held", on(real));
            }
        }
        all
    }

    fn tell(&mut self, mut seen: BTreeMap<String, Vec<f32>>) -> Told {
        let mut told = Told::default();
        let mut tell = |name: &str, x: f32| {
            told.metrics.insert(name.to_owned(), x);
        };
        for name in ["stage", "sharp_1", "sharp_2"] {
            if let Some([value]) = seen.get(name).map(Vec::as_slice) {
                tell(name, *value);
            }
        }
        if let (Some(sentences), Some(pictures)) = (seen.get("sentences"), seen.get("pictures")) {
            let width = self.trainer().config().embedding as usize;
            tell("matched", matched(sentences, pictures, width));
        }
        if let Some(real) = seen.remove("held") {
            self.held.real = real;
        }
        let real = &self.held.real;
        let half = real.len() / DIRECTIONS / 2 * DIRECTIONS;
        let apart = |a: &[f32], b: &[f32]| sliced_wasserstein(a, b, DIRECTIONS);
        for (name, projected) in [("swd_1", "projected_1"), ("swd_2", "projected_2")] {
            if let Some(fake) = seen.get(projected).filter(|_| half > 0) {
                // Sets of one size: the fewer samples, the larger is even the distance of real from real.
                let (one, other) = (&real[..half], &real[half..2 * half]);
                tell(name, (apart(fake, one) + apart(fake, other)) / 2.0);
                tell("swd_real", apart(one, other));
            }
        }
        told
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: StackganControl = controls(control)?;
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
            config: JobConfig::Stackgan(state.config.clone()),
            meta: state.meta(),
            tensors,
        }
    }

    fn networks(&self) -> Option<Networks> {
        // The file itself is what another run begins with.
        let config = StackganConfig {
            start: String::new(),
            ..self.trainer().config().clone()
        };
        Some(Networks {
            settings: serde_json::to_string(&config).ok()?,
            tensors: self.trainer().trained(),
        })
    }
}
