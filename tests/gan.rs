//! The GAN lab's training: it learns the ring, goes on from a saved state, refuses what does not fit.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use common::{gpu, miss, values};
use easel::data::dataset::{Dataset, Drawer, Pictures};
use easel::data::points::{Coverage, Points};
use easel::data::seed::Seed;
use easel::jobs::{Gan, GanState, GanTrainer, Job, Told};
use easel::protocol::{
    GanConfig, GanData, GanNetwork, GanVariant, JobConfig, Learning, NoiseLabel, Objective,
    PictureLabel,
};
use easel::weights::{Checkpoint, write_checkpoint};
use serde_json::json;

fn coverage(run: &GanTrainer, points: &Points) -> Coverage {
    let mut seed = Seed::new(99);
    let latent = run.config().latent as usize;
    let noise: Vec<f32> = (0..2000 * latent).map(|_| seed.normal()).collect();
    let noise = TensorData::new(noise, [2000, latent, 1, 1]);
    let noise = Tensor::from_data(noise, &Device::flex());
    let samples = values(run.sample(noise, &[0; 2000]));
    points.coverage(samples.as_chunks::<2>().0)
}

/// Whether the default settings learn the ring, looked for every 500 steps until the default number.
fn learns_the_ring(seed: u32) {
    let (ring, device) = (Points::ring(), Device::flex());
    let data = Dataset::Points(ring.clone());
    let config = GanConfig {
        seed,
        ..GanConfig::points()
    };
    let mut run = fresh(&config, &data, &device);
    let learnt = |found: Coverage| found.covered >= 7 && found.near >= 0.8;
    let mut found = coverage(&run, &ring);
    assert!(!learnt(found), "before the first step: {found:?}");
    while run.steps() < config.steps && !learnt(found) {
        (0..500).for_each(|_| run.step(&data));
        found = coverage(&run, &ring);
    }
    eprintln!("seed {seed}: {found:?} after {} steps", run.steps());
    assert!(learnt(found), "seed {seed}: {found:?}");
}

#[test]
fn the_default_settings_learn_the_ring_from_the_first_seed() {
    learns_the_ring(1);
}

#[test]
fn the_default_settings_learn_the_ring_from_the_second_seed() {
    learns_the_ring(2);
}

#[test]
fn the_default_settings_learn_the_ring_from_the_third_seed() {
    learns_the_ring(3);
}

/// Everything that the run is, by name.
fn state(run: &GanTrainer) -> (GanState, Vec<(String, TensorData)>) {
    let (state, tensors) = run.save();
    let read = tensors.into_iter().map(|(name, x)| (name, x.into_data()));
    (state, read.collect())
}

/// The run as a checkpoint.
fn file(run: &GanTrainer) -> Vec<u8> {
    let (state, tensors) = state(run);
    let config = JobConfig::Gan(state.config.clone());
    write_checkpoint(&config, &state.meta(), &BTreeMap::new(), &tensors).expect("all of them f32")
}

fn read(file: &[u8]) -> (GanState, BTreeMap<String, Vec<f32>>) {
    let saved = Checkpoint::read(file).expect("just written");
    let JobConfig::Gan(config) = saved.config else {
        panic!("not a GAN: {:?}", saved.config);
    };
    let state = GanState::new(&config, saved.meta).expect("just written");
    (state, saved.tensors)
}

