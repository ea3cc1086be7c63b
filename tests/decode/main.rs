//! What comes out of picture files, sound and hostile. `tests/fixtures/make.py` draws the files and
//! says what each shows.
#![allow(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failure"
)]

mod hostile;
mod sizes;
mod sound;

use std::fs;
use std::path::{Path, PathBuf};

use easel::data::decode::{Picture, decode};
use easel::error::Error;
use image::{Rgba, RgbaImage};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixtures().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn picture(name: &str) -> Picture {
    decode(&bytes(name), name).unwrap_or_else(|error| panic!("{error} ({})", error.code()))
}

/// The code with which `decode` refuses.
fn refusal(bytes: &[u8], name: &str) -> &'static str {
    match decode(bytes, name) {
        Err(error @ Error::BadImage { .. }) => error.code(),
        Err(error) => panic!("{name}: not a BadImage: {error}"),
        Ok(picture) => panic!("{name} was read: {:?}", picture.pixels.dimensions()),
    }
}

fn codes(picture: &Picture) -> Vec<&str> {
    picture.notes.iter().map(|note| &*note.code).collect()
}

/// The picture of make.py.
fn upright() -> RgbaImage {
    RgbaImage::from_fn(24, 16, |x, y| {
        if (2..8).contains(&x) && (1..5).contains(&y) {
            Rgba([255; 4])
        } else {
            Rgba([x as u8 * 10, y as u8 * 15, 64, 255])
        }
    })
}

/// The largest difference of any channel.
fn worst(left: &RgbaImage, right: &RgbaImage) -> u8 {
    assert_eq!(left.dimensions(), right.dimensions());
    let differences = left.iter().zip(right.iter()).map(|(a, b)| a.abs_diff(*b));
    differences.max().unwrap()
}
