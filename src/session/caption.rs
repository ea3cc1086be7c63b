//! Captions as the page asks for them.

use crate::data::captions::{ATTRIBUTES, Caption, Language, Open, Reason, Unsaid, parse};
use crate::data::seed::Seed;
use crate::protocol::{CaptionAsked, CaptionSaid};

/// What a text says, or a text that says it. See [`CaptionAsked`].
#[must_use]
pub fn caption(asked: &CaptionAsked) -> CaptionSaid {
    let language = if asked.korean {
        Language::Korean
    } else {
        Language::English
    };
    let given = asked
        .values
        .as_ref()
        .map(|values| Open(std::array::from_fn(|at| values.get(at).copied().flatten())));
    let found = match (given, asked.seed) {
        (given, Some(seed)) => {
            let caption = given.unwrap_or_default().caption(&mut Seed::new(seed));
            caption.map(Open::from).ok_or_else(impossible)
        }
        (Some(open), None) => Some(open).filter(Open::possible).ok_or_else(impossible),
        (None, None) => parse(&asked.text),
    };
    match found {
        Ok(open) => CaptionSaid {
            text: match (given, asked.seed) {
                (None, None) => asked.text.clone(),
                _ => open.sentence(language),
            },
            values: open.0.to_vec(),
            possible: (0..ATTRIBUTES).map(|at| beside(open, at)).collect(),
            ..CaptionSaid::default()
        },
        Err(Unsaid {
            reason,
            word,
            nearest,
        }) => CaptionSaid {
            text: asked.text.clone(),
            reason: Some(name(reason).into()),
            word,
            nearest: nearest.into_iter().map(String::from).collect(),
            ..CaptionSaid::default()
        },
    }
}

fn impossible() -> Unsaid {
    Unsaid {
        reason: Reason::Impossible,
        word: String::new(),
        nearest: Vec::new(),
    }
}

/// Which values of an attribute are possible beside the others. Building and paint follow each other.
fn beside(open: Open, at: usize) -> Vec<bool> {
    let possible = |value: usize| {
        let mut other = open;
        other.0[at] = Some(value as u8);
        if matches!(at, 2 | 3) {
            other.0[5 - at] = None;
        }
        other.possible()
    };
    (0..Caption::COUNTS[at]).map(possible).collect()
}

fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::Unknown => "unknown",
        Reason::Contradiction => "contradiction",
        Reason::Impossible => "impossible",
        Reason::Long => "long",
        Reason::Empty => "empty",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_told_what_a_sentence_says_and_what_else_is_possible() {
        let asked = CaptionAsked {
            text: "a red house in winter".into(),
            ..CaptionAsked::default()
        };
        let said = caption(&asked);
        assert_eq!(said.reason, None);
        let values = [None, Some(2), Some(1), Some(1), None, None];
        assert_eq!(said.values, values);
        assert_eq!(
            said.possible[4],
            [true, true, true, false],
            "palms in winter"
        );
        assert_eq!(
            said.possible[5],
            [true, true, false, true, true],
            "rain in winter"
        );
        let asked = CaptionAsked {
            values: Some(values.to_vec()),
            seed: Some(3),
            korean: true,
            ..CaptionAsked::default()
        };
        let random = caption(&asked);
        assert_eq!(random.values[1..4], values[1..4]);
        assert!(random.values.iter().all(Option::is_some), "{random:?}");
        let said = caption(&CaptionAsked {
            text: "a castle".into(),
            ..CaptionAsked::default()
        });
        assert_eq!(said.reason.as_deref(), Some("unknown"));
        assert_eq!(
            (said.word.as_str(), said.nearest[0].as_str()),
            ("castle", "tower")
        );
    }
}