/// Every variant, small.
fn variants() -> Vec<(&'static str, GanConfig, Dataset)> {
    let digits = Dataset::Pictures(Pictures::digits(40, 28, 1));
    let small = |variant| GanConfig {
        batch: 4,
        steps: 6,
        latent: 6,
        width: 2,
        generator_widths: vec![8, 9],
        discriminator_widths: vec![9, 8, 7],
        instance_noise: 0.1,
        ..GanConfig::reference(variant)
    };
    let minimax = GanConfig {
        objective: Objective::Minimax,
        label_smoothing: 0.1,
        discriminator_steps: 2,
        ..small(GanVariant::Gan)
    };
    let convolutional = GanConfig {
        network: GanNetwork::Dcgan,
        noise_label: NoiseLabel::Multiplied,
        picture_label: PictureLabel::Channel,
        generator_first: false,
        ..small(GanVariant::Cgan)
    };
    let augmented = GanConfig {
        mirror: true,
        shift: 2,
        ..small(GanVariant::Lsgan)
    };
    let points = GanConfig {
        steps: 6,
        ..GanConfig::points()
    };
    vec![
        ("gan", minimax, digits.clone()),
        ("dcgan", small(GanVariant::Dcgan), digits.clone()),
        ("lsgan", augmented, digits.clone()),
        ("cgan", small(GanVariant::Cgan), digits.clone()),
        ("convolutional cgan", convolutional, digits),
        ("points", points, Dataset::Points(Points::moons())),
    ]
}

fn fresh(config: &GanConfig, data: &Dataset, device: &Device) -> GanTrainer {
    GanTrainer::new(config, data.shape(), data.classes(), device).expect("sound settings")
}

#[test]
fn a_run_saved_and_continued_equals_one_never_stopped_bit_by_bit() {
    let device = Device::flex();
    for (name, config, data) in variants() {
        let mut whole = fresh(&config, &data, &device);
        (0..6).for_each(|_| whole.step(&data));
        let mut first = fresh(&config, &data, &device);
        (0..3).for_each(|_| first.step(&data));
        let (saved, tensors) = read(&file(&first));
        let mut second = GanTrainer::load(&saved, tensors, &device).expect("just saved");
        (0..3).for_each(|_| second.step(&data));
        let ((a, x), (b, y)) = (state(&whole), state(&second));
        assert_eq!(a, b, "{name}");
        assert!(x.len() > 20, "{name}: {} tensors", x.len());
        for ((one, x), (other, y)) in x.iter().zip(&y) {
            assert_eq!(one, other);
            assert_eq!(x.as_bytes(), y.as_bytes(), "{name}: {one}");
        }
        let (noise, labels) = whole.fixed(5);
        let [a, b] = [&whole, &second].map(|run| values(run.sample(noise.clone(), &labels)));
        assert_eq!(a, b, "{name}");
        let spread = a.iter().fold(0.0_f32, |m, v| m.max((v - a[0]).abs()));
        assert!(spread > 1e-4, "{name}: samples are all {}", a[0]);
    }
}

#[test]
fn six_steps_on_the_gpu_follow_those_on_the_cpu() {
    for (name, config, data) in variants() {
        let run = |device: &Device| {
            let mut run = fresh(&config, &data, device);
            let mut seen = Vec::new();
            for _ in 0..6 {
                run.step(&data);
                let m = run.metrics().expect("a step was done").clone();
                let all = [m.d_loss, m.g_loss, m.d_real, m.d_fake, m.gradient];
                seen.extend(all.map(|x| values(x)[0]));
            }
            let (noise, labels) = run.fixed(4);
            (seen, values(run.sample(noise, &labels)))
        };
        let ((ours, drawn), (truth, samples)) = (run(&gpu()), run(&Device::flex()));
        let (miss, of_samples) = (miss(&ours, &truth), miss(&drawn, &samples));
        eprintln!("{name}: metrics {miss:e}, samples {of_samples:e}");
        assert!(of_samples < 2e-3, "{name}: samples off by {of_samples:e}");
        // Adam's first steps have the size of the rate whatever the gradient's (see tests/training.rs).
        assert!(miss < 2e-3, "{name}: off by {miss:e}: {ours:?}, {truth:?}");
    }
}

