//! The classifiers by which a GAN's samples are judged, and what a run says of its samples by them.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};
use common::{gpu, miss, root, values};
use easel::data::captioned::CaptionDrawer;
use easel::data::dataset::{Dataset, Drawer, Pictures};
use easel::jobs::{Gan, Job, classifier_of};
use easel::models::Classifier;
use easel::protocol::{GanConfig, GanData, GanVariant};
use easel::quality::{Recognition, recognition};
use easel::train::attributes::{Judge, SIZE};

/// The smallest run on digits or scenes.
fn config(variant: GanVariant, data: GanData) -> GanConfig {
    GanConfig {
        batch: 60,
        count: 60,
        width: 2,
        generator_widths: vec![16, 16],
        discriminator_widths: vec![16],
        ..GanConfig::of(Some(variant), Some(data))
    }
}

fn shipped(config: &GanConfig, device: &Device) -> Classifier {
    let (id, settings) = classifier_of(config).expect("there is one");
    let path = root().join("weights").join(format!("{id}.safetensors"));
    let file = std::fs::read(path).expect(id);
    settings.read(id, &file, device).expect(id)
}

/// All of them, and their classes, which come in turn.
fn all(pictures: &Pictures, classes: usize, device: &Device) -> (Tensor<4>, Vec<u8>) {
    let numbers: Vec<_> = (0..pictures.len()).collect();
    let labels = numbers.iter().map(|i| (i % classes) as u8).collect();
    (pictures.at(&numbers, device), labels)
}

fn judged(net: &Classifier, pictures: Tensor<4>, labels: &[u8]) -> Recognition {
    recognition(&values(net.forward(pictures)), labels)
}

fn look(job: &mut Gan) -> BTreeMap<String, f32> {
    let seen = job.look().into_iter();
    let read = seen.map(|(name, x)| (name, values(x)));
    job.tell(read.collect()).metrics
}

#[test]
fn the_shipped_classifiers_recognise_freshly_drawn_digits_and_scenes() {
    let device = Device::flex();
    for (data, drawn) in [
        (GanData::Digits, Pictures::digits(200, 28, 4_000_000)),
        (GanData::Scenes, Pictures::scenes(200, 32, 4_000_000)),
    ] {
        let config = config(GanVariant::Gan, data);
        let net = shipped(&config, &device);
        let (pictures, labels) = all(&drawn, net.config().classes, &device);
        let seen = judged(&net, pictures.clone(), &labels);
        eprintln!("{data:?}: {seen:?}");
        assert!(seen.agreement >= 0.97, "{data:?}: {seen:?}");
        assert!(seen.confident >= 0.9, "{data:?}: {seen:?}");
        assert_eq!(seen.classes_seen, net.config().classes, "{data:?}");
        // The same on a GPU.
        let few = |x: &Tensor<4>| x.clone().narrow(0, 0, 6);
        let ours =
            shipped(&config, &gpu()).forward(Tensor::from_data(few(&pictures).into_data(), &gpu()));
        let miss = miss(&values(ours), &values(net.forward(few(&pictures))));
        assert!(
            miss < 1e-4,
            "{data:?}: the GPU's logits are off by {miss:e}"
        );
    }
}

#[test]
fn grey_noise_and_pictures_over_each_other_are_no_digits_to_it() {
    let device = Device::flex();
    let net = shipped(&config(GanVariant::Gan, GanData::Digits), &device);
    let (digits, labels) = all(&Pictures::digits(120, 28, 5_000_000), 10, &device);
    let blended = (0..3).map(|k| digits.clone().narrow(0, 37 * k, 40));
    let blended = blended.reduce(|a, b| a + b).expect("three") / 3.0;
    let grey = Tensor::<4>::zeros([40, 1, 28, 28], &device);
    for (what, pictures) in [("grey", grey), ("three digits", blended)] {
        let seen = judged(&net, pictures, &labels[..40]);
        eprintln!("{what}: {seen:?}");
        assert!(seen.confident < 0.2, "{what}: {seen:?}");
    }
}

