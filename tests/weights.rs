//! The manifest against its files, and files of weights that must be refused.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use common::{root, shared, values};
use easel::data::dataset::Dataset;
use easel::error::Error;
use easel::jobs::{
    CycleganTrainer, GanTrainer, Pix2pixTrainer, ProganTrainer, StackganTrainer, classifier_of,
};
use easel::models::{Architecture, ClassifierConfig, FeatureNetwork};
use easel::protocol::{GanConfig, GanData, JobConfig, Pooling};
use easel::weights::{Header, MAX_HEADER, Weights, manifest, sha256, verify, write_f16};
use safetensors::SafeTensors;
use serde_json::Value;

fn code(result: Result<impl Sized, Error>) -> &'static str {
    match result {
        Err(e @ Error::BadWeights { .. }) => e.code(),
        Err(e) => panic!("not about weights: {e}"),
        Ok(_) => "accepted",
    }
}

/// A file of the given shapes with small values.
fn file(shapes: &[(String, Vec<usize>)]) -> Vec<u8> {
    let tensor = |(name, shape): &(String, Vec<usize>)| {
        let n: usize = shape.iter().product();
        let value = |i: usize| ((i * 2_654_435_761) % 1000) as f32 / 1e5 - 0.005;
        let values: Vec<f32> = (0..n).map(value).collect();
        (name.clone(), TensorData::new(values, shape.clone()))
    };
    let tensors: Vec<_> = shapes.iter().map(tensor).collect();
    write_f16(&tensors, BTreeMap::new()).expect("small values")
}

/// The shapes that an architecture uses.
fn shapes(net: Architecture) -> Vec<(String, Vec<usize>)> {
    net.expected()
        .into_iter()
        .filter(|e| e.used)
        .map(|e| (e.name, e.shape))
        .collect()
}

fn read(bytes: &[u8]) -> Result<(Architecture, Weights), Error> {
    let mut found = None;
    let weights = Weights::read("dropped.safetensors", bytes, |header| {
        let net = Architecture::of(header)?;
        found = Some(net);
        Ok(net.expected())
    })?;
    Ok((found.expect("read asks for it"), weights))
}

fn load(bytes: &[u8]) -> Result<FeatureNetwork, Error> {
    let (net, weights) = read(bytes)?;
    net.load(&weights, &Device::flex())
}

#[test]
fn every_model_of_the_manifest_is_there_whole_and_loads() {
    let models = manifest();
    assert!(!models.is_empty());
    for model in models {
        let bytes = std::fs::read(root().join("weights").join(&model.file)).expect(&model.file);
        verify(&model, &bytes).expect(&model.file);
        if model.architecture == "classifier" {
            names_classes(&model.id, &model.file, &bytes);
        } else if model.job == "gan" {
            begins_a_run(&model.id, &model.file, &bytes);
        } else if model.architecture == model.job {
            begins_a_translation(&model.job, &model.file, &bytes);
        } else {
            let net = Architecture::named(&model.architecture).expect(&model.architecture);
            let weights =
                Weights::read(&model.file, &bytes, |_| Ok(net.expected())).expect(&model.file);
            net.load(&weights, &Device::flex()).expect(&model.file);
        }
        let card =
            std::fs::read_to_string(root().join("weights").join(&model.card)).expect(&model.card);
        for part in [
            "Licence",
            "Trained on",
            "Credits",
            "Input",
            "Quality",
            "cargo run",
        ] {
            assert!(
                card.contains(part),
                "{} says nothing of: {part}",
                model.card
            );
        }
        assert!(
            card.contains(&model.sha256),
            "{} is the card of another file",
            model.card
        );
    }
}

#[test]
fn the_feature_network_keeps_its_budget() {
    let model = manifest()
        .into_iter()
        .find(|m| m.id == "features")
        .expect("it ships");
    assert!(model.bytes < 3_000_000, "{} bytes", model.bytes);
    let net = Architecture::named("features").expect("known");
    let numbers: usize = net
        .expected()
        .iter()
        .map(|e| e.shape.iter().product::<usize>())
        .sum();
    assert!(numbers <= 1_500_000, "{numbers} parameters");
}

