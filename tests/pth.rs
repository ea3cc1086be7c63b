//! Generators out of PyTorch's files draw what PyTorch draws with them (`tests/fixtures/make_pth.py`); hostile files are
//! refused; what a run exports begins another one.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Device, TensorData};
use common::{Goldens, assert_close, root, shared, values};
use easel::data::dataset::{Dataset, Drawer, Pictures};
use easel::data::points::Points;
use easel::data::seed::Seed;
use easel::error::Error;
use easel::jobs::{Gan, GanTrainer, Job, TrainedGenerator, read_generator};
use easel::protocol::{GanConfig, GanData, GanNetwork, GanVariant, NoiseLabel, PictureLabel};
use easel::session::networks_file;
use easel::weights::{safetensors_of, write_f32};
use safetensors::SafeTensors;

fn fixture(name: &str) -> Vec<u8> {
    let path = root().join("tests/fixtures/pth").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn read(name: &str, file: &[u8]) -> Result<TrainedGenerator, Error> {
    read_generator(name, file, &Device::flex())
}

fn refusal(result: Result<impl Sized, Error>) -> (&'static str, String) {
    match result {
        Err(e @ Error::BadWeights { .. }) => (e.code(), e.to_string()),
        Err(e) => panic!("not about a file: {e}"),
        Ok(_) => panic!("it was taken"),
    }
}

/// A few sums of float32 in another order.
const PARITY: f32 = 1e-5;

fn draws_as_pytorch(case: &str, net: &TrainedGenerator) -> Vec<f32> {
    let goldens = Goldens::read("pth.safetensors");
    let noise = goldens.tensor::<4>(&format!("{case}.noise"), &Device::flex());
    let labels = match net.classes {
        1 => vec![0; noise.dims()[0]],
        _ => {
            let labels = goldens.values(&format!("{case}.labels")).into_iter();
            labels.map(|label| label as u8).collect()
        }
    };
    assert_eq!(net.config.latent as usize, noise.dims()[1], "{case}");
    let drawn = net.draw(noise, &labels);
    assert_eq!(drawn.dims()[1..], net.shape, "{case}");
    let drawn = values(drawn);
    let truth = goldens.values(&format!("{case}.output"));
    let miss = common::miss(&drawn, &truth);
    eprintln!("{case}: off by {miss:e}");
    assert_close(case, &drawn, &truth, PARITY);
    drawn
}

#[test]
fn generators_of_pytorchs_files_draw_what_pytorch_draws_with_them() {
    use GanNetwork::{Dcgan, Mlp};
    for (name, shape, classes, network, width) in [
        // Of the example, 64 px.
        ("example", [3, 64, 64], 1, Dcgan, 1),
        // In a training's dictionary, wrapped by DataParallel, 28 px.
        ("wrapped", [1, 28, 28], 1, Dcgan, 2),
        // PyTorch-GAN's, in half precision.
        ("dense", [1, 8, 8], 10, Mlp, 32),
        ("upsampling", [1, 28, 28], 10, Dcgan, 3),
        // Strides of its own, with biases, in double precision.
        ("unpadded", [1, 28, 28], 1, Dcgan, 1),
    ] {
        let file = format!("{name}.pth");
        let net = read(&file, &fixture(&file)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(
            (net.shape, net.classes, net.config.network, net.config.width),
            (shape, classes, network, width),
            "{name}"
        );
        assert_eq!(net.config.size as usize, shape[1], "{name}");
        draws_as_pytorch(name, &net);
    }
}

#[test]
fn published_generators_draw_the_digits_they_should() {
    let test = "published_generators_draw_the_digits_they_should";
    for (case, path, latent, classes) in [
        ("published.unpadded", "digitdcgan-ryhan", 64, 1),
        ("published.upsampling", "mnist-cwgan-hayato", 10, 10),
    ] {
        let path = format!("weights/pth/{path}/generator.pth");
        let Some(file) = shared(test, &path) else {
            return;
        };
        let net = read(&path, &std::fs::read(file).expect("readable")).expect("known");
        assert_eq!(
            (net.config.latent, net.classes),
            (latent, classes),
            "{case}"
        );
        let drawn = draws_as_pytorch(case, &net);
        // Digits are strokes on black: most of the picture is black, the strokes are white.
        let share = |least: f32| {
            let bright = drawn.iter().filter(|v| **v > least).count();
            bright as f32 / drawn.len() as f32
        };
        let (bright, lit) = (share(0.5), share(-0.9));
        eprintln!("{case}: {bright:.3} bright, {lit:.3} not black");
        assert!((0.05..0.2).contains(&bright), "{case}: {bright} bright");
        assert!(lit < 0.4, "{case}: {lit} not black");
    }
}

#[test]
fn numbers_of_every_layout_and_type_are_read_as_pytorch_reads_them() {
    let file = fixture("views.pth");
    let read = safetensors_of("views.pth", &file).expect("a dictionary of tensors");
    let read = SafeTensors::deserialize(&read).expect("just written");
    let goldens = Goldens::read("pth.safetensors");
    let mut names = read.names();
    names.sort_unstable();
    let expected = [
        "bfloat",
        "column",
        "double",
        "half",
        "inner.nothing",
        "parameter",
        "repeated",
        "scalar",
        "slice",
        "transposed",
    ];
    assert_eq!(names, expected, "integers are left out");
    for name in names {
        let view = read.tensor(name).expect("named");
        if name == "inner.nothing" {
            assert_eq!((view.shape(), view.data().len()), (&[0, 3][..], 0));
            continue;
        }
        let truth = goldens.data(&format!("views.{name}"));
        assert_eq!(view.shape(), &truth.shape()[..], "{name}");
        assert_eq!(view.data(), truth.as_bytes(), "{name}");
    }
}

/// All tensors of a file of safetensors under other names.
fn renamed(file: &[u8], name: impl Fn(&str) -> String) -> Vec<u8> {
    let all = SafeTensors::deserialize(file).expect("safetensors");
    let tensors: Vec<_> = { all.iter() }
        .map(|(old, view)| {
            let numbers = view.data().as_chunks().0.iter();
            let numbers: Vec<_> = numbers.map(|b| f32::from_le_bytes(*b)).collect();
            (name(old), TensorData::new(numbers, view.shape().to_vec()))
        })
        .collect();
    write_f32(&tensors, BTreeMap::new()).expect("f32")
}

#[test]
fn safetensors_with_the_references_names_or_other_names_in_order_are_read_as_well() {
    let file = fixture("example.pth");
    let file = safetensors_of("example.pth", &file).expect("a state dict");
    let plain = read("example.safetensors", &file).expect("known");
    draws_as_pytorch("example", &plain);
    let wrapped = renamed(&file, |name| format!("netG.module.{name}"));
    draws_as_pytorch("example", &read("wrapped", &wrapped).expect("known"));
    // `main.3` and `main.4` become `tconv2` and `bn2`; sorted by name, all norms come first.
    let named = renamed(&file, |name| {
        let mut parts = name.split('.');
        let index: usize = parts.nth(1).and_then(|i| i.parse().ok()).expect("main.N");
        let kind = if index.is_multiple_of(3) {
            "tconv"
        } else {
            "bn"
        };
        format!("{kind}{}.{}", index / 3 + 1, parts.next().expect("a part"))
    });
    draws_as_pytorch("example", &read("named", &named).expect("known"));
}

#[test]
fn files_that_are_no_state_dicts_or_no_known_generators_are_refused_with_the_reason() {
    let refused = |name: &str, file: &[u8]| refusal(read(name, file));
    let told = |(code, text): (&'static str, String), expected: &str, part: &str| {
        assert_eq!(code, expected, "{text}");
        assert!(text.contains(part), "{text}");
    };
    let pickle = "weights-pickle";
    told(
        refused("legacy.pth", &fixture("legacy.pth")),
        pickle,
        "before PyTorch 1.6",
    );
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    told(refused("old.tar", &tar), pickle, "before PyTorch 1.6");
    let whole = refused("whole.pth", &fixture("whole.pth"));
    told(whole, pickle, "torch.nn.modules.container.Sequential");
    told(
        refused("bare.pkl", b"\x80\x02}q\x00."),
        pickle,
        "bare pickle",
    );
    told(refused("none.pth", b""), "weights-truncated", "0 bytes");

    let generator = "weights-generator";
    told(
        refused("views.pth", &fixture("views.pth")),
        generator,
        "inner.nothing is empty",
    );
    let layers = |shapes: &[(&str, &[usize])]| {
        let zeros = |(name, shape): &(&str, &[usize])| {
            let count = shape.iter().product();
            (
                (*name).to_owned(),
                TensorData::new(vec![0.0_f32; count], shape.to_vec()),
            )
        };
        let all: Vec<_> = shapes.iter().map(zeros).collect();
        refused("made", &write_f32(&all, BTreeMap::new()).expect("f32"))
    };
    let fives: &[(&str, &[usize])] = &[
        ("main.0.weight", &[2, 2, 5, 5]),
        ("main.1.weight", &[2, 1, 5, 5]),
    ];
    told(layers(fives), generator, "kernels of [5, 5]");
    let gap: &[(&str, &[usize])] = &[
        ("main.0.weight", &[2, 2, 7, 7]),
        ("main.2.weight", &[3, 1, 4, 4]),
    ];
    told(layers(gap), generator, "main.2 of shape [3, 1, 4, 4]");
    let sixteen: &[(&str, &[usize])] = &[
        ("main.0.weight", &[2, 2, 4, 4]),
        ("main.2.weight", &[2, 1, 4, 4]),
    ];
    told(layers(sixteen), generator, "28, 32 or 64 px");
    told(
        layers(&[("fc.weight", &[7, 3])]),
        generator,
        "7 values are no square picture",
    );
    told(
        layers(&[("fc.weight", &[64, 3])]),
        generator,
        "generatorWidths: []",
    );
    told(
        layers(&[("label_emb.weight", &[])]),
        generator,
        "no generator",
    );
    told(
        layers(&[("main.weight_orig", &[2, 1, 28, 28])]),
        generator,
        "main.weight_orig",
    );
}

/// A zip of stored files, with the sizes as they are.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in files {
        let (at, length) = (bytes.len() as u32, data.len() as u32);
        let mut sizes = vec![0; 14];
        sizes.extend(length.to_le_bytes());
        sizes.extend(length.to_le_bytes());
        sizes.extend((name.len() as u16).to_le_bytes());
        sizes.extend([0; 2]);
        // In front of the sizes: flags, method, time and sum, all zero here.
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&sizes[0..26]);
        bytes.extend(name.as_bytes());
        bytes.extend(*data);
        directory.extend(b"PK\x01\x02\0\0");
        directory.extend(&sizes);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, length) = (bytes.len() as u32, directory.len() as u32);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        bytes.extend((files.len() as u16).to_le_bytes());
    }
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// A `.pth` with one storage of four numbers and such a pickle.
fn made(pickle: &[u8]) -> Vec<u8> {
    let numbers: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    zip(&[("net/data.pkl", pickle), ("net/data/0", &numbers)])
}

