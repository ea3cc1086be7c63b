//! The words that captions are made of, and what they mean.

use super::sentence::Language::{self, English, Korean};
use super::{ATTRIBUTES, Open};

/// Words that count in one sentence, at most.
pub const MAX_TOKENS: usize = 16;

/// How many numbers words can have; 0 is none's and fills up what is shorter.
pub const VOCABULARY: usize = 1 + WORDS.len();

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// An attribute, by number, has a value.
    Value(usize, u8),
    /// Some building, or some trees: only with a negation they say something.
    Some(usize),
    /// There is none of what follows (English) or of what went before (Korean).
    None,
}

const HOUR: usize = 0;
const SEASON: usize = 1;
const BUILDING: usize = 2;
const PAINT: usize = 3;
const TREES: usize = 4;
const WEATHER: usize = 5;

/// One word: its first form is the one to suggest, all share a number.
struct Word(Language, Means, &'static [&'static str]);

use Means::Value;

const WORDS: [Word; 50] = [
    Word(
        English,
        Value(HOUR, 0),
        &["day", "daytime", "noon", "midday", "daylight", "morning"],
    ),
    Word(
        English,
        Value(HOUR, 1),
        &["evening", "dusk", "sunset", "twilight"],
    ),
    Word(
        English,
        Value(HOUR, 2),
        &["night", "midnight", "moonlight", "dark"],
    ),
    Word(English, Value(SEASON, 0), &["summer"]),
    Word(English, Value(SEASON, 1), &["autumn", "fall"]),
    Word(English, Value(SEASON, 2), &["winter"]),
    Word(
        English,
        Value(BUILDING, 1),
        &["house", "houses", "home", "cottage"],
    ),
    Word(English, Value(BUILDING, 2), &["church", "chapel"]),
    Word(English, Value(BUILDING, 3), &["tower"]),
    Word(English, Value(BUILDING, 4), &["windmill", "mill"]),
    Word(English, Value(PAINT, 1), &["red"]),
    Word(English, Value(PAINT, 2), &["white"]),
    Word(English, Value(PAINT, 3), &["blue"]),
    Word(English, Value(PAINT, 4), &["yellow"]),
    Word(
        English,
        Value(TREES, 1),
        &["firs", "fir", "pine", "pines", "conifers", "spruces"],
    ),
    Word(
        English,
        Value(TREES, 2),
        &["oaks", "oak", "broadleaf", "leafy"],
    ),
    Word(English, Value(TREES, 3), &["palms", "palm"]),
    Word(
        English,
        Value(WEATHER, 0),
        &["clear", "sunny", "bright", "cloudless"],
    ),
    Word(
        English,
        Value(WEATHER, 1),
        &["cloudy", "clouds", "cloud", "overcast"],
    ),
    Word(
        English,
        Value(WEATHER, 2),
        &["rain", "rainy", "rains", "raining"],
    ),
    Word(
        English,
        Value(WEATHER, 3),
        &["snow", "snowy", "snows", "snowing", "snowfall"],
    ),
    Word(
        English,
        Value(WEATHER, 4),
        &["fog", "foggy", "mist", "misty"],
    ),
    Word(English, Means::Some(BUILDING), &["building", "buildings"]),
    Word(English, Means::Some(TREES), &["trees", "tree"]),
    Word(English, Means::None, &["without", "no", "nor", "neither"]),
    Word(
        Korean,
        Value(HOUR, 0),
        &["낮", "한낮", "대낮", "정오", "아침"],
    ),
    Word(
        Korean,
        Value(HOUR, 1),
        &["저녁", "해질녘", "노을", "황혼", "석양"],
    ),
    Word(Korean, Value(HOUR, 2), &["밤", "한밤", "밤중", "달밤"]),
    Word(Korean, Value(SEASON, 0), &["여름", "한여름"]),
    Word(Korean, Value(SEASON, 1), &["가을"]),
    Word(Korean, Value(SEASON, 2), &["겨울", "한겨울"]),
    Word(Korean, Value(BUILDING, 1), &["집", "주택"]),
    Word(Korean, Value(BUILDING, 2), &["교회", "예배당", "성당"]),
    Word(Korean, Value(BUILDING, 3), &["탑", "타워"]),
    Word(Korean, Value(BUILDING, 4), &["풍차"]),
    Word(Korean, Value(PAINT, 1), &["빨간", "붉은", "빨강", "빨간색"]),
    Word(
        Korean,
        Value(PAINT, 2),
        &["하얀", "흰", "하양", "하얀색", "흰색"],
    ),
    Word(Korean, Value(PAINT, 3), &["파란", "푸른", "파랑", "파란색"]),
    Word(Korean, Value(PAINT, 4), &["노란", "노랑", "노란색"]),
    Word(Korean, Value(TREES, 1), &["전나무", "소나무", "침엽수"]),
    Word(Korean, Value(TREES, 2), &["참나무", "떡갈나무", "활엽수"]),
    Word(Korean, Value(TREES, 3), &["야자수", "야자나무", "야자"]),
    Word(
        Korean,
        Value(WEATHER, 0),
        &["맑은", "맑고", "화창한", "맑음"],
    ),
    Word(
        Korean,
        Value(WEATHER, 1),
        &["흐린", "구름", "흐리고", "흐림"],
    ),
    Word(Korean, Value(WEATHER, 2), &["비", "빗속"]),
    Word(Korean, Value(WEATHER, 3), &["눈", "눈발", "함박눈"]),
    Word(Korean, Value(WEATHER, 4), &["안개"]),
    Word(Korean, Means::Some(BUILDING), &["건물"]),
    Word(Korean, Means::Some(TREES), &["나무"]),
    Word(Korean, Means::None, &["없이", "없는", "없다", "없고"]),
];