/// A start fits the defaults of the variant and the data in its id, and no others.
fn begins_a_run(id: &str, name: &str, file: &[u8]) {
    let (variant, data) = id.split_once('-').expect("variant-data");
    let text = format!(r#"{{"job":"gan","variant":"{variant}","data":"{data}"}}"#);
    let Ok(JobConfig::Gan(config)) = serde_json::from_str(&text) else {
        panic!("{id} names no variant and data");
    };
    let (shape, classes) = Dataset::kind(&config);
    let start = |config: &GanConfig| {
        let run = GanTrainer::new(config, shape, classes, &Device::flex());
        run.expect("the defaults").begin_with(name, file)
    };
    start(&config).expect(name);
    let other = GanConfig {
        latent: config.latent + 1,
        ..config
    };
    assert_eq!(code(start(&other)), "weights-shape");
}

/// A start fits the settings that it carries, and no others.
fn begins_a_translation(job: &str, name: &str, file: &[u8]) {
    let (_, header) = SafeTensors::read_metadata(file).expect(name);
    let carried = header.metadata().as_ref().expect("settings");
    let mut settings: Value = serde_json::from_str(&carried["easel"]).expect("settings");
    settings["job"] = job.into();
    let start = |settings: &Value| match serde_json::from_value(settings.clone()) {
        Ok(JobConfig::Pix2pix(config)) => {
            let run = Pix2pixTrainer::new(&config, &Device::flex());
            run.expect(name).begin_with(name, file)
        }
        Ok(JobConfig::Progan(config)) => {
            let run = ProganTrainer::new(&config, 3, &Device::flex());
            run.expect(name).begin_with(name, file)
        }
        Ok(JobConfig::Cyclegan(config)) => {
            let run = CycleganTrainer::new(&config, &Device::flex());
            run.expect(name).begin_with(name, file)
        }
        Ok(JobConfig::Stackgan(config)) => {
            let run = StackganTrainer::new(&config, &Device::flex());
            run.expect(name).begin_with(name, file)
        }
        other => panic!("{name} holds the settings of {other:?}"),
    };
    start(&settings).expect(name);
    let width = match job {
        "progan" => "latent",
        _ => "width",
    };
    settings[width] = (settings[width].as_u64().expect("a number") + 1).into();
    assert_eq!(code(start(&settings)), "weights-shape");
}

/// A classifier is that of the data in its id, in the size of the defaults, and of no other.
fn names_classes(id: &str, name: &str, file: &[u8]) {
    let data = match id {
        "classifier-digits" => GanData::Digits,
        "classifier-scenes" => GanData::Scenes,
        _ => panic!("{id} names no data"),
    };
    let config = GanConfig::of(None, Some(data));
    let (found, settings) = classifier_of(&config).expect("there is one");
    assert_eq!(found, id);
    settings.read(name, file, &Device::flex()).expect(name);
    let numbers = |e: easel::weights::Expected| e.shape.iter().product::<usize>();
    let count: usize = settings.expected().into_iter().map(numbers).sum();
    assert!((20_000..60_000).contains(&count), "{count} numbers");
    let other = ClassifierConfig {
        classes: settings.classes + 1,
        ..settings
    };
    let refused = other.read(name, file, &Device::flex());
    assert_eq!(code(refused), "weights-shape");
    let other = GanConfig { size: 64, ..config };
    assert_eq!(classifier_of(&other), None);
}

#[test]
fn a_flipped_bit_and_a_lost_byte_are_refused() {
    let model = manifest().remove(0);
    let bytes = std::fs::read(root().join("weights").join(&model.file)).expect("it ships");
    for i in 0..100 {
        let mut flipped = bytes.clone();
        let at = i * 7919 % bytes.len();
        flipped[at] ^= 1 << (i % 8);
        assert_eq!(code(verify(&model, &flipped)), "weights-hash", "byte {at}");
    }
    for i in 0..20 {
        let cut = &bytes[..bytes.len() * i / 20];
        assert_eq!(code(verify(&model, cut)), "weights-truncated");
    }
}

#[test]
fn files_of_torchvisions_shapes_are_recognised_and_loaded() {
    for name in ["vgg16", "vgg19", "squeezenet1_1", "features"] {
        let net = Architecture::named(name).expect("known");
        let bytes = file(&shapes(net));
        let (found, weights) = read(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(found, net);
        found.load(&weights, &Device::flex()).expect(name);
    }
}

/// Shapes only: the classifier alone has half a gigabyte.
#[test]
fn a_whole_vgg19_is_accepted_and_only_the_used_part_is_read() {
    let net = Architecture::named("vgg19").expect("known");
    let (mut text, mut at) = (serde_json::Map::new(), 0_usize);
    for e in net.expected() {
        let end = at + 4 * e.shape.iter().product::<usize>();
        let entry =
            serde_json::json!({ "dtype": "F32", "shape": e.shape, "data_offsets": [at, end] });
        text.insert(e.name, entry);
        at = end;
    }
    let text = serde_json::to_vec(&text).expect("plain data");
    let size = 8 + text.len() as u64 + at as u64;
    assert!(size > 570_000_000, "{size}");
    Header::length("vgg19", &(text.len() as u64).to_le_bytes(), size).expect("below the limits");
    let header = Header::parse("vgg19", &text, size).expect("a good header");
    assert_eq!(Architecture::of(&header).expect("known"), net);
    let ranges = header.check(&net.expected()).expect("the right shapes");
    let used: u64 = ranges.values().map(|r| r.end - r.start).sum();
    assert_eq!(used, 4 * 12_944_960);
}

#[test]
fn wrong_shapes_names_and_values_are_refused() {
    let good = shapes(Architecture::named("squeezenet1_1").expect("known"));
    assert_eq!(code(load(&file(&good))), "accepted");

    let mut shape = good.clone();
    shape[3].1[0] += 1;
    assert_eq!(code(load(&file(&shape))), "weights-shape");

    let mut missing = good.clone();
    missing.pop();
    assert_eq!(code(load(&file(&missing))), "weights-names");

    let mut unknown = good.clone();
    unknown.push(("features.99.weight".into(), vec![2, 2]));
    assert_eq!(code(load(&file(&unknown))), "weights-names");

    let other = [("model.layer.weight".to_owned(), vec![4, 4])];
    assert_eq!(code(load(&file(&other))), "weights-unknown");
    let scalar = [("features.0.weight".to_owned(), vec![])];
    assert_eq!(code(load(&file(&scalar))), "weights-unknown");

    let mut nan = file(&good);
    let end = nan.len();
    nan[end - 2..].copy_from_slice(&half::f16::NAN.to_le_bytes());
    assert_eq!(code(load(&nan)), "weights-not-finite");
}

#[test]
fn broken_files_are_refused() {
    let good = file(&shapes(Architecture::named("features").expect("known")));
    assert_eq!(code(load(&[])), "weights-truncated");
    assert_eq!(code(load(&good[..5])), "weights-truncated");
    assert_eq!(code(load(&good[..100])), "weights-truncated");
    assert_eq!(code(load(&good[..good.len() - 1])), "weights-truncated");
    let mut long = good.clone();
    long.extend([0; 16]);
    assert_eq!(code(load(&long)), "weights-truncated");
    let mut oversized = good.clone();
    oversized[..8].copy_from_slice(&(MAX_HEADER + 1).to_le_bytes());
    assert_eq!(code(load(&oversized)), "weights-header");
    let mut broken = good.clone();
    broken[20] = b'"';
    assert_eq!(code(load(&broken)), "weights-header");
    let text = b"\x10\0\0\0\0\0\0\0this is no header";
    assert_eq!(code(load(text)), "weights-unknown");
}

/// No bit of a header is spare: JSON allows nothing but spaces as padding, every name is used and
/// unknown ones are refused, no other number or type fits the data, and this file has no free text.
#[test]
fn every_flipped_bit_of_a_header_is_refused() {
    let mut bytes = file(&shapes(Architecture::named("features").expect("known")));
    let header = 8 + u64::from_le_bytes(*bytes.first_chunk().expect("8 bytes")) as usize;
    let refusals = ["weights-unknown", "weights-header", "weights-names"];
    for at in 0..header {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let found = code(load(&bytes));
            assert!(refusals.contains(&found), "bit {bit} of byte {at}: {found}");
            bytes[at] ^= 1 << bit;
        }
    }
    assert_eq!(code(load(&bytes)), "accepted");
}

#[test]
fn sha256_of_nothing_is_the_known_one() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(sha256(b""), empty);
}

/// The published network itself: the features of a fixed picture are finite and, by the ReLU, not
/// negative, and its strict loading takes the classifier along without reading it.
#[test]
fn squeezenet_itself_loads_and_sees() {
    let test = "squeezenet_itself_loads_and_sees";
    let Some(path) = shared(test, "weights/squeezenet1_1.safetensors") else {
        return;
    };
    let net = load(&std::fs::read(path).expect("readable")).expect("it is squeezenet1_1");
    let layers = Architecture::SqueezeNet.layers();
    let image = Tensor::<4>::ones([1, 3, 64, 64], &Device::flex()) * 0.5;
    let taps = net.forward(image, &layers, Pooling::Max);
    assert_eq!(taps.len(), layers.len());
    for (layer, features) in taps {
        let v = values(features);
        assert!(v.iter().all(|v| v.is_finite() && *v >= 0.0), "{layer}");
        assert!(v.iter().any(|v| *v > 0.0), "{layer} sees nothing");
    }
}