/// `{"x": tensor}` with shape and strides as instructions that push their numbers.
fn tensor(offset: &[u8], shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let text = |t: &str| {
        [
            b"X",
            (t.len() as u32).to_le_bytes().as_slice(),
            t.as_bytes(),
        ]
        .concat()
    };
    [
        b"\x80\x02}".as_slice(),
        &text("x"),
        b"ctorch._utils\n_rebuild_tensor_v2\n((",
        &text("storage"),
        b"ctorch\nFloatStorage\n",
        &text("0"),
        &text("cpu"),
        b"K\x04tQ",
        offset,
        b"(",
        shape,
        b"t(",
        strides,
        b"t\x89}tRs.",
    ]
    .concat()
}

#[test]
fn hostile_pickles_are_refused_before_anything_is_built_of_them() {
    let taken = |pickle: &[u8]| safetensors_of("made.pth", &made(pickle)).map(|file| file.len());
    assert!(taken(&tensor(b"K\x00", b"K\x02K\x02", b"K\x02K\x01")).is_ok());
    let huge = b"J\xff\xff\xff\x7f".as_slice();
    let most = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f".as_slice();
    let nines = [huge; 9].concat();
    let (deep, wide) = (
        [b"\x80\x02)".as_slice(), &[0x85; 1_000_000], b"."].concat(),
        vec![b'('; 3 << 20],
    );
    let cases: [(&str, Vec<u8>, &str); 18] = [
        (
            "a shape beyond memory",
            tensor(b"K\x00", &[huge; 3].concat(), b"K\x00K\x00K\x00"),
            "weights-header",
        ),
        (
            "a number of one step repeated",
            tensor(b"K\x00", huge, b"K\x00"),
            "weights-header",
        ),
        (
            "a shape that overflows",
            tensor(b"K\x00", &[most; 3].concat(), b"K\x01K\x01K\x01"),
            "weights-header",
        ),
        (
            "more than the storage",
            tensor(b"K\x00", b"K\x05", b"K\x01"),
            "weights-truncated",
        ),
        (
            "beyond the storage",
            tensor(b"K\x04", b"K\x01", b"K\x01"),
            "weights-truncated",
        ),
        (
            "an offset that overflows",
            tensor(most, b"K\x02", most),
            "weights-truncated",
        ),
        (
            "a negative offset",
            tensor(b"J\xff\xff\xff\xff", b"K\x01", b"K\x01"),
            "weights-pickle",
        ),
        (
            "nine dimensions",
            tensor(b"K\x00", &nines, &nines),
            "weights-pickle",
        ),
        (
            "fewer strides",
            tensor(b"K\x00", b"K\x02K\x02", b"K\x01"),
            "weights-pickle",
        ),
        (
            "a call",
            b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.".to_vec(),
            "weights-pickle",
        ),
        (
            "an unknown instruction",
            b"\x80\x02}\x93.".to_vec(),
            "weights-pickle",
        ),
        (
            "a dictionary in itself",
            b"\x80\x02}q\0X\x01\0\0\0ah\0s.".to_vec(),
            "weights-pickle",
        ),
        ("tuples in tuples", deep, "weights-pickle"),
        ("a long pickle", wide, "weights-pickle"),
        ("marks alone", b"\x80\x02(((t.".to_vec(), "weights-pickle"),
        ("an empty stack", b"\x80\x02.".to_vec(), "weights-pickle"),
        (
            "a text that is cut off",
            b"\x80\x02X\xff\xff\xff\xffab".to_vec(),
            "weights-pickle",
        ),
        ("no pickle", Vec::new(), "weights-pickle"),
    ];
    for (what, pickle, expected) in cases {
        let (code, text) = refusal(taken(&pickle));
        assert_eq!(code, expected, "{what}: {text}");
    }
    let call = refusal(taken(b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.")).1;
    assert!(call.contains("os.system"), "{call}");
    // The zip itself: no pickle, two, one that is packed, a storage that is missing.
    let pickle = tensor(b"K\x00", b"K\x02", b"K\x01");
    let of = |files: &[(&str, &[u8])]| refusal(safetensors_of("zip", &zip(files))).0;
    assert_eq!(of(&[("a.txt", b"text")]), "weights-pickle");
    assert_eq!(
        of(&[("a/data.pkl", &pickle), ("b/data.pkl", &pickle)]),
        "weights-pickle"
    );
    assert_eq!(of(&[("a/data.pkl", &pickle)]), "weights-truncated");
    assert_eq!(
        of(&[("a/data.pkl", &pickle), ("a/data.pkl", &pickle)]),
        "weights-truncated"
    );
    assert_eq!(
        of(&[("a/data.pkl", &pickle), ("a/byteorder", b"big")]),
        "weights-pickle"
    );
    let mut packed = made(&pickle);
    let entry = packed
        .windows(4)
        .position(|w| w == b"PK\x01\x02")
        .expect("a directory");
    packed[entry + 10] = 8;
    assert_eq!(
        refusal(safetensors_of("zip", &packed)).0,
        "weights-truncated"
    );
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let mut file = fixture("example.pth");
    let numbers = safetensors_of("example.pth", &file)
        .expect("sound")
        .into_owned();
    let all = SafeTensors::deserialize(&numbers).expect("safetensors");
    let wanted = &all.tensor("main.0.weight").expect("there").data()[..64];
    let at = { file.windows(64) }.position(|w| w == wanted);
    let at = at.expect("the numbers are stored as they are");
    file[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(refusal(read("example.pth", &file)).0, "weights-not-finite");
}

#[test]
fn damaged_files_are_refused_or_read_but_never_more() {
    let mut seed = Seed::new(5);
    let (mut refused, mut taken) = (0, 0);
    let mut tell = |result: Result<TrainedGenerator, Error>| match result {
        Err(Error::BadWeights { .. }) => refused += 1,
        Err(e) => panic!("not about the file: {e}"),
        Ok(_) => taken += 1,
    };
    for name in ["dense.pth", "unpadded.pth"] {
        let file = fixture(name);
        for end in (0..file.len()).step_by(37) {
            tell(read(name, &file[..end]));
        }
        let pickle = file
            .windows(2)
            .position(|w| w == b"\x80\x02")
            .expect("a pickle");
        for i in 0..600 {
            let mut damaged = file.clone();
            // Mostly where the structure is: the pickle, and the directory at the end.
            let place = match i % 3 {
                0 => pickle + seed.below(1500),
                1 => file.len() - 1 - seed.below(1200),
                _ => seed.below(file.len()),
            };
            damaged[place] ^= 1 << seed.below(8);
            tell(read(name, &damaged));
        }
    }
    eprintln!("{refused} refused, {taken} read");
    // Flipped bits of numbers are numbers; a file that is cut off is never whole.
    assert!(
        refused > 600 && taken > 100,
        "{refused} refused, {taken} read"
    );
}

/// A small run of each kind on its data.
fn runs() -> Vec<(&'static str, GanConfig, Dataset)> {
    let digits = Dataset::Pictures(Pictures::digits(40, 28, 1));
    let small = |variant| GanConfig {
        data: GanData::Digits,
        size: 28,
        batch: 4,
        steps: 4,
        latent: 6,
        width: 2,
        generator_widths: vec![8, 9],
        discriminator_widths: vec![9, 8],
        ..GanConfig::reference(variant)
    };
    let convolutional = GanConfig {
        network: GanNetwork::Dcgan,
        noise_label: NoiseLabel::Multiplied,
        picture_label: PictureLabel::Channel,
        ..small(GanVariant::Cgan)
    };
    let points = Dataset::Points(Points::ring());
    vec![
        ("gan", small(GanVariant::Gan), digits.clone()),
        ("dcgan", small(GanVariant::Dcgan), digits.clone()),
        ("cgan", small(GanVariant::Cgan), digits.clone()),
        ("convolutional cgan", convolutional, digits),
        (
            "points",
            GanConfig {
                steps: 4,
                ..GanConfig::points()
            },
            points,
        ),
    ]
}

#[test]
fn exported_networks_begin_a_run_that_draws_the_same_and_are_read_as_a_generator() {
    let device = Device::flex();
    for (name, config, data) in runs() {
        let (shape, classes) = (data.shape(), data.classes());
        let mut job = Gan::new(&config, data, None, None, &device).expect("sound settings");
        for _ in 0..3 {
            job.step().expect("a step");
        }
        let file = pollster::block_on(networks_file(&job)).expect("it trains networks");
        let net = read(name, &file).unwrap_or_else(|e| panic!("{name}: {e}"));
        let labelled = config.variant == GanVariant::Cgan;
        assert_eq!(net.config, config, "{name}");
        assert_eq!(
            (net.shape, net.classes),
            (shape, if labelled { classes } else { 1 }),
            "{name}"
        );
        let other = GanConfig { seed: 9, ..config };
        let mut run = GanTrainer::new(&other, shape, classes, &device).expect("sound settings");
        let (noise, labels) = run.fixed(20);
        let drawn = |run: &GanTrainer| values(run.sample(noise.clone(), &labels));
        let fresh = drawn(&run);
        run.begin_with(name, &file)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        // So many are normalised by their own statistics, as the first run's samples are.
        assert_eq!(drawn(&run), drawn(job.trainer()), "{name}");
        assert_ne!(drawn(&run), fresh, "{name}");
        // A few are drawn by the statistics that the file has.
        let (few, labels) = (noise.clone().narrow(0, 0, 5), &labels[..5]);
        let of_file = values(net.draw(few.clone(), labels));
        assert_eq!(values(run.sample(few, labels)), of_file, "{name}");
        let (width, latent) = (other.width + 1, other.latent + 1);
        let unfit = GanConfig {
            width,
            latent,
            ..other
        };
        let mut unfit = GanTrainer::new(&unfit, shape, classes, &device).expect("sound settings");
        assert_eq!(
            refusal(unfit.begin_with(name, &file)).0,
            "weights-shape",
            "{name}"
        );
    }
}

#[test]
fn a_generator_alone_begins_a_run_that_it_fits_and_no_other() {
    let device = Device::flex();
    let config = GanConfig {
        size: 64,
        count: 4,
        batch: 2,
        latent: 5,
        width: 1,
        ..GanConfig::reference(GanVariant::Dcgan)
    };
    let data = Dataset::Pictures(Drawer::new(&config).expect("scenes are drawn").finish());
    let file = fixture("example.pth");
    let run = GanTrainer::new(&config, data.shape(), data.classes(), &device);
    let mut run = run.expect("sound settings");
    run.begin_with("example.pth", &file).expect("it fits");
    let noise = Goldens::read("pth.safetensors").tensor("example.noise", &device);
    let truth = Goldens::read("pth.safetensors").values("example.output");
    assert_close("example", &values(run.sample(noise, &[0])), &truth, PARITY);
    run.step(&data);
    let loss = values(run.metrics().expect("a step was done").g_loss.clone())[0];
    assert!(loss.is_finite(), "{loss}");
    let (code, text) = refusal(run.begin_with("wrapped.pth", &fixture("wrapped.pth")));
    assert_eq!(code, "weights-generator", "{text}");
    assert!(text.contains("no discriminator"), "{text}");
    // PyTorch-GAN's batch norms have another epsilon.
    let dense = GanConfig {
        data: GanData::Digits,
        size: 8,
        latent: 4,
        generator_widths: vec![6, 7],
        ..GanConfig::reference(GanVariant::Cgan)
    };
    let mut run = GanTrainer::new(&dense, [1, 8, 8], 10, &device).expect("sound settings");
    let (code, text) = refusal(run.begin_with("dense.pth", &fixture("dense.pth")));
    assert!(
        code == "weights-generator" && text.contains("epsilon"),
        "{code}: {text}"
    );
}
