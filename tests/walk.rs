//! The job `walk`: what it draws is what the generator draws there.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

mod common;

use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{gpu, root, values};
use easel::data::dataset::Dataset;
use easel::data::seed::Seed;
use easel::jobs::{Gan, Job, Status, TrainedGenerator, Walk, check_walk, read_generator};
use easel::protocol::{Between, GanConfig, JobConfig, Place, Sheet, Term, WalkConfig};
use easel::session::networks_file;
use serde_json::json;

fn shipped(name: &str, device: &Device) -> TrainedGenerator {
    let file = format!("{name}.safetensors");
    let bytes = std::fs::read(root().join("weights").join(&file)).expect("it is shipped");
    read_generator(&file, &bytes, device).expect("a generator")
}

fn place(seed: u32, moves: &[f32], label: u32) -> Place {
    Place {
        terms: vec![Term { seed, weight: 1.0 }],
        moves: moves.to_vec(),
        label,
    }
}

/// Rows of pixels, each red, green, blue, opaque.
fn pixels(picture: Tensor<2, Int>) -> (Vec<[u8; 4]>, usize) {
    let [_, width] = picture.dims();
    let packed = picture.into_data().iter::<i32>().collect::<Vec<_>>();
    (packed.into_iter().map(i32::to_le_bytes).collect(), width)
}

/// A square out of a sheet.
fn tile(sheet: &(Vec<[u8; 4]>, usize), column: usize, row: usize, side: usize) -> Vec<[u8; 4]> {
    let (pixels, width) = sheet;
    let line = |y: usize| &pixels[(row * side + y) * width + column * side..][..side];
    (0..side).flat_map(line).copied().collect()
}

/// Two ways to compute the same may round to other bytes.
fn same(a: &[[u8; 4]], b: &[[u8; 4]]) {
    assert_eq!(a.len(), b.len());
    let apart = a.as_flattened().iter().zip(b.as_flattened());
    let worst = apart.map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(1), "bytes differ by {worst:?}");
}

#[test]
fn a_walk_draws_what_the_generator_draws_at_its_places() {
    let device = gpu();
    let config = WalkConfig {
        places: vec![
            place(1, &[], 0),
            place(2, &[1.5, -0.5], 0),
            place(3, &[], 0),
        ],
        frames: 4,
        steps: 13,
        ..WalkConfig::default()
    };
    let mut walk =
        Walk::new(config, shipped("dcgan-scenes", &device), &device).expect("sound settings");
    let places = pixels(walk.sheet(Sheet::Places).expect("a row of places"));
    let (mut shown, mut at) = (Vec::new(), Vec::new());
    for step in 1..=13 {
        let status = walk.step().expect("a step");
        assert_eq!(status == Status::Done, step == 13);
        shown.push(pixels(walk.preview()).0);
        let metrics = walk.metrics();
        let named = |name: &str| {
            let found = metrics.iter().find(|(n, _)| n == name);
            values(found.expect("it is told").1.clone())[0]
        };
        at.push(named("at"));
        assert!((0.0..=1.0).contains(&named("mean")));
    }
    let wanted: Vec<f32> = (0..13).map(|i| i as f32 / 4.0).collect();
    assert_eq!(at, wanted);
    for (i, step) in [0, 4, 8].into_iter().enumerate() {
        same(&shown[step], &tile(&places, i, 0, 32));
    }
    // Round the whole path.
    same(&shown[12], &shown[0]);
    let apart = |a: &[[u8; 4]], b: &[[u8; 4]]| {
        let all = a.as_flattened().iter().zip(b.as_flattened());
        all.map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>() / a.as_flattened().len() as u32
    };
    assert!(apart(&shown[0], &shown[4]) > 5, "other places look alike");
    assert!(apart(&shown[1], &shown[0]) < apart(&shown[4], &shown[0]));
}

