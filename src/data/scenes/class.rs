//! What each pixel of a scene shows, taken from the calls that paint it.

use image::{GrayImage, Luma, Rgb, RgbImage};

/// What a pixel shows. The numbers are those of a label map and go from 0 without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// Clear sky, with the sun, the moon and the stars; between the trees of a forest, the light behind them.
    Sky,
    /// A cloud that covers more than half of the sky behind it.
    Cloud,
    /// Bare rock: mountains, cliffs, mesas.
    Rock,
    /// Snow that belongs to the place; not what [`in_winter`](super::Scene::in_winter) adds.
    Snow,
    /// Meadows, fields, moss and fallen leaves.
    Ground,
    /// Beaches, banks and dunes.
    Sand,
    /// Roads and paths.
    Path,
    /// Lake and sea.
    Water,
    /// Trees, and the woods on far hills.
    Tree,
    /// Shrubs and ferns.
    Shrub,
    /// Walls of buildings, towers.
    Wall,
    /// Roofs, chimneys, spires.
    Roof,
    /// Windows, doors, the lamp of a lighthouse.
    Window,
    /// Camels, boats, jetties.
    Figure,
}

/// How many classes there are.
const COUNT: usize = Class::ALL.len();

impl Class {
    /// All classes; each stands at its number.
    pub const ALL: [Self; 14] = [
        Self::Sky,
        Self::Cloud,
        Self::Rock,
        Self::Snow,
        Self::Ground,
        Self::Sand,
        Self::Path,
        Self::Water,
        Self::Tree,
        Self::Shrub,
        Self::Wall,
        Self::Roof,
        Self::Window,
        Self::Figure,
    ];

    /// Its English name in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sky => "sky",
            Self::Cloud => "cloud",
            Self::Rock => "rock",
            Self::Snow => "snow",
            Self::Ground => "ground",
            Self::Sand => "sand",
            Self::Path => "path",
            Self::Water => "water",
            Self::Tree => "tree",
            Self::Shrub => "shrub",
            Self::Wall => "wall",
            Self::Roof => "roof",
            Self::Window => "window",
            Self::Figure => "figure",
        }
    }

    /// The sRGB colour of its areas in a label picture. Any two differ by 60 or more in one channel.
    #[must_use]
    pub fn colour(self) -> [u8; 3] {
        match self {
            Self::Sky => [110, 180, 240],
            Self::Cloud => [190, 220, 245],
            Self::Rock => [130, 120, 120],
            Self::Snow => [250, 250, 255],
            Self::Ground => [140, 190, 80],
            Self::Sand => [235, 205, 130],
            Self::Path => [170, 120, 50],
            Self::Water => [30, 90, 170],
            Self::Tree => [20, 90, 50],
            Self::Shrub => [60, 150, 40],
            Self::Wall => [220, 120, 110],
            Self::Roof => [160, 40, 40],
            Self::Window => [250, 230, 30],
            Self::Figure => [150, 50, 180],
        }
    }
}

/// Draws a label map with the colours of its classes; numbers that are no class are black.
#[must_use]
pub fn picture(labels: &GrayImage) -> RgbImage {
    let colour = |number: u8| {
        Class::ALL
            .get(usize::from(number))
            .map_or([0; 3], |c| c.colour())
    };
    let mut picture = RgbImage::new(labels.width(), labels.height());
    for (pixel, Luma([number])) in picture.pixels_mut().zip(labels.pixels()) {
        *pixel = Rgb(colour(*number));
    }
    picture
}

/// For every pixel, which part of its colour comes from each class; the parts add up to 1.
///
/// They are laid down by the same calls, with the same coverage, as the colours of a
/// [`Canvas`](super::canvas::Canvas), so that they hold at anti-aliased edges, too. [`Parts::default`] keeps nothing and
/// costs nothing: a photo is drawn with it.
#[derive(Default)]
pub struct Parts {
    pixels: Vec<[f32; COUNT]>,
}

impl Parts {
    /// `count` pixels of clear sky.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let mut sky = [0.0; COUNT];
        sky[Class::Sky as usize] = 1.0;
        Self {
            pixels: vec![sky; count],
        }
    }

    /// Lays `class` over a pixel with opacity `alpha`, 0 to 1.
    pub fn over(&mut self, at: usize, class: Class, alpha: f32) {
        if let Some(parts) = self.pixels.get_mut(at) {
            for part in parts.iter_mut() {
                *part *= 1.0 - alpha;
            }
            parts[class as usize] += alpha;
        }
    }

    /// Gives `class` the part `cover` of a pixel, out of what is still sky or cloud.
    pub fn before_sky(&mut self, at: usize, class: Class, cover: f32) {
        let Some(parts) = self.pixels.get_mut(at) else {
            return;
        };
        let free = parts[Class::Sky as usize] + parts[Class::Cloud as usize];
        let taken = cover.min(free);
        if taken > 0.0 {
            for sky in [Class::Sky, Class::Cloud] {
                parts[sky as usize] *= 1.0 - taken / free;
            }
            parts[class as usize] += taken;
        }
    }

    /// The number of the class with the largest part of each pixel, the first of equals.
    #[must_use]
    pub fn largest(&self) -> Vec<u8> {
        let largest = |parts: &[f32; COUNT]| {
            (1..COUNT).fold(0, |best, class| {
                if parts[class] > parts[best] {
                    class
                } else {
                    best
                }
            }) as u8
        };
        self.pixels.iter().map(largest).collect()
    }
}