#[test]
fn least_squares_leaves_a_sure_discriminators_generator_more_gradient_than_minimax() {
    let data = Dataset::Points(Points::ring());
    let reached = |objective| {
        let config = GanConfig {
            objective,
            discriminator_steps: 5,
            generator_rate: 1e-6,
            discriminator_rate: 5e-3,
            ..GanConfig::points()
        };
        let mut run = fresh(&config, &data, &Device::flex());
        (0..60).for_each(|_| run.step(&data));
        let gradient = run.metrics().expect("steps were done").gradient.clone();
        values(gradient)[0]
    };
    let found = [
        Objective::Minimax,
        Objective::NonSaturating,
        Objective::LeastSquares,
    ]
    .map(reached);
    eprintln!("{found:?}");
    assert!(
        found[1] > 10.0 * found[0] && found[2] > 10.0 * found[0],
        "{found:?}"
    );
}

#[test]
fn a_state_that_does_not_fit_is_refused_by_name() {
    let device = Device::flex();
    let (_, config, data) = variants().swap_remove(3);
    let mut run = fresh(&config, &data, &device);
    run.step(&data);
    let file = file(&run);
    let (saved, _) = read(&file);
    type Tensors = BTreeMap<String, Vec<f32>>;
    let refused = |saved: &GanState, change: &dyn Fn(&mut Tensors)| {
        let (_, mut tensors) = read(&file);
        change(&mut tensors);
        let error = GanTrainer::load(saved, tensors, &device).expect_err("it does not fit");
        error.to_string()
    };
    let name = "generator.model.0.weight";
    let missing = refused(&saved, &|t| drop(t.remove(name)));
    assert!(
        missing.contains("generator.model.0.weight is missing"),
        "{missing}"
    );
    let short = refused(&saved, &|t| t.get_mut(name).expect("there").truncate(3));
    assert!(short.contains("cannot be continued"), "{short}");
    let foreign = refused(&saved, &|t| drop(t.insert("else".into(), vec![1.0])));
    assert!(foreign.contains("else belongs to nothing"), "{foreign}");
    let moments = refused(&saved, &|t| drop(t.remove("adam.generator.000")));
    assert!(moments.contains("optimisers"), "{moments}");
    let mut lying = saved.clone();
    lying.config.batch = 0;
    assert!(refused(&lying, &|_| ()).contains("batch"));
    lying = saved.clone();
    lying.classes = 0;
    assert!(refused(&lying, &|_| ()).contains("0 classes"));
    let error = GanState::new(&config, json!({ "step": 3 })).expect_err("a broken state");
    assert!(error.to_string().contains("cannot be continued"), "{error}");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut GanConfig), shape| {
        let mut config = GanConfig::reference(GanVariant::Dcgan);
        change(&mut config);
        let error = GanTrainer::new(&config, shape, 1, &Device::flex()).expect_err("refused");
        error.failure().subject.expect("a setting")
    };
    let picture = [3, 32, 32];
    assert_eq!(refused(&|c| c.batch = 1, picture), "batch");
    assert_eq!(refused(&|c| c.beta1 = f32::NAN, picture), "beta1");
    assert_eq!(
        refused(&|c| c.generator_widths = vec![0], picture),
        "generatorWidths"
    );
    assert_eq!(refused(&|_| (), [3, 30, 30]), "network");
}