#[test]
fn the_map_has_the_place_at_its_middle_and_the_directions_at_its_sides() {
    let device = gpu();
    let config = WalkConfig {
        places: vec![
            place(7, &[0.0, 0.0, 0.75], 0),
            place(7, &[3.0, -3.0, 0.75], 0),
        ],
        ..WalkConfig::default()
    };
    let walk = Walk::new(config, shipped("dcgan-scenes", &device), &device).expect("sound");
    let places = pixels(walk.sheet(Sheet::Places).expect("places"));
    let map = pixels(walk.sheet(Sheet::Map(0)).expect("a map"));
    assert_eq!((map.0.len(), map.1), ((7 * 32) * (7 * 32), 7 * 32));
    same(&tile(&map, 3, 3, 32), &tile(&places, 0, 0, 32));
    // The first direction to the right, the second upwards.
    same(&tile(&map, 6, 6, 32), &tile(&places, 1, 0, 32));
    assert!(walk.sheet(Sheet::Map(2)).is_none());
    assert!(walk.sheet(Sheet::Now).is_none());
}

#[test]
fn the_strongest_directions_change_the_pictures_more_than_any_others_do() {
    let device = Device::flex();
    for name in ["dcgan-scenes", "gan-digits", "cgan-digits"] {
        let net = shipped(name, &device);
        let latent = net.config.latent as usize;
        let length = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>().sqrt();
        for (i, one) in net.directions.iter().enumerate() {
            assert_eq!(one.len(), latent, "{name}");
            assert!((length(one) - 1.0).abs() < 1e-4, "{name}");
            for other in &net.directions[..i] {
                let along: f32 = one.iter().zip(other).map(|(a, b)| a * b).sum();
                assert!(along.abs() < 1e-3, "{name}: {along}");
            }
        }
        let mut seed = Seed::new(3);
        const SEEDS: usize = 32;
        let noise: Vec<f32> = (0..SEEDS * latent).map(|_| seed.normal()).collect();
        let labels: Vec<u8> = (0..SEEDS).map(|i| (i % net.classes) as u8).collect();
        let drawn = |direction: &[f32]| {
            let moved = noise.chunks(latent).flat_map(|one| {
                let both = one.iter().zip(direction);
                both.map(|(x, d)| x + 2.0 * d).collect::<Vec<_>>()
            });
            let moved = TensorData::new(moved.collect::<Vec<f32>>(), [SEEDS, latent, 1, 1]);
            values(net.draw(Tensor::from_data(moved, &device), &labels))
        };
        let still = drawn(&vec![0.0; latent]);
        let change = |direction: &[f32]| {
            let moved = drawn(direction);
            let apart = moved.iter().zip(&still).map(|(a, b)| (a - b).abs());
            apart.sum::<f32>() / still.len() as f32
        };
        let mut usual = 0.0;
        for _ in 0..8 {
            let any: Vec<f32> = (0..latent).map(|_| seed.normal()).collect();
            let unit: Vec<f32> = any.iter().map(|x| x / length(&any)).collect();
            usual += change(&unit) / 8.0;
        }
        let strong = change(&net.directions[0]);
        eprintln!("{name}: {strong} along the strongest, {usual} along any");
        assert!(strong > 1.3 * usual, "{name}: {strong} and {usual}");
    }
}

#[test]
fn labels_are_walked_through_and_shown_side_by_side() {
    let device = gpu();
    let config = WalkConfig {
        places: vec![place(4, &[], 2), place(4, &[], 7)],
        frames: 2,
        ..WalkConfig::default()
    };
    let mut walk = Walk::new(config, shipped("cgan-digits", &device), &device).expect("sound");
    assert_eq!(walk.generator().classes, 10);
    let drawn = |walk: &mut Walk| {
        walk.step().expect("a step");
        pixels(walk.preview())
    };
    let ends = [drawn(&mut walk), drawn(&mut walk), drawn(&mut walk)];
    let side = ends[0].1;
    walk.tune(&json!({ "classes": true, "at": 0.0 }))
        .expect("a control");
    let all = drawn(&mut walk);
    assert_eq!((all.0.len(), all.1), (2 * 5 * side * side, 5 * side));
    same(&tile(&all, 2, 0, side), &ends[0].0);
    same(&tile(&all, 2, 1, side), &ends[2].0);
    let progress = walk.progress();
    let sides = (progress.width as usize, progress.height as usize);
    assert_eq!(sides, (5 * side, 2 * side));
}

