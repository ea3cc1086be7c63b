//! What pix2pix learns from, in memory: pairs of a picture and what it is to become.

mod drawing;

use burn::tensor::{Device, Tensor, TensorData};

use super::dataset::{Pictures, halved, photo};
use super::scenes::{NAMES, Scene};
use super::seed::Seed;
use crate::protocol::{Pix2pixConfig, Pix2pixTask};
pub use drawing::edges;
pub(super) use drawing::{luminance, planes};

/// Channels of either side of a pair as the networks see it.
const CHANNELS: usize = 3;

impl Pix2pixTask {
    /// Channels of an input in memory; one is grey. The user's own may have fewer.
    #[must_use]
    pub fn planes(self) -> usize {
        match self {
            Self::Edges | Self::Grey => 1,
            _ => CHANNELS,
        }
    }

    /// Input `[planes, H, W]` and target `[3, H, W]` of a scene, 0..=255.
    ///
    /// # Panics
    /// For the user's own pairs, which are no scenes.
    fn of(self, scene: &Scene, size: u32) -> [Vec<u8>; 2] {
        if self == Self::Map {
            return [Scene::aerial, Scene::map]
                .map(|of| planes(&halved(&of(scene, 2 * size, 2 * size), size)));
        }
        let picture = photo(scene, size);
        match self {
            Self::Edges => [edges(&picture), planes(&picture)],
            Self::Grey => {
                let grey = luminance(&picture).into_iter().map(|l| l.round() as u8);
                [grey.collect(), planes(&picture)]
            }
            Self::Labels => [planes(&scene.label_picture(size, size)), planes(&picture)],
            Self::Night => [&picture, &photo(&scene.by_night(), size)].map(planes),
            Self::Winter => [&picture, &photo(&scene.in_winter(), size)].map(planes),
            Self::Map | Self::Own => unreachable!("{self:?} shows no photo of a scene"),
        }
    }
}

/// The edges of a scene's photo, as a run is given them.
#[must_use]
pub fn edges_of(scene: &Scene, size: u32) -> image::RgbImage {
    let lines = edges(&photo(scene, size));
    image::RgbImage::from_fn(size, size, |x, y| {
        image::Rgb([lines[(y * size + x) as usize]; 3])
    })
}

/// What is done at random to both sides of a pair, so that few stand for more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change {
    /// Half of them are mirrored, left and right.
    pub mirror: bool,
    /// They are enlarged by 286 / 256, and a piece of the old size is taken.
    pub jitter: bool,
}

/// A pair out of many, and what is done to it.
struct Picked {
    number: usize,
    mirrored: bool,
    /// Pixels to the left of a piece and above it.
    piece: Option<[usize; 2]>,
}

/// The side of a picture of which a piece is taken: 286 for 256.
fn enlarged(size: usize) -> usize {
    (size * 286 + 128) / 256
}

impl Picked {
    /// A plane in -1..1; between the pixels of an enlarged one linearly.
    fn read(&self, plane: &[u8], size: usize, values: &mut Vec<f32>) {
        let scale = size as f32 / enlarged(size) as f32;
        // The pixel before a place, the one behind it, and how far it is on the way.
        let place = |at: usize, from: usize| {
            let last = (size - 1) as f32;
            let at = (((at + from) as f32 + 0.5) * scale - 0.5).clamp(0.0, last);
            (at as usize, (at as usize + 1).min(size - 1), at.fract())
        };
        for y in 0..size {
            for x in 0..size {
                let x = if self.mirrored { size - 1 - x } else { x };
                let Some([left, above]) = self.piece else {
                    values.push(f32::from(plane[y * size + x]) / 127.5 - 1.0);
                    continue;
                };
                let ((x0, x1, right), (y0, y1, down)) = (place(x, left), place(y, above));
                let row = |y: usize| {
                    let [a, b] = [x0, x1].map(|x| f32::from(plane[y * size + x]));
                    a + (b - a) * right
                };
                let value = row(y0) + (row(y1) - row(y0)) * down;
                values.push(value / 127.5 - 1.0);
            }
        }
    }
}

/// Square pictures of one size, two and two.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// One after the other, each `[planes, H, W]`, 0..=255.
    inputs: Vec<u8>,
    /// The same, `[3, H, W]` each.
    targets: Vec<u8>,
    planes: usize,
    size: usize,
}

