//! What is known of a caption in one plain wording, whatever is open.

use super::sentence::Language;
use super::{ATTRIBUTES, Open};

const ENGLISH: [&[&str]; ATTRIBUTES] = [
    &["day", "evening", "night"],
    &["summer", "autumn", "winter"],
    &["", "house", "church", "tower", "windmill"],
    &["", "red", "white", "blue", "yellow"],
    &["", "firs", "oaks", "palms"],
    &["clear", "cloudy", "rainy", "snowy", "foggy"],
];

const KOREAN: [&[&str]; ATTRIBUTES] = [
    &["낮", "저녁", "밤"],
    &["여름", "가을", "겨울"],
    &["", "집", "교회", "탑", "풍차"],
    &["", "빨간", "하얀", "파란", "노란"],
    &["", "전나무", "참나무", "야자수"],
    &["맑은", "흐린", "비 오는", "눈 오는", "안개 낀"],
];

impl Open {
    /// A sentence that says what is known and no more; empty if nothing is.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        let words = match language {
            Language::English => ENGLISH,
            Language::Korean => KOREAN,
        };
        let word = |at: usize| {
            let number = usize::from(self.0[at]?);
            words[at].get(number).copied()
        };
        let [hour, season, building, paint, trees, weather] = std::array::from_fn(word);
        let thing = match (building, paint) {
            (Some(""), _) | (_, Some("")) => Some(String::new()),
            (None, None) => None,
            (building, paint) => Some(match (language, building, paint) {
                (_, Some(building), Some(paint)) => format!("{paint} {building}"),
                (_, Some(building), None) => building.to_owned(),
                (Language::English, None, paint) => {
                    format!("{} building", paint.unwrap_or_default())
                }
                (Language::Korean, None, paint) => format!("{} 건물", paint.unwrap_or_default()),
            }),
        };
        match language {
            Language::English => joined([
                english_place(thing.as_deref(), trees),
                english_time(hour, season, weather),
            ]),
            Language::Korean => {
                // "겨울밤" is one word; "겨울 낮" is two.
                let season = season.map_or(String::new(), |season| match hour {
                    Some("밤") => season.to_owned(),
                    _ => format!("{season} "),
                });
                let time = [
                    weather.unwrap_or_default(),
                    " ",
                    &season,
                    hour.unwrap_or_default(),
                ];
                let time = match (season.as_str(), hour, weather) {
                    ("", None, Some(weather)) => format!("{weather} 날"),
                    _ => time.concat().trim().to_owned(),
                };
                joined([time, korean_place(thing.as_deref(), trees)])
            }
        }
    }
}

fn joined(parts: [String; 2]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(", ")
}

fn english_place(thing: Option<&str>, trees: Option<&str>) -> String {
    match (thing, trees) {
        (None, None) => String::new(),
        (None, Some("")) => "a place without trees".into(),
        (None, Some(trees)) => trees.into(),
        (Some(""), None) => "a place without buildings".into(),
        (Some(""), Some("")) => "a meadow without trees or buildings".into(),
        (Some(""), Some(trees)) => format!("{trees} without a building"),
        (Some(thing), None) => format!("a {thing}"),
        (Some(thing), Some("")) => format!("a {thing} without trees"),
        (Some(thing), Some(trees)) => format!("a {thing} beside {trees}"),
    }
}

fn english_time(hour: Option<&str>, season: Option<&str>, weather: Option<&str>) -> String {
    let words: Vec<&str> = [weather, season, hour].into_iter().flatten().collect();
    match (hour, season, weather) {
        (Some(_), ..) => {
            let article = if words[0].starts_with(['a', 'e']) {
                "an"
            } else {
                "a"
            };
            format!("on {article} {}", words.join(" "))
        }
        (None, Some(season), None) => format!("in {season}"),
        (None, Some(season), Some(weather)) => format!("in {season}, in {weather} weather"),
        (None, None, Some(weather)) => format!("in {weather} weather"),
        (None, None, None) => String::new(),
    }
}

fn korean_place(thing: Option<&str>, trees: Option<&str>) -> String {
    match (thing, trees) {
        (None, None) => String::new(),
        (None, Some("")) => "나무 없는 곳".into(),
        (None, Some(trees)) => trees.into(),
        (Some(""), None) => "건물 없는 곳".into(),
        (Some(""), Some("")) => "나무도 건물도 없는 들판".into(),
        (Some(""), Some(trees)) => format!("건물 없이 {trees}만 있는 풍경"),
        (Some(thing), None) => thing.into(),
        (Some(thing), Some("")) => format!("나무 없이 서 있는 {thing}"),
        (Some(thing), Some(trees)) => format!("{trees} 옆의 {thing}"),
    }
}
