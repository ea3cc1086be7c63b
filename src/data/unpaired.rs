//! What CycleGAN learns from, in memory: pictures of one kind and pictures of another, of other things.

use burn::tensor::{Device, Tensor};

use super::dataset::{Pictures, photo};
use super::own::Prepared;
use super::scenes::{NAMES, Scene};
use super::seed::Seed;
use crate::error::Error;
use crate::protocol::{CycleganConfig, CycleganTask};

/// Channels of a picture as the networks see it.
const CHANNELS: usize = 3;
/// Number of the first scene of A; those of B begin [`APART`] later.
const FIRST: u32 = 1;
/// See [`FIRST`]; more than are ever drawn.
const APART: u32 = 100_000;
/// Number of the first scene that is not learnt from.
const FIRST_HELD: u32 = 1_000_000;

impl CycleganTask {
    /// The landscapes that have both kinds.
    fn names(self) -> &'static [&'static str] {
        match self {
            // The last of them is in snow anyway.
            Self::Winter => &NAMES[..NAMES.len() - 1],
            Self::Stripes => &["coast", "lake"],
            Self::Night | Self::Own => &NAMES,
        }
    }

    /// A scene as a picture of A, or of B.
    fn of(self, scene: &Scene, b: bool, size: u32) -> Vec<u8> {
        let picture = match (self, b) {
            (Self::Stripes, striped) => photo(&scene.with_sails(striped), size),
            (Self::Winter, true) => photo(&scene.in_winter(), size),
            (Self::Night, true) => photo(&scene.by_night(), size),
            _ => photo(scene, size),
        };
        let channel = |c: usize| picture.pixels().map(move |p| p.0[c]);
        (0..CHANNELS).flat_map(channel).collect()
    }
}

/// Square pictures of A and of B.
#[derive(Clone, Debug, PartialEq)]
pub struct Unpaired {
    /// Those to learn from. They may be larger than what is learnt: pieces are cut out then.
    pub learnt: [Pictures; 2],
    /// Others, to show and to measure on.
    pub held: [Pictures; 2],
    /// What those of A that are held are as pictures of B, if that is known.
    pub truth: Option<Pictures>,
}

impl Unpaired {
    /// The user's own: of either kind a tenth, at least 2 and at most `most`, is not learnt from.
    ///
    /// # Errors
    /// `data-size` if they are smaller than the run's pictures.
    pub fn own(config: &CycleganConfig, sides: [Prepared; 2], most: usize) -> Result<Self, Error> {
        let size = config.size as usize;
        let mut parts = Vec::new();
        for Prepared { pictures, .. } in sides {
            let [_, side, _] = pictures.shape();
            if side < size {
                let detail = format!("the pictures have {side} px, the settings say {size}");
                let code = "data-size";
                return Err(Error::BadData { code, detail });
            }
            let count = pictures.len();
            let held = (count / 10).clamp(2, most);
            parts.push(pictures.split(count - held));
        }
        let (b, a) = (parts.pop(), parts.pop());
        let ((a, held_a), (b, held_b)) = (a.expect("of A"), b.expect("of B"));
        Ok(Self {
            learnt: [a, b],
            held: [held_a, held_b],
            truth: None,
        })
    }

    /// `count` random pictures of each kind, `[B, 3, S, S]` in -1..1, cut out at random where they are larger; with
    /// `mirror`, half of them are mirrored, left and right.
    ///
    /// # Panics
    /// If there are none of a kind.
    #[must_use]
    pub fn batch(
        &self,
        config: &CycleganConfig,
        seed: &mut Seed,
        device: &Device,
    ) -> [Tensor<4>; 2] {
        let size = config.size as usize;
        self.learnt.each_ref().map(|pictures| {
            assert!(!pictures.is_empty(), "a kind without pictures");
            let [_, side, _] = pictures.shape();
            let mut pieces = Vec::with_capacity(config.batch as usize);
            for _ in 0..config.batch {
                let number = seed.below(pictures.len());
                let mut corner = || match side - size {
                    0 => 0,
                    room => seed.below(room + 1),
                };
                let corner = [corner(), corner()];
                let mirrored = config.mirror && seed.chance(0.5);
                pieces.push((number, corner, mirrored));
            }
            pictures.pieces(&pieces, size, device)
        })
    }

    /// All that are held of A, or of B: the middle of each, `[N, 3, S, S]` in -1..1.
    #[must_use]
    pub fn held(&self, b: bool, config: &CycleganConfig, device: &Device) -> Tensor<4> {
        middle(&self.held[usize::from(b)], config.size as usize, device)
    }

    /// What those held of A are as pictures of B, as in [`Self::held`].
    #[must_use]
    pub fn truth(&self, config: &CycleganConfig, device: &Device) -> Option<Tensor<4>> {
        let truth = self.truth.as_ref()?;
        Some(middle(truth, config.size as usize, device))
    }
}

fn middle(pictures: &Pictures, size: usize, device: &Device) -> Tensor<4> {
    let [_, side, _] = pictures.shape();
    let corner = [(side - size) / 2; 2];
    let pieces: Vec<_> = (0..pictures.len()).map(|i| (i, corner, false)).collect();
    pictures.pieces(&pieces, size, device)
}

/// Draws the scenes that a run asks for, a few at a time.
#[derive(Debug)]
pub struct UnpairedDrawer {
    task: CycleganTask,
    size: u32,
    count: usize,
    held: usize,
    /// To learn from of A and B, held of A and B, and the truth.
    drawn: [Pictures; 5],
}

