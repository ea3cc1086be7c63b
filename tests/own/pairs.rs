//! Pairs of the user's own: how they are made, what is left out, their file.

use super::{File, file, png, reasons};
use easel::data::own::{Collection, MIN_PAIRS, PreparedPairs};
use easel::error::Error;
use easel::protocol::{LeftOut, Pairing};
use image::{Rgb, RgbImage};

fn gather(pairing: Pairing, files: Vec<File>) -> (Result<PreparedPairs, Error>, Vec<LeftOut>) {
    let mut all = Collection::paired(32, files.len(), pairing).expect("a size of pix2pix");
    for (name, bytes) in files {
        if all.give(&name, bytes) {
            all.leave(&name, "unsupported");
        }
        while all.step() {}
    }
    let left = all.left();
    let made = all.finish_pairs();
    let left = made.as_ref().map_or(left, |made| made.left.clone());
    (made, left)
}

fn flat(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    png(&RgbImage::from_pixel(width, height, Rgb(colour)))
}

/// Input on the left, target on the right.
fn sides(input: [u8; 3], target: [u8; 3]) -> Vec<u8> {
    png(&RgbImage::from_fn(80, 40, |x, _| {
        Rgb(if x < 40 { input } else { target })
    }))
}

/// The first pixels of all inputs and of all targets, in order.
fn colours(made: &PreparedPairs) -> Vec<[u8; 6]> {
    let (area, [inputs, targets]) = (32 * 32, made.pairs.values());
    let first = |values: &[u8], i: usize| [0, 1, 2].map(|c| values[(3 * i + c) * area]);
    let both = |i| {
        let ([a, b, c], [d, e, f]) = (first(inputs, i), first(targets, i));
        [a, b, c, d, e, f]
    };
    let mut all: Vec<_> = (0..made.pairs.len()).map(both).collect();
    all.sort_unstable();
    all
}

const RED: [u8; 3] = [250, 10, 20];
const BLUE: [u8; 3] = [10, 20, 250];
const GREEN: [u8; 3] = [20, 250, 10];

#[test]
fn files_with_both_sides_are_cut_in_the_middle_and_single_pictures_are_no_pairs() {
    let (made, left) = gather(
        Pairing::Sides,
        vec![
            file("1.png", sides(RED, BLUE)),
            file("2.png", sides(GREEN, RED)),
            file("single.png", flat(40, 40, RED)),
            file("notes.txt", "no picture"),
        ],
    );
    let both = [[20, 250, 10, 250, 10, 20], [250, 10, 20, 10, 20, 250]];
    assert_eq!(colours(&made.expect("two pairs")), both);
    assert_eq!(reasons(&left), [("not-a-pair", 1), ("not-a-picture", 1)]);
}

#[test]
fn files_of_two_folders_belong_together_by_their_names_whatever_their_format() {
    let (made, left) = gather(
        Pairing::Folders,
        vec![
            file("set/b/2.x.png", flat(50, 40, BLUE)),
            file("set/a/1.png", flat(40, 60, RED)),
            file("set/a/2.x.bmp", flat(40, 40, GREEN)),
            file("set/b/1.webp", flat(32, 32, GREEN)),
            file("set/b/3.png", flat(32, 32, RED)),
            file("set/a/4.png", flat(32, 32, RED)),
            file("set/c/1.png", flat(32, 32, RED)),
            file("loose.png", flat(32, 32, RED)),
        ],
    );
    let both = [[20, 250, 10, 10, 20, 250], [250, 10, 20, 20, 250, 10]];
    assert_eq!(colours(&made.expect("two pairs")), both);
    assert_eq!(reasons(&left), [("not-a-pair", 1), ("without-partner", 3)]);
}

#[test]
fn an_input_is_made_of_any_picture() {
    let scene = |seed: u32| {
        let picture = RgbImage::from_fn(64, 64, |x, _| {
            let bars = if (x / 8 + seed).is_multiple_of(2) {
                220
            } else {
                30
            };
            Rgb([(4 * x) as u8, bars, bars])
        });
        file(&format!("{seed}.png"), png(&picture))
    };
    let area = 32 * 32;
    for (pairing, planes) in [
        (Pairing::Edges, 1),
        (Pairing::Grey, 1),
        (Pairing::Blur, 3),
        (Pairing::Mosaic, 3),
    ] {
        let (made, left) = gather(pairing, (0..MIN_PAIRS as u32).map(scene).collect());
        let pairs = made.expect("enough of them").pairs;
        assert!(left.is_empty(), "{pairing:?}: {left:?}");
        assert_eq!(
            (pairs.len(), pairs.planes()),
            (MIN_PAIRS, planes),
            "{pairing:?}"
        );
        let [inputs, targets] = pairs.values();
        let rough = |values: &[u8]| {
            let steps = values
                .windows(2)
                .map(|pair| u32::from(pair[0].abs_diff(pair[1])));
            steps.sum::<u32>()
        };
        let blue = [
            &inputs[(planes - 1) * area..planes * area],
            &targets[2 * area..3 * area],
        ];
        match pairing {
            Pairing::Edges => assert!(
                inputs.iter().any(|x| *x < 128) && inputs.contains(&255),
                "dark lines on white"
            ),
            Pairing::Grey => {
                let [r, g, b] = [0, 1, 2].map(|c| f32::from(targets[c * area + 100]));
                let grey = 0.299 * r + 0.587 * g + 0.114 * b;
                assert!(
                    (f32::from(inputs[100]) - grey).abs() <= 0.5,
                    "{} for {grey}",
                    inputs[100]
                );
            }
            Pairing::Blur => assert!(rough(blue[0]) < rough(blue[1]), "it is smoother"),
            // Tiles of 2 px.
            _ => assert!((0..area).all(|i| blue[0][i] == blue[0][i - i % 2]), "tiles"),
        }
    }
}

#[test]
fn pairs_come_back_from_their_file_and_nothing_else_does() {
    let files = (0..12u8).map(|i| file(&format!("{i}.png"), sides([i, 0, 0], [0, i, 0])));
    let made = gather(Pairing::Sides, files.collect()).0.expect("twelve");
    let bytes = made.write().expect("plain data");
    assert_eq!(
        PreparedPairs::read(&bytes).expect("just written").pairs,
        made.pairs
    );
    let (data, held) = made.clone().for_run(32).expect("the right size");
    assert_eq!((data.len(), held.len()), (11, 1));
    let code = |error: Error| error.code();
    assert_eq!(
        made.for_run(64).map_err(code).expect_err("another size"),
        "data-size"
    );
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("eight")) as usize;
    let mut lying = bytes.clone();
    let at = header
        - bytes[..header]
            .windows(6)
            .rev()
            .position(|w| w == b"[12,3,")
            .expect("a shape");
    lying[at - 5] = b'3';
    for broken in [
        &bytes[..bytes.len() - 1],
        &bytes[..header],
        &lying,
        b"",
        b"pairs",
    ] {
        let refused = PreparedPairs::read(broken).map_err(code);
        assert_eq!(
            refused.expect_err("refused"),
            "data-broken",
            "{} bytes",
            broken.len()
        );
    }
    let few = gather(Pairing::Sides, vec![file("1.png", sides(RED, BLUE))]).0;
    assert_eq!(few.map_err(code).expect_err("one pair"), "data-too-few");
    let size = Collection::paired(48, 1, Pairing::Sides).map_err(code);
    assert_eq!(size.err(), Some("bad-setting"));
}
