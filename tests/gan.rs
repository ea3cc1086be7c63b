//! The GAN lab's training: it learns the ring, goes on from a saved state, refuses what does not fit.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use common::{gpu, miss, values};
use easel::data::dataset::{Dataset, Pictures};
use easel::data::points::{Coverage, Points};
use easel::data::seed::Seed;
use easel::jobs::{GanState, GanTrainer};
use easel::protocol::{GanConfig, GanNetwork, GanVariant, NoiseLabel, Objective, PictureLabel};

fn coverage(run: &GanTrainer, points: &Points) -> Coverage {
    let mut seed = Seed::new(99);
    let latent = run.config().latent as usize;
    let noise: Vec<f32> = (0..2000 * latent).map(|_| seed.normal()).collect();
    let noise = TensorData::new(noise, [2000, latent, 1, 1]);
    let noise = Tensor::from_data(noise, &Device::flex());
    let samples = values(run.sample(noise, &[0; 2000]));
    points.coverage(samples.as_chunks::<2>().0)
}

/// The first steps at which the ring is learnt, looked for every 500 until the default number.
#[test]
fn the_default_settings_learn_the_ring_on_three_of_three_seeds() {
    let (ring, device) = (Points::ring(), Device::flex());
    let data = Dataset::Points(ring.clone());
    for seed in 1..=3 {
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
}

/// Everything that the run is, by name.
fn state(run: &GanTrainer) -> (GanState, Vec<(String, TensorData)>) {
    let (state, tensors) = run.save();
    let read = tensors.into_iter().map(|(name, x)| (name, x.into_data()));
    (state, read.collect())
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
    let points = GanConfig {
        steps: 6,
        ..GanConfig::points()
    };
    vec![
        ("gan", minimax, digits.clone()),
        ("dcgan", small(GanVariant::Dcgan), digits.clone()),
        ("lsgan", small(GanVariant::Lsgan), digits.clone()),
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
        let (saved, tensors) = state(&first);
        let file = saved.write(&tensors).expect("all of them f32");
        let (saved, tensors) = GanState::read(&file).expect("just written");
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
    let (saved, tensors) = state(&run);
    let file = saved.write(&tensors).expect("all of them f32");
    let refused = |saved: &GanState, change: &dyn Fn(&mut BTreeMap<String, Vec<f32>>)| {
        let (_, mut tensors) = GanState::read(&file).expect("just written");
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
    for bytes in [&file[..40], &file[..file.len() - 1], b"nothing"] {
        let error = GanState::read(bytes)
            .expect_err("a broken file")
            .to_string();
        assert!(error.contains("cannot be continued"), "{error}");
    }
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