#[test]
fn points_are_walked_through_as_well() {
    let device = gpu();
    let config = GanConfig {
        generator_widths: vec![16],
        discriminator_widths: vec![16],
        ..GanConfig::points()
    };
    let data = Dataset::points(&config).expect("points");
    let gan = Gan::new(&config, data, None, None, &device).expect("sound settings");
    let file = pollster::block_on(networks_file(&gan)).expect("networks");
    let net = read_generator("ring.safetensors", &file, &device).expect("a generator");
    let mut walk = Walk::new(WalkConfig::default(), net, &device).expect("sound settings");
    assert_eq!((walk.generator().size, walk.generator().latent), (1, 2));
    walk.step().expect("a step");
    let (pixels, width) = pixels(walk.preview());
    assert_eq!((pixels.len(), width), (120 * 120, 120));
    assert!(pixels.iter().any(|p| *p != pixels[0]), "nothing is drawn");
    assert!(walk.sheet(Sheet::Places).is_some());
}

#[test]
fn settings_out_of_range_are_refused_and_change_nothing() {
    let device = gpu();
    let net = shipped("dcgan-scenes", &device);
    let mut walk = Walk::new(WalkConfig::default(), net, &device).expect("the defaults");
    for control in [
        json!({ "at": -1.0 }),
        json!({ "at": null }),
        json!({ "frames": 0 }),
        json!({ "places": [] }),
        json!({ "places": vec![json!({ "terms": [{ "seed": 1, "weight": 1.0 }] }); 33] }),
        json!({ "places": [{ "terms": [] }] }),
        json!({ "places": [{ "terms": [{ "seed": 1, "weight": 0.0 }] }] }),
        json!({ "places": [{ "terms": [{ "seed": 1, "weight": 9.0 }] }] }),
        json!({ "places": [{ "terms": [{ "seed": -1, "weight": 1.0 }] }] }),
        json!({ "places": [{ "terms": [{ "seed": 1, "weight": 1.0 }], "moves": [99.0] }] }),
        json!({ "places": [{ "terms": [{ "seed": 1, "weight": 1.0 }], "moves": vec![0.0; 9] }] }),
        json!({ "places": [{ "terms": [{ "seed": 1, "weight": 1.0 }], "label": 1 }] }),
        json!({ "between": "beam" }),
        json!({ "colour": 1 }),
    ] {
        let refused = walk.tune(&control).expect_err("it was taken");
        assert_eq!(refused.code(), "bad-setting", "{control}");
    }
    let JobConfig::Walk(config) = walk.save().config else {
        panic!("another job");
    };
    assert_eq!(config, WalkConfig::default());
    let steps = WalkConfig { steps: 0, ..config };
    assert!(check_walk(&steps, 1).is_err());
}

#[test]
fn a_saved_walk_goes_on_where_it_stood() {
    let device = gpu();
    let net = shipped("gan-digits", &device);
    let config = WalkConfig {
        between: Between::Line,
        closed: false,
        frames: 3,
        ..WalkConfig::default()
    };
    let mut walk = Walk::new(config, net.clone(), &device).expect("sound settings");
    for _ in 0..5 {
        walk.step().expect("a step");
    }
    let JobConfig::Walk(saved) = walk.save().config else {
        panic!("another job");
    };
    let text = serde_json::to_string(&saved).expect("plain data");
    let read = serde_json::from_str(&text).expect("the same");
    let mut other = Walk::new(read, net, &device).expect("sound settings");
    walk.step().expect("a step");
    other.step().expect("a step");
    assert_eq!(pixels(walk.preview()), pixels(other.preview()));
}