impl UnpairedDrawer {
    /// The same scenes for every seed of a run, and `held` others of each kind.
    #[must_use]
    pub fn new(config: &CycleganConfig, held: usize) -> Self {
        let none = || Pictures::new(CHANNELS, config.size as usize, 1);
        Self {
            task: config.task,
            size: config.size,
            count: config.count as usize,
            held,
            drawn: std::array::from_fn(|_| none()),
        }
    }

    /// Number of the next scene of each part; none once the part is whole.
    fn next(&self, part: usize) -> Option<u32> {
        let (most, first) = match part {
            0 => (self.count, FIRST),
            1 => (self.count, FIRST + APART),
            2 | 4 => (self.held, FIRST_HELD),
            _ => (self.held, FIRST_HELD + APART),
        };
        let done = self.drawn[part].len();
        (done < most).then_some(first + done as u32)
    }

    /// Draws at most so many more; false once there are enough.
    pub fn draw(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let next = (0..self.drawn.len()).find_map(|part| Some((part, self.next(part)?)));
            let Some((part, number)) = next else {
                return false;
            };
            let names = self.task.names();
            let name = names[self.drawn[part].len() % names.len()];
            let scene = Scene::new(name, number).expect("a known name");
            let b = matches!(part, 1 | 3 | 4);
            self.drawn[part].push(&self.task.of(&scene, b, self.size), 0);
        }
        (0..self.drawn.len()).any(|part| self.next(part).is_some())
    }

    /// How many pictures are drawn, and how many there will be.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let drawn = self.drawn.iter().map(Pictures::len).sum();
        (drawn, 2 * self.count + 3 * self.held)
    }

    /// All of them; draws what is missing.
    #[must_use]
    pub fn finish(mut self) -> Unpaired {
        self.draw(usize::MAX);
        let [a, b, held_a, held_b, truth] = self.drawn;
        Unpaired {
            learnt: [a, b],
            held: [held_a, held_b],
            truth: Some(truth),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::disallowed_methods,
        reason = "native only: reading waits for the device"
    )]

    use super::*;

    fn config(task: CycleganTask) -> CycleganConfig {
        CycleganConfig {
            task,
            size: 32,
            count: 4,
            ..CycleganConfig::default()
        }
    }

    #[test]
    fn both_kinds_show_other_scenes_and_the_truth_shows_the_same() {
        use CycleganTask::{Night, Stripes, Winter};
        for task in [Winter, Night, Stripes] {
            let all = UnpairedDrawer::new(&config(task), 3).finish();
            assert_eq!(all.learnt.each_ref().map(Pictures::len), [4, 4], "{task:?}");
            let truth = all.truth.as_ref().expect("of a scene");
            let apart = |x: &Pictures, y: &Pictures| {
                let pairs = x.values().iter().zip(y.values());
                pairs.map(|(x, y)| f64::from(x.abs_diff(*y))).sum::<f64>()
            };
            let [x, y] = &all.held;
            let (same, other) = (apart(x, truth), apart(x, y));
            assert!(0.0 < same && 0.0 < other, "{task:?}: {same} {other}");
            // Night changes more than the place does.
            assert!(same < other || task == Night, "{task:?}: {same} {other}");
        }
    }

    #[test]
    fn those_drawn_a_few_at_a_time_are_those_drawn_at_once() {
        let config = config(CycleganTask::Winter);
        let mut slow = UnpairedDrawer::new(&config, 2);
        assert_eq!(slow.progress(), (0, 14));
        assert!(slow.draw(13));
        assert_eq!(slow.progress(), (13, 14));
        assert!(!slow.draw(13));
        assert_eq!(slow.finish(), UnpairedDrawer::new(&config, 2).finish());
    }

    #[test]
    fn pieces_are_cut_out_everywhere_and_half_of_them_are_mirrored() {
        let mut pictures = Pictures::new(1, 34, 1);
        let values: Vec<u8> = (0..34 * 34).map(|i| (i % 34 * 5 + i / 34) as u8).collect();
        pictures.push(&values, 0);
        let all = Unpaired {
            learnt: [pictures.clone(), pictures.clone()],
            held: [pictures.clone(), pictures],
            truth: None,
        };
        let config = config(CycleganTask::Own);
        let (mut seed, device) = (Seed::new(3), Device::flex());
        let mut found = std::collections::BTreeSet::new();
        for _ in 0..300 {
            let [a, _] = all.batch(&config, &mut seed, &device);
            assert_eq!(a.dims(), [1, 3, 32, 32]);
            let values: Vec<f32> = a.into_data().iter().collect();
            let at = |i: usize| ((values[i] + 1.0) * 127.5).round() as usize;
            assert_eq!(at(0), at(32 * 32), "grey has three equal channels");
            let mirrored = at(0) > at(31);
            let left = if mirrored { at(31) } else { at(0) };
            assert_eq!(at(0).abs_diff(at(31)), 31 * 5);
            found.insert((left / 5, left % 5, mirrored));
        }
        assert_eq!(found.len(), 18, "{found:?}");
        let held = all.held(true, &config, &device).into_data();
        let first = held.iter::<f32>().next().expect("a value");
        assert!((first - (6.0 / 127.5 - 1.0)).abs() < 1e-6, "{first}");
    }
}
