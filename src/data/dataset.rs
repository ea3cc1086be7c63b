//! What a GAN learns from, in memory: points of a distribution, or small pictures with labels.

use burn::tensor::{Device, Tensor, TensorData};

use super::digits::digit;
use super::points::Points;
use super::scenes::{NAMES, Scene};
use super::seed::Seed;
use crate::protocol::{GanConfig, GanData};

/// Square pictures, all of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// Values of one picture after the other, each `[C, H, W]`, 0..=255.
    values: Vec<u8>,
    /// One for each picture; all 0 where there are no classes.
    labels: Vec<u8>,
    channels: usize,
    size: usize,
    classes: usize,
}

impl Pictures {
    /// None yet; `classes` is 1 where there are no labels.
    #[must_use]
    pub fn new(channels: usize, size: usize, classes: usize) -> Self {
        Self {
            values: Vec::new(),
            labels: Vec::new(),
            channels,
            size,
            classes,
        }
    }

    /// Adds one: `[C, H, W]` and its class.
    ///
    /// # Panics
    /// If the number of values or the label does not fit.
    pub fn push(&mut self, values: &[u8], label: u8) {
        let needed = self.channels * self.size * self.size;
        assert_eq!(values.len(), needed, "the values of a picture");
        assert!(usize::from(label) < self.classes, "label {label}");
        self.values.extend(values);
        self.labels.push(label);
    }

    /// `count` of our own digits, classes in turn.
    #[must_use]
    pub fn digits(count: usize, size: usize, seed: u32) -> Self {
        let (mut all, mut seed) = (Self::new(1, size, 10), Seed::stream(seed, 11));
        (0..count).for_each(|_| all.add_digit(&mut seed));
        all
    }

    /// `count` of our own scenes, kinds in turn, drawn at twice the size and reduced. `first` is the number of the
    /// first: other numbers, other scenes.
    #[must_use]
    pub fn scenes(count: usize, size: usize, first: u32) -> Self {
        let mut all = Self::new(3, size, NAMES.len());
        (0..count).for_each(|_| all.add_scene(first));
        all
    }

    fn add_digit(&mut self, seed: &mut Seed) {
        let label = (self.len() % 10) as u8;
        self.push(&digit(label, self.size, seed), label);
    }

    /// `first` is the number of the first scene of all.
    fn add_scene(&mut self, first: u32) {
        let kind = self.len() % NAMES.len();
        let scene = Scene::new(NAMES[kind], first + self.len() as u32).expect("a known name");
        let small = photo(&scene, self.size as u32);
        let planes = (0..3).flat_map(|c| small.pixels().map(move |p| p.0[c]));
        self.push(&planes.collect::<Vec<_>>(), kind as u8);
    }

    /// Those of whole rows of so many, as RGBA: bytes, width and height.
    #[must_use]
    pub fn sheet(&self, columns: usize) -> (Vec<u8>, u32, u32) {
        let (side, area) = (self.size, self.size * self.size);
        let (w, h) = (columns * side, self.len() / columns * side);
        let mut bytes = vec![255; 4 * w * h];
        for y in 0..h {
            for x in 0..w {
                let picture = y / side * columns + x / side;
                let at = y % side * side + x % side;
                for c in 0..3 {
                    // One channel is grey.
                    let plane = picture * self.channels + c.min(self.channels - 1);
                    bytes[4 * (y * w + x) + c] = self.values[plane * area + at];
                }
            }
        }
        (bytes, w as u32, h as u32)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// `[C, H, W]` of each.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.size, self.size]
    }

    /// How many classes there are; 1 where there are no labels.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Values of one picture after the other, each `[C, H, W]`, 0..=255.
    #[must_use]
    pub fn values(&self) -> &[u8] {
        &self.values
    }

    /// The class of each.
    #[must_use]
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The first `count` and the others.
    ///
    /// # Panics
    /// If there are fewer.
    #[must_use]
    pub fn split(mut self, count: usize) -> (Self, Self) {
        let one = self.channels * self.size * self.size;
        let others = Self {
            values: self.values.split_off(count * one),
            labels: self.labels.split_off(count),
            ..self
        };
        (self, others)
    }

