//! Captions as sentences, in several wordings.

use super::{Building, Caption, Hour, Paint, Season, Trees, Weather};
use crate::data::seed::Seed;

/// The languages of captions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Korean.
    Korean,
}

fn one<'a>(of: &[&'a str], seed: &mut Seed) -> &'a str {
    of[seed.below(of.len())]
}

impl Caption {
    /// One of several wordings of everything that the caption says.
    pub fn sentence(&self, language: Language, seed: &mut Seed) -> String {
        match language {
            Language::English => english(self, seed),
            Language::Korean => korean(self, seed),
        }
    }
}

fn english(caption: &Caption, seed: &mut Seed) -> String {
    let season = match caption.season {
        Season::Summer => "summer",
        Season::Autumn => "autumn",
        Season::Winter => "winter",
    };
    let hour = match caption.hour {
        Hour::Day => "day",
        Hour::Evening => "evening",
        Hour::Night => "night",
    };
    let there = english_place(caption, seed);
    let first = match caption.weather {
        Weather::Clear => "clear",
        Weather::Cloudy => "cloudy",
        Weather::Rain => "rainy",
        Weather::Snow => "snowy",
        Weather::Fog => "foggy",
    };
    let last = match caption.weather {
        Weather::Clear => "under a clear sky",
        Weather::Cloudy => one(&["under clouds", "under a cloudy sky"], seed),
        Weather::Rain => one(&["in the rain", "while it rains"], seed),
        Weather::Snow => one(&["in falling snow", "while it snows"], seed),
        Weather::Fog => one(&["in fog", "in the mist"], seed),
    };
    let article = if season == "autumn" { "an" } else { "a" };
    let text = match seed.below(4) {
        0 => format!("{there} on a {first} {season} {hour}"),
        1 => format!("on a {first} {season} {hour}, {there}"),
        2 => format!("{there} on {article} {season} {hour}, {last}"),
        _ => {
            let at = match caption.hour {
                Hour::Day => "by day",
                Hour::Evening => "in the evening",
                Hour::Night => "at night",
            };
            format!("{there} in {season}, {at}, {last}")
        }
    };
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What stands there.
fn english_place(caption: &Caption, seed: &mut Seed) -> String {
    let trees = match caption.trees {
        Trees::None => None,
        Trees::Firs => Some(one(&["firs", "fir trees"], seed)),
        Trees::Oaks => Some(one(&["oaks", "oak trees"], seed)),
        Trees::Palms => Some(one(&["palms", "palm trees"], seed)),
    };
    let building = caption.building.map(|(building, paint)| {
        let paint = match paint {
            Paint::Red => "red",
            Paint::White => "white",
            Paint::Blue => "blue",
            Paint::Yellow => "yellow",
        };
        let building = match building {
            Building::House => "house",
            Building::Church => "church",
            Building::Tower => "tower",
            Building::Windmill => one(&["windmill", "mill"], seed),
        };
        format!("a {paint} {building}")
    });
    match (building, trees) {
        (Some(building), Some(trees)) => match seed.below(4) {
            0 => format!("{building} beside {trees}"),
            1 => format!("{building} and {trees}"),
            2 => format!("{trees} around {building}"),
            _ => format!("{building} among {trees}"),
        },
        (Some(building), None) => {
            let none = one(&["without trees", "with no trees around it"], seed);
            format!("{building} {none}")
        }
        (None, Some(trees)) => {
            let none = one(&["without a building", "and no building"], seed);
            format!("{trees} {none}")
        }
        (None, None) => one(
            &[
                "a meadow without trees or buildings",
                "open land, no building, no trees",
            ],
            seed,
        )
        .to_owned(),
    }
}

fn korean(caption: &Caption, seed: &mut Seed) -> String {
    let season = match caption.season {
        Season::Summer => "여름",
        Season::Autumn => "가을",
        Season::Winter => "겨울",
    };
    let hour = match caption.hour {
        Hour::Day => "낮",
        Hour::Evening => "저녁",
        Hour::Night => "밤",
    };
    // "가을밤" is one word; "가을 저녁" is two.
    let when = if caption.hour == Hour::Night {
        format!("{season}{hour}")
    } else {
        format!("{season} {hour}")
    };
    let weather = match caption.weather {
        Weather::Clear => one(&["맑은", "하늘이 맑은"], seed),
        Weather::Cloudy => one(&["흐린", "구름 낀"], seed),
        Weather::Rain => one(&["비 오는", "비가 내리는"], seed),
        Weather::Snow => one(&["눈 오는", "눈이 내리는"], seed),
        Weather::Fog => one(&["안개 낀", "안개가 자욱한"], seed),
    };
    let there = korean_place(caption, seed);
    match seed.below(3) {
        0 => format!("{weather} {when}, {there}"),
        1 => format!("{weather} {when}의 {there}"),
        _ => format!("{there}, {weather} {when}"),
    }
}

/// What stands there, as a noun.
fn korean_place(caption: &Caption, seed: &mut Seed) -> String {
    let trees = match caption.trees {
        Trees::None => None,
        Trees::Firs => Some("전나무"),
        Trees::Oaks => Some("참나무"),
        Trees::Palms => Some("야자수"),
    };
    let building = caption.building.map(|(building, paint)| {
        let paint = match paint {
            Paint::Red => one(&["빨간", "붉은"], seed),
            Paint::White => one(&["하얀", "흰"], seed),
            Paint::Blue => one(&["파란", "푸른"], seed),
            Paint::Yellow => "노란",
        };
        let (building, and) = match building {
            Building::House => ("집", "과"),
            Building::Church => ("교회", "와"),
            Building::Tower => ("탑", "과"),
            Building::Windmill => ("풍차", "와"),
        };
        (format!("{paint} {building}"), and)
    });
    match (building, trees) {
        (Some((building, and)), Some(trees)) => match seed.below(4) {
            0 => format!("{trees} 옆의 {building}"),
            1 => format!("{building}{and} {trees}"),
            2 => format!("{trees}에 둘러싸인 {building}"),
            _ => format!("{building}{and} {trees}가 있는 풍경"),
        },
        (Some((building, _)), None) => match seed.below(2) {
            0 => format!("나무 없이 서 있는 {building}"),
            _ => format!("나무가 없는 들판의 {building}"),
        },
        (None, Some(trees)) => match seed.below(2) {
            0 => format!("건물 없이 {trees}만 있는 풍경"),
            _ => format!("건물이 없는 들판의 {trees}"),
        },
        (None, None) => one(
            &["나무도 건물도 없는 들판", "건물도 나무도 없는 풍경"],
            seed,
        )
        .to_owned(),
    }
}
