//! Captions: what a sentence can say of a small scene, said in English or Korean, and the scene that shows it.
//!
//! The grammar, in which every part may be left out and the order of the parts is free:
//!
//! ```text
//! sentence = [weather] [season] [hour] [what stands there]
//! weather  = clear | cloudy | rain | snow | fog       맑은 | 흐린 | 비 | 눈 | 안개
//! season   = summer | autumn | winter                 여름 | 가을 | 겨울
//! hour     = day | evening | night                    낮 | 저녁 | 밤
//! building = [red | white | blue | yellow] (house | church | tower | windmill)
//!            [빨간 | 하얀 | 파란 | 노란] (집 | 교회 | 탑 | 풍차)
//! trees    = firs | oaks | palms                      전나무 | 참나무 | 야자수
//! none     = without trees, no building, ...          나무 없이, 건물 없이, 나무도 건물도 없는 ...
//! ```
//!
//! Rain does not fall in winter, snow in winter alone, and palms stand in summer alone: 2040 captions are possible.

mod picture;
mod plain;
mod sentence;
mod words;

pub use super::scenes::{Season, Weather};
pub use sentence::Language;
pub use words::{MAX_TOKENS, Reason, Unsaid, VOCABULARY, parse, tokens};

use super::seed::Seed;

/// How many attributes a caption has: hour, season, building, its paint, trees, weather.
pub const ATTRIBUTES: usize = 6;

/// The time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hour {
    /// High sun.
    Day,
    /// A low sun and lit windows.
    Evening,
    /// Moonlight.
    Night,
}

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Building {
    /// A house with a gable roof.
    House,
    /// A church with a steeple.
    Church,
    /// A round tower with a pointed roof.
    Tower,
    /// A windmill.
    Windmill,
}

/// The colour of its walls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Red.
    Red,
    /// White.
    White,
    /// Blue.
    Blue,
    /// Yellow.
    Yellow,
}

/// The trees beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trees {
    /// None.
    None,
    /// Conical conifers.
    Firs,
    /// Round trees with leaves.
    Oaks,
    /// Palm trees.
    Palms,
}

const HOURS: [Hour; 3] = [Hour::Day, Hour::Evening, Hour::Night];
const SEASONS: [Season; 3] = [Season::Summer, Season::Autumn, Season::Winter];
const BUILDINGS: [Building; 4] = [
    Building::House,
    Building::Church,
    Building::Tower,
    Building::Windmill,
];
const PAINTS: [Paint; 4] = [Paint::Red, Paint::White, Paint::Blue, Paint::Yellow];
const TREES: [Trees; 4] = [Trees::None, Trees::Firs, Trees::Oaks, Trees::Palms];
const WEATHERS: [Weather; 5] = [
    Weather::Clear,
    Weather::Cloudy,
    Weather::Rain,
    Weather::Snow,
    Weather::Fog,
];

/// Everything that is said of one scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caption {
    /// Time of day.
    pub hour: Hour,
    /// What plants and ground show.
    pub season: Season,
    /// The building, if there is one, and the colour of its walls.
    pub building: Option<(Building, Paint)>,
    /// The trees beside it.
    pub trees: Trees,
    /// The weather.
    pub weather: Weather,
}

impl Caption {
    /// How many values each attribute has; of building and paint the first stands for none.
    pub const COUNTS: [usize; ATTRIBUTES] = [
        HOURS.len(),
        SEASONS.len(),
        1 + BUILDINGS.len(),
        1 + PAINTS.len(),
        TREES.len(),
        WEATHERS.len(),
    ];

    /// The number of each attribute's value, in the order of [`Self::COUNTS`].
    #[must_use]
    pub fn attributes(&self) -> [u8; ATTRIBUTES] {
        let (building, paint) = self
            .building
            .map_or((0, 0), |(b, p)| (1 + b as u8, 1 + p as u8));
        [
            self.hour as u8,
            self.season as u8,
            building,
            paint,
            self.trees as u8,
            self.weather as u8,
        ]
    }

    /// The caption of such numbers; none where a number is too large, there is paint and no building or a building
    /// without paint, or the caption is not possible.
    #[must_use]
    pub fn from_attributes(numbers: [u8; ATTRIBUTES]) -> Option<Self> {
        let [hour, season, building, paint, trees, weather] = numbers.map(usize::from);
        let building = match (building, paint) {
            (0, 0) => None,
            (0, _) | (_, 0) => return None,
            (b, p) => Some((*BUILDINGS.get(b - 1)?, *PAINTS.get(p - 1)?)),
        };
        let caption = Self {
            hour: *HOURS.get(hour)?,
            season: *SEASONS.get(season)?,
            building,
            trees: *TREES.get(trees)?,
            weather: *WEATHERS.get(weather)?,
        };
        caption.possible().then_some(caption)
    }

    /// Whether such a place can be: palms stand in summer, snow falls in winter and rain at other times.
    #[must_use]
    pub fn possible(&self) -> bool {
        let winter = self.season == Season::Winter;
        let falls = match self.weather {
            Weather::Rain => !winter,
            Weather::Snow => winter,
            _ => true,
        };
        falls && (self.trees != Trees::Palms || self.season == Season::Summer)
    }

    /// A possible caption. Each hour, season, tree and weather that is possible beside the others is as likely, and one
    /// place in six has no building.
    pub fn random(seed: &mut Seed) -> Self {
        Open::default().caption(seed).expect("everything is open")
    }

    /// All possible captions, in the order of their numbers.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        let mut numbers = [0_u8; ATTRIBUTES];
        loop {
            all.extend(Self::from_attributes(numbers));
            let Some(at) = (0..ATTRIBUTES)
                .rev()
                .find(|i| usize::from(numbers[*i]) + 1 < Self::COUNTS[*i])
            else {
                return all;
            };
            numbers[at] += 1;
            numbers[at + 1..].fill(0);
        }
    }
}

/// A caption of which some attributes may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open(
    /// The numbers that are known, as in [`Caption::attributes`].
    pub [Option<u8>; ATTRIBUTES],
);

impl From<Caption> for Open {
    fn from(caption: Caption) -> Self {
        Self(caption.attributes().map(Some))
    }
}

impl Open {
    /// A caption in which everything that is open is drawn at random; none if no caption has what is known.
    pub fn caption(&self, seed: &mut Seed) -> Option<Caption> {
        // Each try hits with a chance of 1 in 60 or more, so that 2000 miss with one of 10^-15.
        (0..2000).find_map(|_| {
            let mut numbers: [u8; ATTRIBUTES] =
                std::array::from_fn(|i| seed.below(Caption::COUNTS[i]) as u8);
            // Building and paint are there together: what is open follows what is known.
            let [_, _, building, paint, ..] = self.0;
            let empty = match (building, paint) {
                (Some(b), _) => b == 0,
                (None, Some(p)) => p == 0,
                (None, None) => seed.chance(1.0 / 6.0),
            };
            for (at, count) in [(2, BUILDINGS.len()), (3, PAINTS.len())] {
                numbers[at] = if empty {
                    0
                } else {
                    1 + seed.below(count) as u8
                };
            }
            for (number, known) in numbers.iter_mut().zip(self.0) {
                *number = known.unwrap_or(*number);
            }
            Caption::from_attributes(numbers)
        })
    }

    /// Whether some caption has what is known.
    #[must_use]
    pub fn possible(&self) -> bool {
        self.caption(&mut Seed::new(0)).is_some()
    }
}

#[cfg(test)]
mod tests;