    /// The pictures of these numbers, each changed at random: `[B, C, H, W]` in -1..1.
    fn changed(
        &self,
        numbers: &[usize],
        Augmentation { mirror, shift }: Augmentation,
        seed: &mut Seed,
        device: &Device,
    ) -> Tensor<4> {
        let (size, area) = (self.size, self.size * self.size);
        let last = size as isize - 1;
        let mut values = Vec::with_capacity(numbers.len() * self.channels * area);
        for &number in numbers {
            let mirrored = mirror && seed.chance(0.5);
            let mut move_by = || seed.below(2 * shift + 1) as isize - shift as isize;
            let (across, down) = if shift > 0 {
                (move_by(), move_by())
            } else {
                (0, 0)
            };
            // What lies beyond an edge is as the edge.
            let from = |at: usize, by: isize| (at as isize + by).clamp(0, last) as usize;
            for plane in 0..self.channels {
                let plane = &self.values[(number * self.channels + plane) * area..][..area];
                for y in 0..size {
                    let row = &plane[from(y, down) * size..][..size];
                    values.extend((0..size).map(|x| {
                        let x = from(x, across);
                        let x = if mirrored { size - 1 - x } else { x };
                        f32::from(row[x]) / 127.5 - 1.0
                    }));
                }
            }
        }
        let dims = [numbers.len(), self.channels, size, size];
        Tensor::from_data(TensorData::new(values, dims), device)
    }

    /// Squares out of pictures, each by the picture's number, its left and upper edge, and whether it is mirrored, left
    /// and right: `[B, 3, side, side]` in -1..1. Grey pictures have three equal channels.
    ///
    /// # Panics
    /// If a number is not below [`Self::len`], or a square is not within its picture.
    #[must_use]
    pub fn pieces(
        &self,
        pieces: &[(usize, [usize; 2], bool)],
        side: usize,
        device: &Device,
    ) -> Tensor<4> {
        let mut values = Vec::with_capacity(pieces.len() * 3 * side * side);
        for &(number, [left, top], mirrored) in pieces {
            for channel in 0..3 {
                let plane = number * self.channels + channel.min(self.channels - 1);
                for y in top..top + side {
                    let row = &self.values[(plane * self.size + y) * self.size..][..self.size];
                    let row = row[left..left + side].iter();
                    let value = |v: &u8| f32::from(*v) / 127.5 - 1.0;
                    match mirrored {
                        true => values.extend(row.rev().map(value)),
                        false => values.extend(row.map(value)),
                    }
                }
            }
        }
        Tensor::from_data(
            TensorData::new(values, [pieces.len(), 3, side, side]),
            device,
        )
    }

    /// The pictures of these numbers: `[B, C, H, W]` in -1..1.
    ///
    /// # Panics
    /// If a number is not below [`Self::len`].
    #[must_use]
    pub fn at(&self, numbers: &[usize], device: &Device) -> Tensor<4> {
        let one = self.channels * self.size * self.size;
        let mut values = Vec::with_capacity(numbers.len() * one);
        for &number in numbers {
            let picture = &self.values[number * one..(number + 1) * one];
            values.extend(picture.iter().map(|v| f32::from(*v) / 127.5 - 1.0));
        }
        let dims = [numbers.len(), self.channels, self.size, self.size];
        Tensor::from_data(TensorData::new(values, dims), device)
    }
}

/// A square photo of a scene, drawn at twice the size and reduced.
pub(super) fn photo(scene: &Scene, side: u32) -> image::RgbImage {
    halved(&scene.photo(2 * side, 2 * side), side)
}

/// A square picture reduced.
pub(super) fn halved(large: &image::RgbImage, side: u32) -> image::RgbImage {
    let filter = image::imageops::FilterType::Triangle;
    image::imageops::resize(large, side, side, filter)
}

/// What is done at random to each picture that is learnt from, so that few stand for more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Augmentation {
    /// Half of them are mirrored, left and right.
    pub mirror: bool,
    /// They are moved by up to so many pixels each way.
    pub shift: usize,
}

impl Augmentation {
    /// As the settings say.
    #[must_use]
    pub fn of(config: &GanConfig) -> Self {
        Self {
            mirror: config.mirror,
            shift: config.shift as usize,
        }
    }
}

/// Draws the pictures that a run asks for, a few at a time.
#[derive(Debug)]
pub struct Drawer {
    pictures: Pictures,
    digits: Option<Seed>,
    first: u32,
    count: usize,
}