#[test]
fn a_run_says_of_real_pictures_how_many_the_classifier_recognises() {
    let device = Device::flex();
    for (variant, data) in [
        (GanVariant::Cgan, GanData::Digits),
        (GanVariant::Dcgan, GanData::Scenes),
    ] {
        let config = config(variant, data);
        let learnt = Drawer::new(&config).expect("drawn").finish();
        let held = Drawer::held(&config, 120).expect("drawn").finish();
        let net = shipped(&config, &device);
        let (pictures, labels) = all(&held, net.config().classes, &device);
        let truth = judged(&net, pictures, &labels);
        let data = Dataset::Pictures(learnt);
        let mut job = Gan::new(&config, data, Some(held), None, &device).expect("sound settings");
        job.judged_by(net);
        let told = look(&mut job);
        eprintln!("{variant:?}: {told:?}");
        assert_eq!(told["agreement_real"], truth.agreement);
        assert!(told["agreement_real"] >= 0.97, "{told:?}");
        // A generator that was never taught asks nobody for a label, and is not taken for one that was.
        match variant {
            GanVariant::Cgan => assert!(told["agreement"] <= 0.2, "{told:?}"),
            _ => assert!(!told.contains_key("agreement"), "{told:?}"),
        }
        assert!(told["confident"] < 0.1, "{told:?}");
        assert!(told["classes_seen"] <= told["classes"], "{told:?}");
    }
}

#[test]
fn a_generator_that_ignores_its_label_agrees_with_one_in_ten() {
    let device = Device::flex();
    let net = shipped(&config(GanVariant::Cgan, GanData::Digits), &device);
    let (digits, drawn) = all(&Pictures::digits(300, 28, 6_000_000), 10, &device);
    // Every class is asked for as often in every class that is drawn.
    let asked: Vec<_> = (0..300).map(|i| (i / 10 % 10) as u8).collect();
    let seen = judged(&net, digits.clone(), &asked);
    let told = judged(&net, digits, &drawn);
    eprintln!("ignored {seen:?}, obeyed {told:?}");
    assert!((seen.agreement - 0.1).abs() < 0.01, "{seen:?}");
    assert!(told.agreement >= 0.97, "{told:?}");
}

#[test]
fn real_pictures_in_any_order_are_judged_by_their_own_labels() {
    let device = Device::flex();
    let config = config(GanVariant::Cgan, GanData::Digits);
    let net = shipped(&config, &device);
    let learnt = Drawer::new(&config).expect("drawn").finish();
    let drawn = Drawer::held(&config, 60).expect("drawn").finish();
    // Six of each class, one class after the other.
    let area = 28 * 28;
    let mut held = Pictures::new(1, 28, 10);
    for i in (0..10).flat_map(|class| (0..6).map(move |k| 10 * k + class)) {
        held.push(&drawn.values()[i * area..][..area], drawn.labels()[i]);
    }
    let data = Dataset::Pictures(learnt);
    let mut job = Gan::new(&config, data, Some(held), None, &device).expect("sound settings");
    job.judged_by(net);
    let told = look(&mut job);
    eprintln!("{told:?}");
    assert!(told["agreement_real"] >= 0.97, "{told:?}");
}

#[test]
fn the_shipped_judge_sees_every_attribute_of_freshly_drawn_captions() {
    let device = Device::flex();
    let file = std::fs::read(root().join("weights/attributes-captions.safetensors"));
    let judge = Judge::read(&file.expect("the judge"), &device).expect("the judge");
    let drawn = CaptionDrawer::new(SIZE, 100, 5_000_000).finish();
    let numbers: Vec<usize> = (0..drawn.len()).collect();
    let captions: Vec<_> = numbers.iter().map(|n| drawn.caption(*n)).collect();
    let seen = judge.agreement(drawn.at(&numbers, &device), &captions);
    eprintln!("{seen:?}");
    // 0.992 and more of a thousand others.
    assert!(seen.iter().all(|share| *share >= 0.95), "{seen:?}");
    let mean = seen.iter().sum::<f32>() / seen.len() as f32;
    assert!(mean >= 0.97, "{mean} on average");
    // Of pictures of other captions it sees what is there, not what is said.
    let mut others = captions.clone();
    others.rotate_left(1);
    let wrong = judge.agreement(drawn.at(&numbers, &device), &others);
    assert!(wrong.iter().all(|share| *share < 0.6), "{wrong:?}");
}
