//! What a GAN learns from, in memory: points of a distribution, or small pictures with labels.

use burn::tensor::{Device, Tensor, TensorData};

use super::digits::digit;
use super::points::Points;
use super::scenes::{NAMES, Scene};
use super::seed::Seed;

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
        for i in 0..count {
            let label = (i % 10) as u8;
            all.push(&digit(label, size, &mut seed), label);
        }
        all
    }

    /// `count` of our own scenes, kinds in turn, drawn at four times the size and reduced. `first` is the number of the
    /// first: other numbers, other scenes.
    ///
    /// # Panics
    /// Never: every name is known.
    #[must_use]
    pub fn scenes(count: usize, size: usize, first: u32) -> Self {
        let mut all = Self::new(3, size, NAMES.len());
        let side = size as u32;
        for i in 0..count {
            let kind = i % NAMES.len();
            let scene = Scene::new(NAMES[kind], first + i as u32).expect("a known name");
            let large = scene.photo(4 * side, 4 * side);
            let filter = image::imageops::FilterType::Triangle;
            let small = image::imageops::resize(&large, side, side, filter);
            let planes = (0..3).flat_map(|c| small.pixels().map(move |p| p.0[c]));
            all.push(&planes.collect::<Vec<_>>(), kind as u8);
        }
        all
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

/// A source of samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Dataset {
    /// Drawn anew each time.
    Points(Points),
    /// Picked at random.
    Pictures(Pictures),
}

impl Dataset {
    /// `[C, H, W]` of a sample; a point is `[2, 1, 1]`.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        match self {
            Self::Points(_) => [2, 1, 1],
            Self::Pictures(p) => [p.channels, p.size, p.size],
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

    /// `count` random samples, `[B, C, H, W]`, and their labels.
    ///
    /// # Panics
    /// If there are no pictures.
    #[must_use]
    pub fn batch(&self, count: usize, seed: &mut Seed, device: &Device) -> (Tensor<4>, Vec<u8>) {
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
                (pictures.at(&numbers, device), labels)
            }
        }
    }
}