/// Words that only hold a sentence together.
const FILLING: &[&str] = &[
    "a",
    "an",
    "the",
    "and",
    "or",
    "with",
    "in",
    "on",
    "at",
    "by",
    "of",
    "under",
    "beside",
    "around",
    "among",
    "near",
    "it",
    "is",
    "are",
    "there",
    "while",
    "falling",
    "sky",
    "land",
    "open",
    "meadow",
    "field",
    "any",
    "only",
    "next",
    "to",
    "between",
    "behind",
    "scene",
    "picture",
    "some",
    "time",
    "옆",
    "곁",
    "가",
    "둘러싸인",
    "있는",
    "있다",
    "서",
    "있고",
    "풍경",
    "들판",
    "하늘",
    "오는",
    "오고",
    "내리는",
    "내리고",
    "낀",
    "자욱한",
    "사이",
    "앞",
    "뒤",
    "그림",
    "그리고",
    "곳",
    "weather",
    "place",
    "온다",
    "내린다",
    "있어요",
    "꼈다",
    "한",
    "채",
    "날",
    "날씨",
    "속",
    "덮인",
    "아래",
    "색",
];

/// Endings that a Korean noun may have, longest first.
const PARTICLES: &[&str] = &[
    "에서는",
    "에는",
    "에서",
    "으로",
    "이랑",
    "이다",
    "들",
    "과",
    "와",
    "이",
    "가",
    "은",
    "는",
    "을",
    "를",
    "의",
    "에",
    "만",
    "도",
    "로",
    "랑",
];

/// Things that are often asked for and cannot be said, and what comes nearest.
const NEAREST: &[(&str, &[&str])] = &[
    ("castle", &["tower", "church", "house"]),
    ("lighthouse", &["tower", "windmill"]),
    ("cabin", &["house"]),
    ("hut", &["house"]),
    ("barn", &["house", "windmill"]),
    ("temple", &["church", "tower"]),
    ("village", &["house", "church"]),
    ("city", &["tower", "house"]),
    ("green", &["blue", "yellow"]),
    ("orange", &["red", "yellow"]),
    ("brown", &["red", "yellow"]),
    ("pink", &["red", "white"]),
    ("purple", &["blue", "red"]),
    ("black", &["blue", "night"]),
    ("grey", &["white", "cloudy"]),
    ("spring", &["summer"]),
    ("storm", &["rain", "cloudy"]),
    ("sun", &["clear", "day"]),
    ("moon", &["night"]),
    ("forest", &["firs", "oaks"]),
    ("maple", &["oaks", "autumn"]),
    ("beach", &["palms", "summer"]),
    ("성", &["탑", "교회", "집"]),
    ("등대", &["탑", "풍차"]),
    ("오두막", &["집"]),
    ("절", &["교회", "탑"]),
    ("아파트", &["집", "탑"]),
    ("마을", &["집", "교회"]),
    ("초록", &["파란", "노란"]),
    ("초록색", &["파란", "노란"]),
    ("주황", &["빨간", "노란"]),
    ("분홍", &["빨간", "하얀"]),
    ("보라", &["파란", "빨간"]),
    ("검은", &["파란", "밤"]),
    ("봄", &["여름"]),
    ("새벽", &["저녁", "밤"]),
    ("태풍", &["비", "흐린"]),
    ("해", &["맑은", "낮"]),
    ("달", &["밤"]),
    ("숲", &["전나무", "참나무"]),
    ("단풍", &["가을", "참나무"]),
    ("바다", &["야자수", "여름"]),
];

