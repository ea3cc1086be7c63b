//! Pictures with captions, in memory: what a run of `stackgan` learns from.

use burn::tensor::{Device, Tensor};

use super::captions::{Caption, Language, tokens};
use super::dataset::Pictures;
use super::seed::Seed;

/// Wordings of each caption, half of them in either language.
const WORDINGS: usize = 8;
/// Captions that are drawn to be held against one.
const OTHERS: usize = 8;

/// Pictures of one size, and of each its caption in several wordings.
#[derive(Clone, Debug, PartialEq)]
pub struct Captioned {
    pictures: Pictures,
    captions: Vec<Caption>,
    /// The numbers of the words.
    sentences: Vec<[Vec<u16>; WORDINGS]>,
}

impl Captioned {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.captions.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.captions.is_empty()
    }

    /// Side of a picture in pixels.
    #[must_use]
    pub fn size(&self) -> usize {
        self.pictures.shape()[1]
    }

    /// The caption of a number.
    #[must_use]
    pub fn caption(&self, number: usize) -> Caption {
        self.captions[number]
    }

    /// The pictures of these numbers: `[B, 3, S, S]` in -1..1.
    #[must_use]
    pub fn at(&self, numbers: &[usize], device: &Device) -> Tensor<4> {
        self.pictures.at(numbers, device)
    }

    /// One of the wordings of a picture's caption.
    pub fn sentence(&self, number: usize, seed: &mut Seed) -> &[u16] {
        &self.sentences[number][seed.below(WORDINGS)]
    }

    /// The number of a picture whose caption is another than that of `number`, the likest of a few; that itself where all
    /// are alike. A sentence that is wrong in one or two attributes asks for a look at each of them.
    pub fn other(&self, number: usize, seed: &mut Seed) -> usize {
        let own = self.captions[number].attributes();
        let alike = |other: &usize| {
            let attributes = self.captions[*other].attributes();
            attributes
                .iter()
                .zip(own)
                .filter(|(a, b)| **a == *b)
                .count()
        };
        let found = (0..OTHERS).map(|_| seed.below(self.len()));
        let found = found.filter(|other| alike(other) < own.len());
        found.max_by_key(alike).unwrap_or(number)
    }
}

/// Draws captioned pictures, a few at a time.
#[derive(Debug)]
pub struct CaptionDrawer {
    drawn: Captioned,
    first: u32,
    count: usize,
}

impl CaptionDrawer {
    /// `count` pictures of `size` px. `first` is the number of the first: other numbers, other pictures.
    #[must_use]
    pub fn new(size: usize, count: usize, first: u32) -> Self {
        Self {
            drawn: Captioned {
                pictures: Pictures::new(3, size, 1),
                captions: Vec::new(),
                sentences: Vec::new(),
            },
            first,
            count,
        }
    }

    /// Draws at most so many more; false once there are enough.
    ///
    /// # Panics
    /// Never: what captions say is known.
    pub fn draw(&mut self, most: usize) -> bool {
        let missing = self.count - self.drawn.len();
        for _ in 0..most.min(missing) {
            let number = self.first + self.drawn.len() as u32;
            let mut seed = Seed::stream(number, 21);
            let caption = Caption::random(&mut seed);
            let picture = caption.picture(number, self.drawn.size() as u32);
            let planes = (0..3).flat_map(|c| picture.pixels().map(move |p| p.0[c]));
            self.drawn.pictures.push(&planes.collect::<Vec<_>>(), 0);
            self.drawn.captions.push(caption);
            self.drawn.sentences.push(std::array::from_fn(|i| {
                let language = [Language::English, Language::Korean][i % 2];
                let said = caption.sentence(language, &mut seed);
                tokens(&said).expect("captions are made of known words")
            }));
        }
        most < missing
    }

    /// How many are drawn, and how many there will be.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.drawn.len(), self.count)
    }

    /// All of them; draws what is missing.
    #[must_use]
    pub fn finish(mut self) -> Captioned {
        self.draw(usize::MAX);
        self.drawn
    }
}
