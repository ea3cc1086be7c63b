//! What `easel judge` says of pictures that are surely of one kind, and of pictures compared with themselves.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

mod common;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use common::root;
use easel::data::seed::Seed;
use easel::train::paintings::{Outcome, Settings, judge};
use image::{Rgb, RgbImage};

/// Writes `count` pictures into a folder: soft colours, or the same under strokes across.
fn folder(name: &Path, count: u32, strokes: bool, first: u32) -> PathBuf {
    std::fs::create_dir_all(name).expect("a folder");
    for number in first..first + count {
        let mut seed = Seed::new(number);
        let [across, down, phase] = [0.05, 0.05, 3.0].map(|most| seed.range(-most, most));
        let picture = RgbImage::from_fn(96, 80, |x, y| {
            let at = x as f32 * across + y as f32 * down + phase;
            let stroke = if strokes && (x + 2 * y) % 9 < 4 {
                120.0
            } else {
                0.0
            };
            Rgb([at, at + 1.0, at + 2.0].map(|at| (70.0 + 60.0 * at.sin() + stroke) as u8))
        });
        let path = name.join(format!("{number}.png"));
        picture.save(path).expect("it is written");
    }
    name.to_owned()
}

fn judged(place: &Path, originals: Option<PathBuf>, results: Vec<PathBuf>) -> Outcome {
    let settings = Settings {
        photos: vec![place.join("photos")],
        paintings: vec![place.join("paintings")],
        results,
        originals,
        network: root().join("weights/features.safetensors"),
        steps: 40,
        batch: 8,
        rate: 2e-3,
        seed: 1,
    };
    judge(&settings, &Device::flex(), |_| ()).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn paintings_are_told_from_photos_and_results_compared_with_their_originals() {
    let place = std::env::temp_dir().join(format!("easel-judge-{}", std::process::id()));
    folder(&place.join("photos"), 20, false, 1);
    folder(&place.join("paintings"), 20, true, 101);
    let plain = folder(&place.join("plain"), 3, false, 201);
    let stroked = folder(&place.join("stroked"), 3, true, 201);
    let found = judged(&place, Some(plain.clone()), vec![plain, stroked]);
    let lonely = folder(&place.join("lonely"), 1, true, 301);
    let missing = std::panic::catch_unwind(|| {
        judged(&place, Some(place.join("plain")), vec![lonely.clone()])
    });
    std::fs::remove_dir_all(&place).expect("it is there");
    assert!(found.right.iter().all(|right| *right > 0.95), "{found:?}");
    let [of_plain, of_stroked] = &found.results[..] else {
        panic!("{found:?}");
    };
    assert!(
        of_plain.paintings < 0.05 && of_stroked.paintings > 0.95,
        "{found:?}"
    );
    let [same, other] = [of_plain, of_stroked].map(|of| of.kept.expect("there are originals"));
    assert!(same.features < 1e-3 && same.edges > 0.999, "{same:?}");
    assert!(other.features > 0.05 && other.edges < 0.9, "{other:?}");
    assert!(missing.is_err(), "a result without its original");
}