impl Pairs {
    /// None yet; inputs of 1 or 3 planes.
    #[must_use]
    pub fn new(planes: usize, size: usize) -> Self {
        assert!(planes == 1 || planes == CHANNELS, "{planes} planes");
        Self {
            inputs: Vec::new(),
            targets: Vec::new(),
            planes,
            size,
        }
    }

    /// Adds one: `[planes, H, W]` and `[3, H, W]`.
    ///
    /// # Panics
    /// If the number of values does not fit.
    pub fn push(&mut self, input: &[u8], target: &[u8]) {
        let area = self.size * self.size;
        let lengths = [self.planes * area, CHANNELS * area];
        assert_eq!([input.len(), target.len()], lengths, "the values of a pair");
        self.inputs.extend(input);
        self.targets.extend(target);
    }

    /// Adds what the task makes of a scene.
    fn add_scene(&mut self, task: Pix2pixTask, first: u32) {
        let kind = NAMES[self.len() % NAMES.len()];
        let scene = Scene::new(kind, first + self.len() as u32).expect("a known name");
        let [input, target] = task.of(&scene, self.size as u32);
        self.push(&input, &target);
    }

    /// The first ones side by side, input and target, at most so many in each of two rows, as RGBA: bytes, width, height.
    #[must_use]
    pub fn sheet(&self, most: usize) -> (Vec<u8>, u32, u32) {
        let columns = self.len().clamp(1, most);
        let count = (self.len() / columns).min(2) * columns;
        let area = self.size * self.size;
        let mut pictures = Pictures::new(CHANNELS, self.size, 1);
        for n in 0..count {
            let input = &self.inputs[n * self.planes * area..][..self.planes * area];
            // One plane is grey.
            pictures.push(&input.repeat(CHANNELS / self.planes), 0);
            pictures.push(&self.targets[n * CHANNELS * area..][..CHANNELS * area], 0);
        }
        pictures.sheet(2 * columns)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len() / (CHANNELS * self.size * self.size)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Side of a picture in pixels.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Input and target of these numbers, each `[B, 3, H, W]` in -1..1.
    ///
    /// # Panics
    /// If a number is not below [`Self::len`].
    #[must_use]
    pub fn at(&self, numbers: &[usize], device: &Device) -> [Tensor<4>; 2] {
        let plain = |number: &usize| Picked {
            number: *number,
            mirrored: false,
            piece: None,
        };
        self.tensors(&numbers.iter().map(plain).collect::<Vec<_>>(), device)
    }

    /// Channels of an input in memory.
    #[must_use]
    pub fn planes(&self) -> usize {
        self.planes
    }

    /// All inputs and all targets, one after the other.
    #[must_use]
    pub fn values(&self) -> [&[u8]; 2] {
        [&self.inputs, &self.targets]
    }

    /// The first `count` of them, and the others.
    ///
    /// # Panics
    /// If there are fewer.
    #[must_use]
    pub fn split(mut self, count: usize) -> (Self, Self) {
        let area = self.size * self.size;
        let rest = Self {
            inputs: self.inputs.split_off(count * self.planes * area),
            targets: self.targets.split_off(count * CHANNELS * area),
            ..self
        };
        (self, rest)
    }

    /// `count` random pairs, as [`Self::at`], each changed at random as it is asked for.
    ///
    /// # Panics
    /// If there are none.
    #[must_use]
    pub fn batch(
        &self,
        count: usize,
        change: Change,
        seed: &mut Seed,
        device: &Device,
    ) -> [Tensor<4>; 2] {
        assert!(!self.is_empty(), "a data set without pairs");
        let room = enlarged(self.size) - self.size;
        let mut pick = |_| Picked {
            number: seed.below(self.len()),
            mirrored: change.mirror && seed.chance(0.5),
            piece: (change.jitter).then(|| [seed.below(room + 1), seed.below(room + 1)]),
        };
        let picked: Vec<_> = (0..count).map(&mut pick).collect();
        self.tensors(&picked, device)
    }

    fn tensors(&self, picked: &[Picked], device: &Device) -> [Tensor<4>; 2] {
        let area = self.size * self.size;
        [(&self.inputs, self.planes), (&self.targets, CHANNELS)].map(|(all, planes)| {
            let mut values = Vec::with_capacity(picked.len() * CHANNELS * area);
            for one in picked {
                for channel in 0..CHANNELS {
                    let plane = one.number * planes + channel.min(planes - 1);
                    one.read(&all[plane * area..][..area], self.size, &mut values);
                }
            }
            let dims = [picked.len(), CHANNELS, self.size, self.size];
            Tensor::from_data(TensorData::new(values, dims), device)
        })
    }

    /// The mean distance `E|y - x|` in -1..1 of targets from their inputs: what is reached by copying.
    #[must_use]
    pub fn distance_copied(&self) -> f32 {
        let area = self.size * self.size;
        let input = |i: usize| {
            let (number, channel) = (i / area / CHANNELS, i / area % CHANNELS);
            self.inputs[(number * self.planes + channel.min(self.planes - 1)) * area + i % area]
        };
        let apart = |(i, y): (usize, &u8)| f64::from(y.abs_diff(input(i)));
        let sum: f64 = self.targets.iter().enumerate().map(apart).sum();
        (sum / self.targets.len() as f64 / 127.5) as f32
    }

    /// The same of targets from the mean target of others: what is reached by drawing always the same.
    ///
    /// # Panics
    /// If the others are of another size.
    #[must_use]
    pub fn distance_mean(&self, others: &Self) -> f32 {
        assert_eq!(self.size, others.size, "the size of a picture");
        let values = CHANNELS * self.size * self.size;
        let mut mean = vec![0.0; values];
        for picture in others.targets.chunks_exact(values) {
            for (sum, y) in mean.iter_mut().zip(picture) {
                *sum += f64::from(*y) / others.len() as f64;
            }
        }
        let targets = self.targets.iter().zip(mean.iter().cycle());
        let sum: f64 = targets.map(|(y, mean)| (f64::from(*y) - mean).abs()).sum();
        (sum / self.targets.len() as f64 / 127.5) as f32
    }
}

/// Draws the pairs that a run asks for, a few at a time.
#[derive(Debug)]
pub struct PairDrawer {
    pairs: Pairs,
    task: Pix2pixTask,
    first: u32,
    count: usize,
}

impl PairDrawer {
    /// Those to learn from, the same for every seed of a run.
    #[must_use]
    pub fn new(config: &Pix2pixConfig) -> Self {
        Self::of(config, config.count as usize, 1)
    }