#[test]
fn what_is_not_given_is_taken_from_the_defaults_of_the_variant_and_its_data() {
    let read = |text: &str| serde_json::from_str::<JobConfig>(text);
    let gan = |text: &str| match read(text) {
        Ok(JobConfig::Gan(config)) => config,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(gan(r#"{"job":"gan"}"#), GanConfig::points());
    let dcgan = gan(r#"{"job":"gan","variant":"dcgan","batch":8}"#);
    assert_eq!(
        (dcgan.data, dcgan.size, dcgan.batch),
        (GanData::Scenes, 32, 8)
    );
    assert_eq!(dcgan.network, GanNetwork::Dcgan);
    let lsgan = gan(r#"{"job":"gan","variant":"lsgan","data":"moons"}"#);
    assert_eq!(
        (lsgan.objective, lsgan.latent),
        (Objective::LeastSquares, 2)
    );
    for config in GanConfig::all() {
        let job = JobConfig::Gan(config.clone());
        let text = serde_json::to_string(&job).expect("plain data");
        assert_eq!(gan(&text), config);
    }
    for wrong in [
        r#"{"job":"gan","btch":8}"#,
        r#"{"job":"gan","variant":"wgan"}"#,
    ] {
        let error = read(wrong).expect_err("refused").to_string();
        assert!(error.contains("btch") || error.contains("wgan"), "{error}");
    }
}

/// The job of the page, driven by hand.
fn job(config: &GanConfig, device: &Device) -> Gan {
    let data = Dataset::points(config).unwrap_or_else(|| {
        Dataset::Pictures(
            Drawer::new(config)
                .expect("pictures that are drawn")
                .finish(),
        )
    });
    let held = Drawer::held(config, 40).map(Drawer::finish);
    Gan::new(config, data, held, None, device).expect("sound settings")
}

fn look(job: &mut Gan) -> Told {
    let seen = job.look().into_iter();
    job.tell(
        seen.map(|(name, x)| (name, x.into_data().iter().collect()))
            .collect(),
    )
}

#[test]
fn the_job_tells_what_its_view_is_drawn_from() {
    let device = Device::flex();
    let mut points = job(
        &GanConfig {
            batch: 16,
            ..GanConfig::points()
        },
        &device,
    );
    points.step().expect("a step");
    let told = look(&mut points);
    let lengths: BTreeMap<_, _> = told
        .plot
        .iter()
        .map(|(k, v)| (k.as_str(), v.len()))
        .collect();
    let expected = [
        ("fake", 800),
        ("field", 1600),
        ("from", 32),
        ("grid", 450),
        ("push", 32),
        ("real", 800),
    ];
    assert_eq!(lengths, BTreeMap::from(expected));
    assert!(told.plot["field"].iter().all(|p| (0.0..=1.0).contains(p)));
    assert_eq!(told.metrics["modes"], 8.0);
    // What does not change is told once.
    assert!(!look(&mut points).plot.contains_key("real"));

    let small = GanConfig {
        batch: 8,
        count: 40,
        width: 2,
        ..GanConfig::reference(GanVariant::Dcgan)
    };
    let mut pictures = job(&small, &device);
    pictures.step().expect("a step");
    let told = look(&mut pictures);
    for name in ["swd", "swd_real", "diversity"] {
        assert!(told.metrics[name] > 0.0, "{name} {:?}", told.metrics);
    }
    assert!(pictures.look().is_empty(), "not due again at once");
    for (job, dims) in [(&points, [120, 120]), (&pictures, [256, 256])] {
        assert_eq!(job.preview().dims(), dims);
        let progress = job.progress();
        assert_eq!([progress.height, progress.width].map(|n| n as usize), dims);
    }
}

#[test]
fn one_network_can_be_held_while_the_other_learns() {
    let device = Device::flex();
    let (_, config, data) = variants().swap_remove(1);
    for (learning, moves) in [
        (Learning::Generator, [true, false]),
        (Learning::Discriminator, [false, true]),
        (Learning::Both, [true, true]),
    ] {
        let config = GanConfig {
            learning,
            ..config.clone()
        };
        let mut run = fresh(&config, &data, &device);
        let weights = |run: &GanTrainer, part: &str| -> Vec<u8> {
            let (_, tensors) = state(run);
            let mine = tensors
                .into_iter()
                .filter(|(name, _)| name.starts_with(part) && name.ends_with("weight"));
            mine.flat_map(|(_, x)| x.as_bytes().to_vec()).collect()
        };
        let parts = ["generator.", "discriminator."];
        let before = parts.map(|part| weights(&run, part));
        run.step(&data);
        let after = parts.map(|part| weights(&run, part));
        assert_eq!([0, 1].map(|i| before[i] != after[i]), moves, "{learning:?}");
        // And such a run goes on from its file as well.
        let (saved, tensors) = read(&file(&run));
        GanTrainer::load(&saved, tensors, &device).expect("just saved");
    }
}