impl Drawer {
    /// Those to learn from, the same for every seed of a run; none if the run is given its samples another way.
    #[must_use]
    pub fn new(config: &GanConfig) -> Option<Self> {
        Self::of(config, config.count as usize, 1)
    }

    /// `count` others, to judge by.
    #[must_use]
    pub fn held(config: &GanConfig, count: usize) -> Option<Self> {
        Self::of(config, count, 1_000_000)
    }

    fn of(config: &GanConfig, count: usize, first: u32) -> Option<Self> {
        let size = config.size as usize;
        let (pictures, digits) = match config.data {
            GanData::Digits => (Pictures::new(1, size, 10), Some(Seed::stream(first, 11))),
            GanData::Scenes => (Pictures::new(3, size, NAMES.len()), None),
            _ => return None,
        };
        Some(Self {
            pictures,
            digits,
            first,
            count,
        })
    }

    /// Draws at most so many more; false once there are enough.
    pub fn draw(&mut self, most: usize) -> bool {
        let missing = self.count - self.pictures.len();
        for _ in 0..most.min(missing) {
            match &mut self.digits {
                Some(seed) => self.pictures.add_digit(seed),
                None => self.pictures.add_scene(self.first),
            }
        }
        most < missing
    }

    /// How many are drawn, and how many there will be.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.pictures.len(), self.count)
    }

    /// All of them; draws what is missing.
    #[must_use]
    pub fn finish(mut self) -> Pictures {
        self.draw(usize::MAX);
        self.pictures
    }
}

/// A source of samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Dataset {
    /// Drawn anew each time.
    Points(Points),
    /// Picked at random.
    Pictures(Pictures),
}

impl Dataset {
    /// The points that a run asks for; none if it asks for pictures, or its drawing is empty.
    #[must_use]
    pub fn points(config: &GanConfig) -> Option<Self> {
        let points = match config.data {
            GanData::Ring => Some(Points::ring()),
            GanData::Grid => Some(Points::grid()),
            GanData::Moons => Some(Points::moons()),
            GanData::Drawn => Points::drawn(&config.drawing, config.brush),
            _ => None,
        };
        points.map(Self::Points)
    }

    /// The shape `[C, H, W]` of the samples that a run asks for, and how many classes they have; of the user's own
    /// pictures, the most that they can have.
    #[must_use]
    pub fn kind(config: &GanConfig) -> ([usize; 3], usize) {
        let size = config.size as usize;
        match config.data {
            GanData::Digits => ([1, size, size], 10),
            GanData::Scenes => ([3, size, size], NAMES.len()),
            GanData::Pictures => ([3, size, size], 1),
            _ => ([2, 1, 1], 1),
        }
    }

    /// `[C, H, W]` of a sample; a point is `[2, 1, 1]`.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        match self {
            Self::Points(_) => [2, 1, 1],
            Self::Pictures(p) => p.shape(),
        }
    }

    /// How many classes there are; 1 where there are no labels.
    #[must_use]
    pub fn classes(&self) -> usize {
        match self {
            Self::Points(_) => 1,
            Self::Pictures(pictures) => pictures.classes,
        }
    }

    /// `count` random samples, `[B, C, H, W]`, and their labels. Points are not augmented.
    ///
    /// # Panics
    /// If there are no pictures.
    #[must_use]
    pub fn batch(
        &self,
        count: usize,
        augmentation: Augmentation,
        seed: &mut Seed,
        device: &Device,
    ) -> (Tensor<4>, Vec<u8>) {
        match self {
            Self::Points(points) => {
                let values = points.sample(count, seed).concat();
                let data = TensorData::new(values, [count, 2, 1, 1]);
                (Tensor::from_data(data, device), vec![0; count])
            }
            Self::Pictures(pictures) => {
                assert!(!pictures.is_empty(), "a data set without pictures");
                let pick = |_| seed.below(pictures.len());
                let numbers: Vec<_> = (0..count).map(pick).collect();
                let labels = numbers.iter().map(|i| pictures.labels[*i]).collect();
                let samples = match augmentation {
                    Augmentation {
                        mirror: false,
                        shift: 0,
                    } => pictures.at(&numbers, device),
                    changes => pictures.changed(&numbers, changes, seed, device),
                };
                (samples, labels)
            }
        }
    }
}
