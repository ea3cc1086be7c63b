//! Trained generators on pictures: PyTorch's files draw what PyTorch draws (`tests/fixtures/make_stylize.py`); bands give
//! what the whole gives; every size; files that are refused; live controls. In `variants`, other layouts for the kernels, and what
//! the shipped generators leave in a picture.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

#[path = "../common/mod.rs"]
mod common;
mod variants;

use std::collections::BTreeMap;
use std::rc::Rc;

use burn::tensor::{Device, TensorData};
use common::{Goldens, gpu, root};
use easel::data::scenes::Scene;
use easel::data::seed::Seed;
use easel::error::Error;
use easel::jobs::{
    Job, Memory, Network, PictureGenerator, Status, Stylize, estimate_stylize,
    read_picture_generator,
};
use easel::models::{JohnsonConfig, ResnetGeneratorConfig, UnetConfig};
use easel::ops::Variant;
use easel::protocol::StylizeConfig;
use easel::weights::{Expected, safetensors_of, write_f32};
use image::{DynamicImage, Rgba, RgbaImage};
use safetensors::SafeTensors;
use serde_json::json;

/// More than any of these pictures takes.
const PLENTY: Memory = Memory {
    binding: 1 << 30,
    all: 4 << 30,
};

fn fixture(name: &str) -> Vec<u8> {
    let path = root().join(format!("tests/fixtures/stylize/{name}.pth"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn read(name: &str, file: &[u8], device: &Device) -> Result<PictureGenerator, Error> {
    read_picture_generator(name, file, "", Variant::DEFAULT, device)
}

fn network(name: &str, device: &Device) -> Rc<PictureGenerator> {
    let read = read(&format!("{name}.pth"), &fixture(name), device);
    Rc::new(read.unwrap_or_else(|e| panic!("{e}")))
}

fn plain() -> StylizeConfig {
    StylizeConfig {
        dropout: false,
        ..StylizeConfig::default()
    }
}

fn scene(width: u32, height: u32) -> RgbaImage {
    let scene = Scene::new("lake", 1).expect("a scene").photo(width, height);
    DynamicImage::from(scene).into_rgba8()
}

fn start(
    config: StylizeConfig,
    picture: &RgbaImage,
    net: &Rc<PictureGenerator>,
    memory: Memory,
    device: &Device,
) -> Stylize {
    Stylize::new(config, picture, net.clone(), memory, device).unwrap_or_else(|e| panic!("{e}"))
}

fn shown(job: &Stylize) -> RgbaImage {
    let preview = job.preview();
    let [h, w] = preview.dims();
    let data = preview.into_data();
    let bytes = data.iter::<i32>().flat_map(i32::to_le_bytes).collect();
    RgbaImage::from_raw(w as u32, h as u32, bytes).expect("as many bytes as pixels")
}

fn finish(job: &mut Stylize) -> RgbaImage {
    let of = job.progress().of;
    for _ in 1..of {
        assert_eq!(job.step().expect("a step"), Status::Running);
    }
    assert_eq!(job.step().expect("the last step"), Status::Done, "of {of}");
    let progress = job.progress();
    assert_eq!(progress.step, of);
    let missing = (progress.done - progress.total).abs() / progress.total;
    assert!(missing < 1e-9, "{progress:?}");
    shown(job)
}

fn draw(
    config: StylizeConfig,
    picture: &RgbaImage,
    net: &Rc<PictureGenerator>,
    memory: Memory,
    device: &Device,
) -> RgbaImage {
    finish(&mut start(config, picture, net, memory, device))
}

/// In 8-bit steps: the mean and the largest.
fn difference(a: &RgbaImage, b: &RgbaImage) -> (f64, u8) {
    assert_eq!(a.dimensions(), b.dimensions());
    let all = a.as_raw().iter().zip(b.as_raw());
    let apart: Vec<_> = all.map(|(a, b)| a.abs_diff(*b)).collect();
    let sum: u64 = apart.iter().map(|d| u64::from(*d)).sum();
    (
        sum as f64 / apart.len() as f64,
        *apart.iter().max().expect("a pixel"),
    )
}

/// A golden picture `[1, 3, H, W]` in 0..1.
fn golden(goldens: &Goldens, name: &str) -> RgbaImage {
    let data = goldens.data(name);
    let [_, _, h, w] = data.shape()[..] else {
        panic!("{name} is no picture");
    };
    let values: Vec<f32> = data.iter().collect();
    RgbaImage::from_fn(w as u32, h as u32, |x, y| {
        let at = |c: usize| values[(c * h + y as usize) * w + x as usize];
        let byte = |c| (at(c) * 255.0).round() as u8;
        Rgba([byte(0), byte(1), byte(2), 255])
    })
}

#[test]
fn generators_of_pytorchs_files_draw_what_pytorch_draws_with_them() {
    let goldens = Goldens::read("stylize.safetensors");
    let device = Device::flex();
    let resnet = |width, blocks| {
        Network::Resnet(ResnetGeneratorConfig {
            width,
            blocks,
            ..Default::default()
        })
    };
    let unet = |levels| {
        Network::Unet(UnetConfig {
            width: 1,
            levels,
            ..Default::default()
        })
    };
    for (name, kind) in [
        ("resnet", resnet(2, 6)),
        // The second convolution of a block has moved.
        ("dropout", resnet(1, 2)),
        // Running statistics of instance norms that are never used.
        ("old", resnet(1, 2)),
        ("wrapped", resnet(1, 2)),
        // Of the picture, not the running ones.
        ("batch", resnet(1, 2)),
        // Without padding layers the convolutions of a block have moved, too.
        ("zeros", resnet(1, 2)),
        ("unet", unet(6)),
        ("unet_instance", unet(5)),
        (
            "johnson",
            Network::Johnson(JohnsonConfig {
                width: 1,
                blocks: 2,
            }),
        ),
    ] {
        let net = network(name, &device);
        assert_eq!(net.network, kind, "{name}");
        let picture = golden(&goldens, &format!("{name}.input"));
        let drawn = draw(plain(), &picture, &net, PLENTY, &device);
        let (mean, most) = difference(&drawn, &golden(&goldens, &format!("{name}.output")));
        eprintln!("{name}: {mean:.4} steps of 255, {most} at most");
        // Sums in another order may round to the next step.
        assert!(
            most <= 1 && mean < 0.02,
            "{name}: {mean} in the mean, {most} at most"
        );
    }
}

/// A network of random weights with which every layer matters.
fn random(expected: Vec<Expected>, device: &Device) -> Rc<PictureGenerator> {
    let mut seed = Seed::new(3);
    let mut tensor = |e: Expected| {
        let count = e.shape.iter().product();
        let (mean, deviation) = match (e.shape.len(), e.name.rsplit('.').next()) {
            (4, _) => (
                0.0,
                (2.0 / (e.shape[1..].iter().product::<usize>() as f32)).sqrt(),
            ),
            (_, Some("weight" | "running_var")) => (1.0, 0.2),
            _ => (0.0, 0.1),
        };
        let numbers: Vec<f32> = (0..count)
            .map(|_| mean + deviation * seed.normal())
            .collect();
        (e.name, TensorData::new(numbers, e.shape))
    };
    let used = expected.into_iter().filter(|e| e.used);
    let tensors: Vec<_> = used.map(&mut tensor).collect();
    let file = write_f32(&tensors, BTreeMap::new()).expect("f32");
    Rc::new(read("random", &file, device).expect("known"))
}

#[test]
fn bands_give_what_the_whole_picture_gives() {
    let device = gpu();
    let resnet = ResnetGeneratorConfig {
        width: 8,
        blocks: 2,
        ..Default::default()
    };
    let unet = UnetConfig {
        width: 8,
        levels: 5,
        ..Default::default()
    };
    let johnson = JohnsonConfig {
        width: 8,
        blocks: 1,
    };
    let upsampling = ResnetGeneratorConfig {
        upsample: true,
        ..resnet
    };
    for (name, expected, (width, height)) in [
        ("resnet", resnet.expected(), (36, 53)),
        (
            "resnet that doubles pixels",
            upsampling.expected(),
            (37, 30),
        ),
        ("unet", unet.expected(), (61, 40)),
        ("johnson", johnson.expected(), (45, 30)),
    ] {
        let net = random(expected, &device);
        let picture = scene(width, height);
        // A buffer holds just the picture, so that bands have a few rows.
        let little = Memory {
            binding: 4 * 64 * 64,
            all: 1 << 40,
        };
        let mut whole = start(plain(), &picture, &net, PLENTY, &device);
        let layers = whole.progress().of;
        let whole = finish(&mut whole);
        let mut bands = start(plain(), &picture, &net, little, &device);
        let of = bands.progress().of;
        assert!(of >= 3 * layers, "{name}: {of} bands for {layers} layers");
        let (mean, most) = difference(&finish(&mut bands), &whole);
        eprintln!("{name}: {of} bands of {layers} layers, {mean:.5} steps of 255, {most} at most");
        assert!(
            mean < 0.01 && most <= 1,
            "{name}: {mean} in the mean, {most} at most"
        );
        if name == "unet" {
            continue;
        }
        // Without keeping what is large and cheap: the same, for more work and less memory.
        let takes = |all| {
            estimate_stylize(
                &plain(),
                &net,
                (width, height),
                Memory { all, ..little },
                None,
            )
            .expect("sound")
        };
        let (kept, again) = (takes(1 << 40), takes(1));
        assert!(
            again.bytes < kept.bytes && again.flops > kept.flops,
            "{again:?} {kept:?}"
        );
        let all = Memory {
            all: again.bytes,
            ..little
        };
        let (mean, most) = difference(&draw(plain(), &picture, &net, all, &device), &whole);
        eprintln!("{name}, computed again: {mean:.5} steps of 255, {most} at most");
        assert!(
            mean < 0.01 && most <= 1,
            "{name}: {mean} in the mean, {most} at most"
        );
    }
}

#[test]
fn pictures_of_every_size_become_pictures_of_the_same_size() {
    let device = Device::flex();
    for name in ["resnet", "unet", "johnson"] {
        let net = network(name, &device);
        for (w, h) in [(37, 53), (1, 300), (300, 1), (1, 1), (8, 8)] {
            let picture = scene(w.max(8), h.max(8));
            let picture = image::imageops::crop_imm(&picture, 0, 0, w, h).to_image();
            let drawn = draw(plain(), &picture, &net, PLENTY, &device);
            assert_eq!(drawn.dimensions(), (w, h), "{name}");
        }
        let config = StylizeConfig {
            side: 40,
            ..plain()
        };
        let drawn = draw(config, &scene(60, 30), &net, PLENTY, &device);
        assert_eq!(drawn.dimensions(), (40, 20), "{name}");
    }
}

#[test]
fn a_picture_that_does_not_divide_is_drawn_as_the_middle_of_its_mirrored_one() {
    let device = Device::flex();
    let net = network("resnet", &device);
    let part = scene(61, 46);
    // 64 x 48 px, with a column and a row before it.
    let mirrored = RgbaImage::from_fn(64, 48, |x, y| {
        let place = |at: u32, side: u32| match at {
            0 => 1,
            _ if at > side => 2 * side - 1 - at,
            _ => at - 1,
        };
        *part.get_pixel(place(x, 61), place(y, 46))
    });
    let whole = draw(plain(), &mirrored, &net, PLENTY, &device);
    let whole = image::imageops::crop_imm(&whole, 1, 1, 61, 46).to_image();
    assert_eq!(draw(plain(), &part, &net, PLENTY, &device), whole);
}

#[test]
fn what_does_not_fit_is_refused_with_the_largest_side_that_does() {
    let device = Device::flex();
    let net = network("resnet", &device);
    let memory = Memory {
        binding: 128 << 20,
        all: 200 << 20,
    };
    let estimate = |side| {
        let config = StylizeConfig { side, ..plain() };
        estimate_stylize(&config, &net, (4000, 3000), memory, Some(1e9)).expect("sound")
    };
    let whole = estimate(0);
    assert_eq!((whole.width, whole.height, whole.fits), (4000, 3000, false));
    let largest = estimate(whole.largest);
    assert!(
        largest.fits && whole.largest >= 512,
        "{whole:?} {largest:?}"
    );
    assert!(!estimate(whole.largest + 8).fits, "{}", whole.largest);
    assert!(largest.seconds.is_some_and(|s| s > 0.0), "{largest:?}");
    let picture = RgbaImage::new(2000, 3000);
    match Stylize::new(plain(), &picture, net.clone(), memory, &device) {
        Err(Error::TooLarge {
            size: 3000,
            largest,
        }) => assert!(largest < 3000, "{largest}"),
        Err(e) => panic!("{e}"),
        Ok(_) => panic!("it was taken"),
    }
    // At the reference's full width in a browser that gives least: 12 megapixels in bands.
    let net = full();
    let browser = Memory::of(128 << 20, 256 << 20);
    let estimate = estimate_stylize(&plain(), &net, (2048, 2048), browser, None).expect("sound");
    eprintln!(
        "2048 px at width 64: {} MB, {} MB the largest",
        estimate.bytes >> 20,
        estimate.largest_buffer >> 20
    );
    assert!(estimate.fits && estimate.bytes < 1700 << 20, "{estimate:?}");
    let desktop = Memory::of(1 << 30, 1 << 30);
    let estimate = estimate_stylize(&plain(), &net, (4000, 3000), desktop, None).expect("sound");
    eprintln!("4000 x 3000 at width 64: {} MB", estimate.bytes >> 20);
    assert!(estimate.fits, "{estimate:?}");
}

/// The paper's for 256 px, with nothing in it.
fn full() -> Rc<PictureGenerator> {
    let config = ResnetGeneratorConfig::default();
    let expected = config.expected().into_iter().filter(|e| e.used);
    let zeros = expected.map(|e| {
        let count = e.shape.iter().product();
        (e.name, TensorData::new(vec![0.0_f32; count], e.shape))
    });
    let file = write_f32(&zeros.collect::<Vec<_>>(), BTreeMap::new()).expect("f32");
    Rc::new(read("full", &file, &Device::flex()).expect("known"))
}

type Tensors = BTreeMap<String, (Vec<f32>, Vec<usize>)>;

/// All tensors of a fixture.
fn tensors(name: &str) -> Tensors {
    let file = fixture(name);
    let file = safetensors_of(name, &file).expect("a state dict");
    let all = SafeTensors::deserialize(&file).expect("safetensors");
    let number = |b: &[u8; 4]| f32::from_le_bytes(*b);
    let read = all.iter().map(|(name, view)| {
        let numbers = view.data().as_chunks().0.iter().map(number);
        (name.to_owned(), (numbers.collect(), view.shape().to_vec()))
    });
    read.collect()
}

fn file(tensors: &Tensors, note: Option<&str>) -> Vec<u8> {
    let all: Vec<_> = { tensors.iter() }
        .map(|(name, (numbers, shape))| {
            (
                name.clone(),
                TensorData::new(numbers.clone(), shape.clone()),
            )
        })
        .collect();
    let note = note.map(|note| ("easel".to_owned(), note.to_owned()));
    write_f32(&all, note.into_iter().collect()).expect("f32")
}

#[test]
fn broken_and_foreign_files_are_refused_by_name() {
    let refused = |name: &str, change: &dyn Fn(&mut Tensors)| {
        let mut all = tensors(name);
        change(&mut all);
        match read("broken", &file(&all, None), &Device::flex()) {
            Err(e @ Error::BadWeights { .. }) => (e.code(), e.to_string()),
            Err(e) => panic!("not about a file: {e}"),
            Ok(_) => panic!("it was taken"),
        }
    };
    let missing = |tensor: &'static str| {
        move |all: &mut Tensors| {
            all.remove(tensor).unwrap_or_else(|| panic!("{tensor}"));
        }
    };
    let told = |(code, text): (&str, String), expected: &str, part: &str| {
        assert_eq!(code, expected, "{text}");
        assert!(text.contains(part), "{text}");
    };
    for (name, tensor) in [
        ("resnet", "model.15.conv_block.5.weight"),
        ("resnet", "model.4.bias"),
        ("dropout", "model.11.conv_block.6.weight"),
        ("batch", "model.12.weight"),
        ("unet", "model.model.1.model.3.model.5.weight"),
        ("johnson", "res2.conv1.conv2d.bias"),
    ] {
        told(refused(name, &missing(tensor)), "weights-names", tensor);
    }
    let wider = |all: &mut Tensors| {
        all.insert("model.7.bias".into(), (vec![0.0; 9], vec![9]));
    };
    told(refused("resnet", &wider), "weights-shape", "model.7.bias");
    let endless = |all: &mut Tensors| {
        all.get_mut("model.4.weight").expect("there").0[3] = f32::NAN;
    };
    told(
        refused("resnet", &endless),
        "weights-not-finite",
        "model.4.weight",
    );
    let more = |all: &mut Tensors| {
        all.insert("model.9.weight".into(), (vec![0.0], vec![1]));
    };
    told(refused("resnet", &more), "weights-names", "model.9.weight");
    told(
        refused("resnet", &missing("model.23.weight")),
        "weights-generator",
        "model.23.weight",
    );
    let other = |all: &mut Tensors| {
        all.clear();
        all.insert(
            "features.0.weight".into(),
            (vec![0.0; 27], vec![1, 3, 3, 3]),
        );
    };
    told(
        refused("resnet", &other),
        "weights-generator",
        "no generator of pictures",
    );
}

#[test]
fn of_several_generators_in_a_file_one_is_chosen_by_its_name() {
    let device = Device::flex();
    let mut all = Tensors::new();
    for (before, of) in [("G_A.", "wrapped"), ("G_B.", "resnet")] {
        for (name, tensor) in tensors(of) {
            all.insert(format!("{before}{name}"), tensor);
        }
    }
    all.insert(
        "D_A.model.0.weight".into(),
        (vec![0.0; 48], vec![1, 3, 4, 4]),
    );
    let file = file(&all, Some(r#"{"batch":1}"#));
    let read = |name: &str| read_picture_generator("both", &file, name, Variant::DEFAULT, &device);
    let first = read("").expect("known");
    assert_eq!(
        (first.name.as_str(), first.names.as_slice()),
        ("G_A", &["G_A".to_owned(), "G_B".to_owned()][..])
    );
    let second = Rc::new(read("G_B").expect("known"));
    let picture = scene(24, 16);
    let drawn = |net: &Rc<PictureGenerator>| draw(plain(), &picture, net, PLENTY, &device);
    assert_eq!(drawn(&second), drawn(&network("resnet", &device)));
    assert_eq!(drawn(&Rc::new(first)), drawn(&network("wrapped", &device)));
    match read("G_C") {
        Err(Error::BadSetting {
            name: "generator",
            detail,
        }) => assert!(detail.contains("G_A, G_B"), "{detail}"),
        _ => panic!("there is no G_C"),
    }
}

#[test]
fn what_easel_trained_in_batches_takes_the_running_statistics() {
    let device = Device::flex();
    let picture = scene(24, 16);
    let with = |note: &str| {
        let net = read("ours", &file(&tensors("batch"), Some(note)), &device).expect("known");
        draw(plain(), &picture, &Rc::new(net), PLENTY, &device)
    };
    let (one, several) = (with(r#"{"batch":1}"#), with(r#"{"batch":4}"#));
    assert_eq!(
        one,
        draw(
            plain(),
            &picture,
            &network("batch", &device),
            PLENTY,
            &device
        )
    );
    // The fixture's running means are far off.
    let (mean, _) = difference(&one, &several);
    assert!(mean > 5.0, "{mean}");
}

#[test]
fn dropout_is_the_seeds_and_only_a_unets() {
    let device = Device::flex();
    let picture = scene(64, 64);
    let with = |name: &str, seed, dropout| {
        let config = StylizeConfig {
            seed,
            dropout,
            ..plain()
        };
        draw(config, &picture, &network(name, &device), PLENTY, &device)
    };
    assert_eq!(with("unet", 1, true), with("unet", 1, true));
    assert_ne!(with("unet", 1, true), with("unet", 2, true));
    assert_ne!(with("unet", 1, true), with("unet", 1, false));
    assert_eq!(with("dropout", 1, true), with("dropout", 1, false));
}

#[test]
fn strength_and_colours_change_what_is_shown_and_run_nothing_again() {
    let device = gpu();
    let net = network("resnet", &device);
    let mut picture = scene(40, 24);
    for (x, _, pixel) in picture.enumerate_pixels_mut() {
        pixel[3] = (x * 6) as u8;
    }
    let mut job = start(plain(), &picture, &net, PLENTY, &device);
    let alpha = |picture: &RgbaImage| picture.pixels().map(|p| p[3]).collect::<Vec<_>>();
    assert_eq!(shown(&job), picture, "before it is done");
    let drawn = finish(&mut job);
    assert_eq!(alpha(&drawn), alpha(&picture));
    assert!(difference(&drawn, &picture).0 > 5.0);
    let steps = job.progress().step;
    let mut tuned = |control: serde_json::Value| {
        job.tune(&control).unwrap_or_else(|e| panic!("{e}"));
        (shown(&job), job.progress().step)
    };
    assert_eq!(tuned(json!({ "strength": 0 })), (picture.clone(), steps));
    let (half, _) = tuned(json!({ "strength": 0.5 }));
    for ((half, from), to) in half.pixels().zip(picture.pixels()).zip(drawn.pixels()) {
        for c in 0..4 {
            let expected = if c == 3 {
                f32::from(from[3])
            } else {
                (f32::from(from[c]) + f32::from(to[c])) / 2.0
            };
            assert!(
                (f32::from(half[c]) - expected).abs() <= 0.51,
                "{half:?} of {from:?} and {to:?}"
            );
        }
    }
    let (kept, _) = tuned(json!({ "strength": 1, "keepColors": true }));
    let luminance =
        |p: &Rgba<u8>| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]);
    let mut inside = 0;
    for ((kept, from), to) in kept.pixels().zip(picture.pixels()).zip(drawn.pixels()) {
        if kept.0[..3].iter().any(|v| [0, 255].contains(v)) {
            continue;
        }
        inside += 1;
        assert!(
            (luminance(kept) - luminance(to)).abs() <= 1.0,
            "{kept:?} of {from:?} and {to:?}"
        );
        let chroma = |p: &Rgba<u8>| i32::from(p[0]) - i32::from(p[2]);
        assert!(
            (chroma(kept) - chroma(from)).abs() <= 1,
            "{kept:?} of {from:?}"
        );
    }
    assert!(inside > 300, "only {inside} pixels could be compared");
    assert_eq!(tuned(json!({ "keepColors": false })).0, drawn);
    for control in [
        json!({ "strength": 1.5 }),
        json!({ "strength": null }),
        json!({ "side": 64 }),
    ] {
        let refused = job.tune(&control);
        assert!(
            matches!(refused, Err(Error::BadSetting { .. })),
            "{control}"
        );
    }
    assert!(job.lasting());
}

#[test]
fn settings_out_of_range_are_refused() {
    let device = Device::flex();
    let net = network("wrapped", &device);
    for (name, config) in [
        ("side", StylizeConfig { side: 7, ..plain() }),
        (
            "side",
            StylizeConfig {
                side: 20_000,
                ..plain()
            },
        ),
        (
            "strength",
            StylizeConfig {
                strength: -0.1,
                ..plain()
            },
        ),
        (
            "strength",
            StylizeConfig {
                strength: f32::NAN,
                ..plain()
            },
        ),
    ] {
        match Stylize::new(config, &scene(16, 16), net.clone(), PLENTY, &device) {
            Err(Error::BadSetting { name: of, .. }) => assert_eq!(of, name),
            _ => panic!("{name} was taken"),
        }
    }
}
