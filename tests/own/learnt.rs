//! How pictures are changed while they are learnt from, and a run on them from the command line.

use burn::tensor::Device;
use easel::data::dataset::{Augmentation, Dataset, Pictures};
use easel::data::seed::Seed;
use easel::protocol::{GanConfig, GanControl, GanData, GanVariant};
use easel::train::gan;
use easel::train::run::Output;
use easel::weights::Checkpoint;

use super::common::values;
use super::pictures;

/// One picture whose every value is its place: 10 for each row and 1 for each column, and 100 more in the second channel.
fn places() -> Dataset {
    let mut all = Pictures::new(2, 8, 1);
    let place = |i: usize| (i / 64 * 100 + i % 64 / 8 * 10 + i % 8) as u8;
    all.push(&(0..128).map(place).collect::<Vec<_>>(), 0);
    Dataset::Pictures(all)
}

fn batch(augmentation: Augmentation, count: usize) -> Vec<Vec<u8>> {
    let (device, mut seed) = (Device::flex(), Seed::new(3));
    let (x, _) = places().batch(count, augmentation, &mut seed, &device);
    let back = |v: &f32| ((v + 1.0) * 127.5).round() as u8;
    values(x)
        .chunks(128)
        .map(|one| one.iter().map(back).collect())
        .collect()
}

#[test]
fn half_of_the_pictures_are_mirrored_left_and_right_and_the_others_stay() {
    let mirror = Augmentation {
        mirror: true,
        shift: 0,
    };
    let all = batch(mirror, 400);
    let as_it_is = &batch(Augmentation::default(), 1)[0];
    let mut mirrored: Vec<u8> = as_it_is.clone();
    mirrored.chunks_mut(8).for_each(<[u8]>::reverse);
    let count = all.iter().filter(|one| **one == mirrored).count();
    assert_eq!(
        all.iter().filter(|one| *one == as_it_is).count(),
        400 - count
    );
    // Five standard deviations of 400 throws.
    assert!((150..=250).contains(&count), "{count} of 400");
}

#[test]
fn pictures_move_by_up_to_the_shift_and_their_edges_go_on() {
    let all = batch(
        Augmentation {
            mirror: false,
            shift: 2,
        },
        400,
    );
    let mut seen = std::collections::BTreeSet::new();
    for one in all {
        // The middle says how far it went; every other value follows from it.
        let middle = i32::from(one[4 * 8 + 4]);
        let (down, across) = (middle / 10 - 4, middle % 10 - 4);
        assert!(down.abs() <= 2 && across.abs() <= 2, "{down} {across}");
        seen.insert((down, across));
        for (i, value) in one.iter().enumerate() {
            let (c, y, x) = (i as i32 / 64, i as i32 % 64 / 8, i as i32 % 8);
            let from = 10 * (y + down).clamp(0, 7) + (x + across).clamp(0, 7);
            assert_eq!(i32::from(*value), 100 * c + from, "{c} {y} {x}");
        }
    }
    assert_eq!(seen.len(), 25, "{seen:?}");
}

#[test]
fn without_augmentation_no_random_number_is_drawn() {
    let (device, mut one, mut other) = (Device::flex(), Seed::new(3), Seed::new(3));
    let _ = places().batch(4, Augmentation::default(), &mut one, &device);
    // The pick of each picture alone.
    for _ in 0..4 {
        other.next_u32();
    }
    assert_eq!(one.state(), other.state());
}

#[test]
fn a_run_on_a_folder_keeps_its_pictures_in_its_checkpoint_and_goes_on_without_the_folder() {
    let folder = std::env::temp_dir().join(format!("easel-own-{}", std::process::id()));
    for (name, bytes) in pictures("a/", 12).into_iter().chain(pictures("b/", 12)) {
        let path = folder.join("data").join(name);
        std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    let config = GanConfig {
        size: 8,
        batch: 4,
        steps: 2,
        generator_widths: vec![8],
        discriminator_widths: vec![8],
        mirror: true,
        ..GanConfig::of(Some(GanVariant::Cgan), Some(GanData::Pictures))
    };
    let mut settings = gan::Settings {
        classifier: None,
        config,
        data: Some(folder.join("data")),
        output: Output {
            out: folder.join("gan.safetensors"),
            every: 1,
            resume: false,
        },
        control: GanControl::default(),
    };
    let mut told = Vec::new();
    gan::train(&settings, &Device::flex(), |line| told.push(line)).expect("a run");
    assert_eq!(told[0], "24 pictures in 2 classes: a, b");
    std::fs::remove_dir_all(folder.join("data")).expect("there");
    settings.output.resume = true;
    settings.config.steps = 4;
    gan::train(&settings, &Device::flex(), |line| told.push(line)).expect("the run goes on");
    let saved = std::fs::read(folder.join("gan.easel")).expect("a checkpoint");
    let saved = Checkpoint::read(&saved).expect("a checkpoint");
    assert_eq!(saved.meta["step"], 4);
    assert!(
        saved.inputs.contains_key("data"),
        "{:?}",
        saved.inputs.keys()
    );
    std::fs::remove_dir_all(&folder).expect("there");
}