    /// `count` others, to judge by.
    #[must_use]
    pub fn held(config: &Pix2pixConfig, count: usize) -> Self {
        Self::of(config, count, 1_000_000)
    }

    fn of(config: &Pix2pixConfig, count: usize, first: u32) -> Self {
        Self {
            pairs: Pairs::new(config.task.planes(), config.size as usize),
            task: config.task,
            first,
            count,
        }
    }

    /// Draws at most so many more; false once there are enough.
    pub fn draw(&mut self, most: usize) -> bool {
        let missing = self.count - self.pairs.len();
        for _ in 0..most.min(missing) {
            self.pairs.add_scene(self.task, self.first);
        }
        most < missing
    }

    /// How many are drawn, and how many there will be.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.pairs.len(), self.count)
    }

    /// All of them; draws what is missing.
    #[must_use]
    pub fn finish(mut self) -> Pairs {
        self.draw(usize::MAX);
        self.pairs
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::disallowed_methods,
        reason = "native only: reading waits for the device"
    )]

    use image::RgbImage;

    use super::*;

    fn values(x: Tensor<4>) -> Vec<f32> {
        x.into_data().iter().collect()
    }

    #[test]
    fn edges_of_a_step_are_one_dark_line_and_nothing_else() {
        let bright = |x: u32| if x < 8 { 40 } else { 200 };
        let picture = RgbImage::from_fn(16, 12, |x, _| image::Rgb([bright(x); 3]));
        let found = edges(&picture);
        for row in found.chunks_exact(16) {
            let dark: Vec<_> = (0..16).filter(|x| row[*x] < 255).collect();
            assert_eq!(dark.len(), 1, "{row:?}");
            assert!(dark[0] == 7 || dark[0] == 8, "{row:?}");
            assert_eq!(row[dark[0]], 0, "{row:?}");
        }
        let flat = RgbImage::from_pixel(9, 9, image::Rgb([90, 120, 30]));
        assert!(edges(&flat).iter().all(|v| *v == 255));
    }

    #[test]
    fn edges_of_a_scene_are_a_drawing_with_lines_and_paper() {
        let config = Pix2pixConfig::default();
        let pairs = PairDrawer::held(&config, 6).finish();
        for picture in pairs.inputs.chunks_exact(64 * 64) {
            let dark = picture.iter().filter(|v| **v < 128).count();
            let share = dark as f32 / picture.len() as f32;
            assert!((0.01..0.4).contains(&share), "{share} of it is dark");
        }
    }

    #[test]
    fn a_pair_keeps_its_sides_together_when_it_is_mirrored() {
        let mut pairs = Pairs::new(1, 2);
        pairs.push(&[0, 255, 0, 255], &[10; 12]);
        pairs.push(&[0, 255, 0, 255], &(0..12).collect::<Vec<_>>());
        let device = Device::flex();
        let picked = [false, true].map(|mirrored| Picked {
            number: 1,
            mirrored,
            piece: None,
        });
        let [x, y] = pairs.tensors(&picked, &device);
        let (x, y) = (values(x), values(y));
        let plain = [-1.0, 1.0, -1.0, 1.0].repeat(3);
        let turned = [1.0, -1.0, 1.0, -1.0].repeat(3);
        assert_eq!(x, [plain, turned].concat());
        assert_eq!((y[0], y[1]), (y[13], y[12]));
        assert_eq!(y[2], 2.0 / 127.5 - 1.0);
    }

    #[test]
    fn a_piece_is_cut_out_of_both_sides_of_an_enlarged_pair() {
        let mut pairs = Pairs::new(1, 32);
        let slope: Vec<u8> = (0..32 * 32).map(|i| 8 * (i % 32) as u8).collect();
        pairs.push(&slope, &slope.repeat(3));
        assert_eq!([32, 64, 128, 256].map(enlarged), [36, 72, 143, 286]);
        let (device, jitter) = (Device::flex(), true);
        let mut firsts = Vec::new();
        for seed in 0..40 {
            let change = Change {
                jitter,
                ..Change::default()
            };
            let [x, y] = pairs.batch(1, change, &mut Seed::new(seed), &device);
            let x = values(x);
            assert_eq!(x, values(y), "both sides are the same piece");
            // Enlarged by 36 / 32, the slope is 32 / 36 as steep.
            let step = (x[20] - x[10]) * 127.5 / 10.0;
            assert!(
                (step - 8.0 * 32.0 / 36.0).abs() < 1e-3,
                "{step} grey levels a pixel"
            );
            firsts.push((x[5] * 127.5 / 8.0 * 36.0 / 32.0).round() as i32);
        }
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 5, "places of a piece: {firsts:?}");
    }

    #[test]
    fn every_task_has_pairs_that_belong_together() {
        use Pix2pixTask::{Edges, Grey, Labels, Map, Night, Winter};
        for task in [Edges, Grey, Labels, Map, Night, Winter] {
            let config = Pix2pixConfig {
                task,
                size: 32,
                ..Pix2pixConfig::default()
            };
            let pairs = PairDrawer::held(&config, 6).finish();
            assert_eq!(pairs.inputs.len(), 6 * task.planes() * 32 * 32, "{task:?}");
            let mean =
                |all: &[u8]| all.iter().map(|x| u32::from(*x)).sum::<u32>() as usize / all.len();
            let (given, found) = (mean(&pairs.inputs), mean(&pairs.targets));
            match task {
                Night => assert!(2 * found < given, "{found} by night, {given} by day"),
                Winter => assert!(found > given + 10, "{found} in snow, {given} before"),
                Map => assert!(found > given + 30, "{found} on the map, {given} from above"),
                _ => {}
            }
        }
    }

    #[test]
    fn pairs_drawn_a_few_at_a_time_are_those_drawn_at_once() {
        let config = Pix2pixConfig {
            task: Pix2pixTask::Grey,
            size: 32,
            count: 7,
            ..Pix2pixConfig::default()
        };
        let mut slow = PairDrawer::new(&config);
        assert!(slow.draw(3) && slow.draw(3));
        assert_eq!(slow.progress(), (6, 7));
        assert!(!slow.draw(3));
        let pairs = slow.finish();
        assert_eq!(pairs, PairDrawer::new(&config).finish());
        let held = PairDrawer::held(&config, 7).finish();
        assert_ne!(pairs.targets[..3072], held.targets[..3072]);
        // Grey keeps the luminance: it is nearer to the photo than any one picture.
        let (copied, mean) = (held.distance_copied(), held.distance_mean(&pairs));
        assert!(0.0 < copied && copied < mean, "{copied} {mean}");
        let sides = held.at(&[0, 3], &Device::flex());
        assert_eq!(sides.map(|x| x.dims()), [[2, 3, 32, 32]; 2]);
    }
}
