use super::*;

const LANGUAGES: [Language; 2] = [Language::English, Language::Korean];

#[test]
fn captions_and_their_numbers_are_the_same_thing() {
    let all = Caption::all();
    assert_eq!(all.len(), 2040);
    for caption in &all {
        assert_eq!(
            Caption::from_attributes(caption.attributes()),
            Some(*caption)
        );
    }
    let refused = [
        [3, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 2, 0, 0, 3, 0],
        [0, 2, 0, 0, 0, 2],
        [0, 0, 0, 0, 0, 3],
    ];
    for numbers in refused {
        assert_eq!(Caption::from_attributes(numbers), None, "{numbers:?}");
    }
}

#[test]
fn every_caption_is_understood_in_every_wording_of_both_languages() {
    let seed = &mut Seed::new(1);
    for caption in Caption::all() {
        for language in LANGUAGES {
            for _ in 0..8 {
                let text = caption.sentence(language, seed);
                let tokens = tokens(&text).unwrap_or_else(|u| panic!("{text}: {u:?}"));
                assert!(tokens.len() <= MAX_TOKENS, "{text}");
                assert!(
                    tokens
                        .iter()
                        .all(|t| (1..VOCABULARY).contains(&usize::from(*t)))
                );
                assert_eq!(parse(&text), Ok(caption.into()), "{text}");
            }
        }
    }
}

#[test]
fn what_is_not_said_is_open() {
    let none = [None; ATTRIBUTES];
    let cases: [(&str, &[(usize, u8)]); 10] = [
        ("a red house", &[(2, 1), (3, 1)]),
        ("A snowy night!", &[(0, 2), (5, 3)]),
        ("No trees and a blue mill", &[(2, 4), (3, 3), (4, 0)]),
        (
            "pines at dusk without a house",
            &[(0, 1), (2, 0), (3, 0), (4, 1)],
        ),
        ("neither trees nor buildings", &[(2, 0), (3, 0), (4, 0)]),
        ("빨간 집", &[(2, 1), (3, 1)]),
        ("겨울밤에 눈이 내린다", &[(0, 2), (1, 2), (5, 3)]),
        ("겨울밤에 눈이 내리는 풍경", &[(0, 2), (1, 2), (5, 3)]),
        ("나무도 집도 없는 가을", &[(1, 1), (2, 0), (3, 0), (4, 0)]),
        ("전나무만 있고 건물은 없다", &[(2, 0), (3, 0), (4, 1)]),
    ];
    for (text, said) in cases {
        let mut open = none;
        said.iter().for_each(|(at, value)| open[*at] = Some(*value));
        assert_eq!(parse(text), Ok(Open(open)), "{text}");
    }
}

#[test]
fn what_cannot_be_said_is_answered_with_what_is_nearest() {
    let cases = [
        ("a red hause", Reason::Unknown, "hause", "house"),
        ("a winfmill", Reason::Unknown, "winfmill", "windmill"),
        ("a castle at night", Reason::Unknown, "castle", "tower"),
        ("가울 저녁", Reason::Unknown, "가울", "가을"),
        ("초록색 집", Reason::Unknown, "초록색", "파란"),
        ("등대가 있는 풍경", Reason::Unknown, "등대가", "탑"),
        ("a red blue house", Reason::Contradiction, "blue", "red"),
        ("palms in winter", Reason::Impossible, "winter", "summer"),
        ("겨울에 비", Reason::Impossible, "비", "맑은"),
        ("", Reason::Empty, "", "day"),
    ];
    for (text, reason, word, first) in cases {
        let unsaid = parse(text).expect_err(text);
        assert_eq!(
            (unsaid.reason, unsaid.word.as_str()),
            (reason, word),
            "{text}"
        );
        assert_eq!(
            unsaid.nearest.first(),
            Some(&first),
            "{text}: {:?}",
            unsaid.nearest
        );
    }
    let long = "red house ".repeat(20);
    assert_eq!(tokens(&long).expect_err("long").reason, Reason::Long);
}

#[test]
fn random_captions_show_every_value_and_one_place_in_six_is_empty() {
    let seed = &mut Seed::new(2);
    let mut seen = Caption::COUNTS.map(|count| vec![0; count]);
    for _ in 0..3000 {
        let numbers = Caption::random(seed).attributes();
        for (counts, number) in seen.iter_mut().zip(numbers) {
            counts[usize::from(number)] += 1;
        }
    }
    // What is rarest, falling snow, comes in a winter without palms: about one time in nine.
    assert!(seen.iter().flatten().all(|n| *n > 200), "{seen:?}");
    let empty = seen[2][0];
    assert!(
        (380..620).contains(&empty),
        "{empty} of 3000 without a building"
    );
}

#[test]
fn the_same_place_looks_otherwise_for_every_other_value() {
    let base = [0, 0, 1, 1, 1, 0];
    let of = |numbers| {
        Caption::from_attributes(numbers)
            .expect("possible")
            .picture(7, 32)
    };
    let apart = |a: &image::RgbImage, b: &image::RgbImage| {
        let pairs = a.as_raw().iter().zip(b.as_raw());
        pairs.map(|(x, y)| f64::from(x.abs_diff(*y))).sum::<f64>() / a.as_raw().len() as f64
    };
    let first = of(base);
    assert_eq!(first, of(base));
    for at in 0..ATTRIBUTES {
        for value in 0..Caption::COUNTS[at] as u8 {
            let mut numbers = base;
            numbers[at] = value;
            if value == base[at] || Caption::from_attributes(numbers).is_none() {
                continue;
            }
            let apart = apart(&first, &of(numbers));
            assert!(
                apart > 2.0,
                "{numbers:?} is {apart} grey levels from {base:?}"
            );
        }
    }
}

#[test]
fn whatever_is_known_is_said_plainly_and_understood() {
    let seed = &mut Seed::new(4);
    for _ in 0..3000 {
        let mut open = Open::from(Caption::random(seed));
        for known in &mut open.0 {
            if seed.chance(0.4) {
                *known = None;
            }
        }
        // There is no paint without a building.
        if open.0[2] == Some(0) || open.0[3] == Some(0) {
            (open.0[2], open.0[3]) = (Some(0), Some(0));
        }
        for language in LANGUAGES {
            let text = open.sentence(language);
            if open == Open::default() {
                assert_eq!(text, "");
                continue;
            }
            assert_eq!(parse(&text), Ok(open), "{text}");
        }
    }
}