/// How many suggestions are made at most.
const SUGGESTIONS: usize = 4;

/// Why something cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A word is not known.
    Unknown,
    /// A word contradicts one before it.
    Contradiction,
    /// No place is like that, such as palms in winter.
    Impossible,
    /// More than [`MAX_TOKENS`] words.
    Long,
    /// It says nothing.
    Empty,
}

/// What cannot be said, and what can be said in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaid {
    /// Why.
    pub reason: Reason,
    /// The word, as it was written; empty where it is none.
    pub word: String,
    /// Words that can be said, nearest first.
    pub nearest: Vec<&'static str>,
}

/// A word that was found: its place in [`WORDS`], how it was written, whether it ended with "도".
struct Found {
    word: usize,
    written: String,
    also: bool,
}

/// The numbers of the words of a sentence, each in `1..VOCABULARY`; words that only hold it together have none.
///
/// # Errors
/// The first word that is not known, too many words, or none.
pub fn tokens(text: &str) -> Result<Vec<u16>, Unsaid> {
    Ok(found(text)?.iter().map(|f| 1 + f.word as u16).collect())
}

/// What a sentence says; what it does not mention is open.
///
/// # Errors
/// Those of [`tokens`], a contradiction, or something that is not possible.
pub fn parse(text: &str) -> Result<Open, Unsaid> {
    let found = found(text)?;
    let mut said: [Option<(u8, usize)>; ATTRIBUTES] = [None; ATTRIBUTES];
    let gone = negated(&found, text);
    let mut say = |attribute: usize, value: u8, at: usize| {
        let Found { word, written, .. } = &found[at];
        match said[attribute].replace((value, at)) {
            Some((before, by)) if before != value => Err(Unsaid {
                reason: Reason::Contradiction,
                word: written.clone(),
                nearest: vec![WORDS[found[by].word].2[0], WORDS[*word].2[0]],
            }),
            _ => Ok(()),
        }
    };
    for (at, f) in found.iter().enumerate() {
        match (WORDS[f.word].1, gone[at]) {
            (Value(attribute, value), false) => say(attribute, value, at)?,
            (Value(BUILDING | PAINT, _) | Means::Some(BUILDING), true) => {
                say(BUILDING, 0, at)?;
                say(PAINT, 0, at)?;
            }
            (Value(TREES, _) | Means::Some(TREES), true) => say(TREES, 0, at)?,
            _ => {}
        }
    }
    let open = Open(said.map(|s| s.map(|(value, _)| value)));
    if open.possible() {
        return Ok(open);
    }
    // The last word without which it were possible.
    let last = |at: usize| {
        let mut without = open;
        for (known, s) in without.0.iter_mut().zip(said) {
            if s.is_some_and(|(_, by)| by == at) {
                *known = None;
            }
        }
        without.possible().then_some((at, without))
    };
    let (at, without) = (0..found.len())
        .rev()
        .find_map(last)
        .unwrap_or((found.len() - 1, Open::default()));
    Err(Unsaid {
        reason: Reason::Impossible,
        word: found[at].written.clone(),
        nearest: instead(found[at].word, without),
    })
}

/// Words of the same kind as `word` that are possible beside what else is known.
fn instead(word: usize, without: Open) -> Vec<&'static str> {
    let Word(language, Value(attribute, _), _) = WORDS[word] else {
        return Vec::new();
    };
    let fits = |w: &Word| match w.1 {
        Value(a, value) if a == attribute && w.0 == language => {
            let mut with = without;
            with.0[a] = Some(value);
            with.possible().then_some(w.2[0])
        }
        _ => None,
    };
    WORDS.iter().filter_map(fits).collect()
}

/// Which of the words are negated: in English those from the negation to the next that is not joined by "or" or "nor",
/// in Korean the one before it, and those before that which end with "도".
fn negated(found: &[Found], text: &str) -> Vec<bool> {
    let mut gone = vec![false; found.len()];
    let nouns = |f: &Found| {
        matches!(
            WORDS[f.word].1,
            Value(BUILDING | PAINT | TREES, _) | Means::Some(_)
        )
    };
    let joined = split(text).any(|w| matches!(w.as_str(), "or" | "nor" | "neither"));
    for (at, f) in found.iter().enumerate() {
        match WORDS[f.word] {
            Word(English, Means::None, _) => {
                let following = found.iter().enumerate().skip(at + 1);
                for (i, _) in following.take_while(|(_, f)| nouns(f)) {
                    // A whole noun phrase: colour, kind, and "trees" after "fir".
                    let ends = i > at + 1 && !phrase(&found[i - 1], &found[i]);
                    if ends && !joined {
                        break;
                    }
                    gone[i] = true;
                }
            }
            Word(Korean, Means::None, _) => {
                let before = found.iter().enumerate().take(at).rev();
                for (i, f) in before.take_while(|(_, f)| nouns(f)) {
                    if i + 1 < at && !f.also && !phrase(f, &found[i + 1]) {
                        break;
                    }
                    gone[i] = true;
                }
            }
            _ => {}
        }
    }
    gone
}

/// Whether two words belong to one thing: a colour and its building, a kind of tree and "trees".
fn phrase(first: &Found, second: &Found) -> bool {
    matches!(
        (WORDS[first.word].1, WORDS[second.word].1),
        (Value(PAINT, _), Value(BUILDING, _) | Means::Some(BUILDING))
            | (Value(TREES, _), Means::Some(TREES))
    )
}

/// Lower case words without punctuation.
fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

fn found(text: &str) -> Result<Vec<Found>, Unsaid> {
    let unsaid = |reason, word: &str| Unsaid {
        reason,
        word: word.to_owned(),
        nearest: nearest(word),
    };
    let mut all = Vec::new();
    for word in split(text) {
        all.extend(look_up(&word).ok_or_else(|| unsaid(Reason::Unknown, &word))?);
    }
    match all.len() {
        0 => Err(unsaid(Reason::Empty, "")),
        1..=MAX_TOKENS => Ok(all),
        _ => Err(unsaid(Reason::Long, &all[MAX_TOKENS].written)),
    }
}

/// The words that one written word is made of: itself, a noun and its particles, or two that are written together.
fn look_up(written: &str) -> Option<Vec<Found>> {
    if let Some(one) = look_up_one(written) {
        return Some(one);
    }
    // "겨울밤" is two words.
    let places = written
        .char_indices()
        .skip(1)
        .filter(|(_, c)| *c as u32 >= HANGUL);
    places.into_iter().find_map(|(at, _)| {
        let (first, second) = written.split_at(at);
        let mut both = look_up_one(first)?;
        both.extend(look_up_one(second)?);
        Some(both)
    })
}

fn look_up_one(written: &str) -> Option<Vec<Found>> {
    let mut stem = written;
    let mut also = false;
    loop {
        if let Some(word) = WORDS.iter().position(|w| w.2.contains(&stem)) {
            let written = written.to_owned();
            return Some(vec![Found {
                word,
                written,
                also,
            }]);
        }
        if FILLING.contains(&stem) {
            return Some(Vec::new());
        }
        let ends = PARTICLES
            .iter()
            .find(|p| stem.len() > p.len() && stem.ends_with(*p))?;
        also |= *ends == "도";
        stem = &stem[..stem.len() - ends.len()];
    }
}

/// The first Hangul syllable.
const HANGUL: u32 = 0xAC00;

/// Letters, with Hangul syllables taken apart into what is typed.
fn letters(word: &str) -> Vec<u32> {
    let mut all = Vec::new();
    for c in word.chars().map(u32::from) {
        match c.checked_sub(HANGUL) {
            Some(syllable) if syllable < 11_172 => {
                all.extend([syllable / 588, 100 + syllable / 28 % 21]);
                if syllable % 28 > 0 {
                    all.push(200 + syllable % 28);
                }
            }
            _ => all.push(c),
        }
    }
    all
}

/// Levenshtein's distance.
fn distance(a: &[u32], b: &[u32]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let kept = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = kept.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// What can be said in the place of a word, nearest first: what is near in meaning where that is known, otherwise in
/// spelling. Of nothing, one word of each kind.
fn nearest(word: &str) -> Vec<&'static str> {
    let korean = word.chars().any(|c| c as u32 >= HANGUL);
    let own = |w: &&Word| (w.0 == Korean) == korean && matches!(w.1, Value(..));
    let stem = |known: &str| {
        let rest = word.strip_prefix(known);
        rest.is_some_and(|r| r.is_empty() || r == "s" || PARTICLES.contains(&r))
    };
    if let Some((_, near)) = NEAREST.iter().find(|(known, _)| stem(known)) {
        return near.to_vec();
    }
    let typed = letters(word);
    let mut all: Vec<(usize, &str)> = WORDS
        .iter()
        .filter(own)
        .map(|w| {
            let apart = w.2.iter().map(|form| distance(&typed, &letters(form)));
            (apart.min().unwrap_or(usize::MAX), w.2[0])
        })
        .collect();
    all.sort_by_key(|(apart, _)| *apart);
    all.into_iter()
        .map(|(_, word)| word)
        .take(SUGGESTIONS)
        .collect()
}
