//! CycleGAN: a step and what belongs to it against PyTorch (`tests/goldens/generate_cyclegan.py`), a run that goes on from
//! its file, what it learns, what it refuses.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use common::{Goldens, assert_close, gpu, miss, values};
use easel::data::dataset::Pictures;
use easel::data::seed::Seed;
use easel::data::unpaired::{Unpaired, UnpairedDrawer};
use easel::jobs::{
    Cyclegan, CycleganState, CycleganTrainer, Job, Memory, ReplayBuffer, Status, estimate_cyclegan,
};
use easel::models::{PatchDiscriminatorConfig, ResnetGeneratorConfig};
use easel::protocol::{CycleganConfig, CycleganTask, JobConfig, Learning, Objective, Sheet};
use easel::weights::{Checkpoint, Expected, write_checkpoint, write_f16};
use serde_json::json;

const NETWORKS: [&str; 4] = ["G_A.", "G_B.", "D_A.", "D_B."];

fn small() -> CycleganConfig {
    CycleganConfig {
        size: 32,
        count: 4,
        steps: 6,
        width: 2,
        discriminator_width: 2,
        blocks: 2,
        patch: 34,
        pool: 3,
        ..CycleganConfig::default()
    }
}

/// Waves with narrow crests, of A in red, of B in blue.
fn coloured(config: &CycleganConfig, count: usize) -> Unpaired {
    let (size, mut seed) = (config.size as usize, Seed::new(4));
    let mut side = |blue: bool| {
        let mut all = Pictures::new(3, size, 1);
        for _ in 0..count {
            let [across, down, phase] = [0.2, 0.2, 3.0].map(|most| seed.range(-most, most));
            let wave = |i: usize| {
                let at = (i % size) as f32 * across + (i / size) as f32 * down + phase;
                (0.5 + 0.5 * at.sin()).powi(3)
            };
            let at = |channel: usize, i: usize| match channel == if blue { 2 } else { 0 } {
                true => (80.0 + 170.0 * wave(i)) as u8,
                false => (20.0 + 60.0 * wave(i)) as u8,
            };
            let planes = (0..3).flat_map(|c| (0..size * size).map(move |i| at(c, i)));
            all.push(&planes.collect::<Vec<_>>(), 0);
        }
        all
    };
    let (learnt, held) = ([side(false), side(true)], side(false));
    // The same waves in the other colour.
    let mut truth = Pictures::new(3, size, 1);
    for picture in held.values().chunks_exact(3 * size * size) {
        let (red, rest) = picture.split_at(size * size);
        let (green, blue) = rest.split_at(size * size);
        truth.push(&[blue, green, red].concat(), 0);
    }
    Unpaired {
        learnt,
        held: [held, side(true)],
        truth: Some(truth),
    }
}

fn fresh(config: &CycleganConfig, device: &Device) -> CycleganTrainer {
    CycleganTrainer::new(config, device).expect("sound settings")
}

/// Losses by the reference's names.
fn metrics(run: &CycleganTrainer) -> BTreeMap<String, f32> {
    let m = run.metrics().expect("a step was done").clone();
    let mut all = BTreeMap::new();
    let mut add = |name: &str, [a, b]: [Tensor<1>; 2]| {
        all.insert(format!("{name}_A"), values(a)[0]);
        all.insert(format!("{name}_B"), values(b)[0]);
    };
    add("G", m.adversarial);
    add("cycle", m.cycle);
    add("D", m.discriminator);
    if let Some(identity) = m.identity {
        add("idt", identity);
    }
    all
}

fn state(run: &CycleganTrainer) -> (CycleganState, Vec<(String, TensorData)>) {
    let (state, tensors) = run.save();
    let read = tensors.into_iter().map(|(name, x)| (name, x.into_data()));
    (state, read.collect())
}

/// The run as a checkpoint.
fn file(run: &CycleganTrainer) -> Vec<u8> {
    let (state, tensors) = state(run);
    let config = JobConfig::Cyclegan(state.config.clone());
    write_checkpoint(&config, &state.meta(), &BTreeMap::new(), &tensors).expect("all of them f32")
}

type Tensors = BTreeMap<String, Vec<f32>>;

fn read(file: &[u8]) -> (CycleganState, Tensors) {
    let saved = Checkpoint::read(file).expect("just written");
    let JobConfig::Cyclegan(config) = saved.config else {
        panic!("not cyclegan: {:?}", saved.config);
    };
    let state = CycleganState::new(&config, saved.meta).expect("just written");
    (state, saved.tensors)
}

/// The networks of the goldens, whose widths are those of [`small`], before the first step.
fn golden(goldens: &Goldens, objective: Objective, device: &Device) -> CycleganTrainer {
    let config = CycleganConfig {
        objective,
        mirror: false,
        ..small()
    };
    let (mut state, tensors) = fresh(&config, device).save();
    state.learnt = [0, 0];
    let of_golden = tensors.into_iter().filter_map(|(name, x)| {
        let (network, rest) = name.split_once('.')?;
        let ours = NETWORKS.iter().any(|n| n.trim_end_matches('.') == network);
        let key = format!("{network}.state.{rest}");
        ours.then(|| {
            let values = goldens.values(&key);
            assert_eq!(values.len(), x.dims()[0], "{key}");
            (name, values)
        })
    });
    let tensors = of_golden.collect();
    CycleganTrainer::load(&state, tensors, device).expect("the reference's names")
}

#[test]
fn a_step_has_pytorchs_losses_and_gradients_of_all_four_networks() {
    let goldens = Goldens::read("cyclegan.safetensors");
    let side = |name: &str| {
        let mut pictures = Pictures::new(3, 32, 1);
        let values = goldens.values(name).into_iter().map(|v| v as u8);
        pictures.push(&values.collect::<Vec<_>>(), 0);
        pictures
    };
    let data = Unpaired {
        learnt: [side("A"), side("B")],
        held: [side("A"), side("B")],
        truth: None,
    };
    for (objective, name) in [
        (Objective::NonSaturating, "non-saturating"),
        (Objective::LeastSquares, "least-squares"),
    ] {
        let mut run = golden(&goldens, objective, &Device::flex());
        run.step(&data);
        let found = metrics(&run);
        assert_eq!(found.len(), 8);
        for (loss, value) in found {
            let truth = goldens.values(&format!("{name}.{loss}"));
            // Measured: 2e-7.
            assert_close(&loss, &[value], &truth, 5e-6);
        }
        if objective != Objective::LeastSquares {
            continue;
        }
        let (_, tensors) = state(&run);
        let tensors: BTreeMap<_, _> = tensors.into_iter().collect();
        let (mut worst, mut held) = (0.0_f32, 0);
        for (optimiser, pair) in [("adam.G.", ["G_A.", "G_B."]), ("adam.D.", ["D_A.", "D_B."])] {
            // Moments are in the order of the networks' layers.
            let names = run.trained().into_iter().map(|(name, ..)| name);
            let of = |name: &String| pair.iter().any(|network| name.starts_with(network));
            for (i, name) in names.filter(of).enumerate() {
                let (network, rest) = name.split_once('.').expect("a prefix");
                let key = format!("{network}.gradient.{rest}");
                let moments: Vec<f32> = tensors[&format!("{optimiser}{i:03}")].iter().collect();
                let n = moments.len() / 3;
                // What an instance norm makes idle has no gradient but rounding.
                if !goldens.names().contains(&key) {
                    let largest = moments[..n].iter().fold(0.0_f32, |m, x| m.max(x.abs()));
                    assert!(largest < 1e-5, "{name} has a gradient of {largest:e}");
                    continue;
                }
                // After one step the first moment is half of the gradient.
                let gradient: Vec<f32> = moments[..n].iter().map(|m| 2.0 * m).collect();
                worst = worst.max(miss(&gradient, &goldens.values(&key)));
                held += 1;
            }
        }
        assert_eq!(held, 2 * (10 + 1) + 2 * (4 + 2));
        // Measured: 2.6e-5.
        assert!(worst < 2e-4, "gradients are off by {worst:e}");
    }
}

#[test]
fn the_replay_buffer_shows_what_the_references_shows_for_the_same_random_numbers() {
    let (mut pool, mut seed) = (ReplayBuffer::default(), Seed::at(12345));
    let device = Device::flex();
    let mut shown = Vec::new();
    for batch in 0..20 {
        let numbers = (0..9).map(|i| (3 * batch + i / 3) as f32);
        let data = TensorData::new(numbers.collect::<Vec<_>>(), [3, 3, 1, 1]);
        let given = pool.query(Tensor::from_data(data, &device), 4, &mut seed);
        shown.extend(values(given).chunks_exact(3).map(|rgb| rgb[0]));
    }
    let truth = Goldens::read("cyclegan.safetensors").values("pool.shown");
    assert_eq!(shown, truth);
    // A smaller one forgets, and one of 0 shows what it is given.
    let picture = Tensor::full([1, 3, 1, 1], 7.0, &device);
    let _ = pool.query(picture.clone(), 2, &mut seed);
    assert_eq!(pool.len(), 2);
    assert_eq!(values(pool.query(picture, 0, &mut seed)), [7.0; 3]);
    assert!(pool.is_empty());
}

#[test]
fn rates_fall_as_pytorchs_scheduler_lets_them_fall_by_the_references_rule() {
    let goldens = Goldens::read("cyclegan.safetensors");
    for (constant, falling) in [(3, 4), (4, 4), (0, 5), (6, 0)] {
        let steps = constant + falling;
        let config = CycleganConfig {
            steps,
            decay: falling as f32 / steps as f32,
            ..small()
        };
        let found: Vec<_> = (0..steps).map(|step| config.factor(step)).collect();
        let truth = goldens.values(&format!("schedule.{constant}.{falling}"));
        assert_close("factors", &found, &truth, 1e-6);
    }
}

#[test]
fn networks_at_full_width_have_the_published_counts_and_a_step_costs_what_they_do() {
    let count = |all: Vec<Expected>| -> usize {
        let used = all.iter().filter(|e| e.used);
        used.map(|e| e.shape.iter().product::<usize>()).sum()
    };
    assert_eq!(
        count(ResnetGeneratorConfig::default().expected()),
        11_378_179
    );
    assert_eq!(
        count(PatchDiscriminatorConfig::default().expected()),
        2_764_737
    );
    let config = CycleganConfig {
        size: 256,
        width: 64,
        discriminator_width: 64,
        blocks: 9,
        ..CycleganConfig::default()
    };
    let memory = Memory::of(1 << 31, 1 << 31);
    let estimate = estimate_cyclegan(&config, memory).expect("sound settings");
    // By hand: 49.55 G multiply-adds of a generator, 18 times; 3.15 G of a discriminator, 16 times.
    let of_step = estimate.flops / f64::from(config.steps);
    assert!((1.884e12..1.885e12).contains(&of_step), "{of_step:e}");
    // Weights as by hand: twice 14.1 million numbers, 52 bytes each.
    assert!(estimate.bytes > 1_400_000_000, "{}", estimate.bytes);
}

#[test]
fn a_run_saved_and_continued_equals_one_never_stopped_bit_by_bit() {
    let device = Device::flex();
    let full = CycleganConfig {
        batch: 2,
        averaging: 0.9,
        ..small()
    };
    let bare = CycleganConfig {
        identity: 0.0,
        pool: 0,
        patch: 16,
        blocks: 1,
        decay: 1.0,
        objective: Objective::NonSaturating,
        ..small()
    };
    for (name, config) in [("full", full), ("bare", bare)] {
        let data = coloured(&config, 4);
        let mut whole = fresh(&config, &device);
        (0..5).for_each(|_| whole.step(&data));
        let mut first = fresh(&config, &device);
        (0..3).for_each(|_| first.step(&data));
        let (saved, tensors) = read(&file(&first));
        assert_eq!((saved.step, saved.learnt), (3, [3, 3]));
        let mut second = CycleganTrainer::load(&saved, tensors, &device).expect("just saved");
        (0..2).for_each(|_| second.step(&data));
        assert_eq!(file(&second), file(&whole), "{name}");
        let filled = if config.pool == 0 { 0 } else { 3 };
        assert_eq!(
            second.pools().each_ref().map(ReplayBuffer::len),
            [filled; 2]
        );
        assert_eq!(
            metrics(&whole).len(),
            if config.identity > 0.0 { 8 } else { 6 }
        );
    }
}

#[test]
fn a_seed_fixes_the_run_and_another_seed_changes_it() {
    let (data, device) = (coloured(&small(), 4), Device::flex());
    let run = |seed| {
        let mut run = fresh(&CycleganConfig { seed, ..small() }, &device);
        (0..2).for_each(|_| run.step(&data));
        metrics(&run)
    };
    let (one, again, other) = (run(1), run(1), run(2));
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[test]
fn the_gpu_follows_the_cpu() {
    let data = coloured(&small(), 4);
    let run = |device: &Device| {
        let mut run = fresh(&small(), device);
        (0..2).for_each(|_| run.step(&data));
        metrics(&run).into_values().collect::<Vec<_>>()
    };
    let (cpu, gpu) = (run(&Device::flex()), run(&gpu()));
    eprintln!("off by {:e}", miss(&gpu, &cpu));
    // Measured: 1e-7.
    assert_close("metrics", &gpu, &cpu, 1e-5);
}

#[test]
fn one_colour_is_turned_into_another_and_back_without_pairs() {
    let config = CycleganConfig {
        steps: 60,
        width: 4,
        discriminator_width: 4,
        blocks: 1,
        patch: 16,
        generator_rate: 5e-3,
        discriminator_rate: 5e-3,
        ..small()
    };
    let data = coloured(&config, 8);
    let mut job = Cyclegan::new(&config, data, None, &Device::flex()).expect("sound settings");
    let look = |job: &mut Cyclegan| {
        let seen = job.look().into_iter();
        let told = job.tell(seen.map(|(name, x)| (name, values(x))).collect());
        told.metrics
    };
    let before = look(&mut job);
    while job.step().expect("a step") == Status::Running {}
    let after = look(&mut job);
    let of = |name: &str| (before[name], after[name]);
    let ((l1, learnt), (cycle, back)) = (of("l1_held"), of("cycle_held"));
    let untouched = after["l1_untouched"];
    eprintln!("{l1} -> {learnt} of {untouched}, back {cycle} -> {back}");
    // Measured: 0.05 of 0.51, and 0.07.
    assert!(learnt < 0.3 * untouched, "{learnt} of {untouched}");
    assert!(back < 0.15, "{back}");
    assert!(after["rate"] < 0.05 * before["rate"], "{}", after["rate"]);
}

#[test]
fn a_job_shows_both_ways_both_buffers_and_all_opinions() {
    let config = small();
    let data = coloured(&config, 5);
    let device = gpu();
    let mut job = Cyclegan::new(&config, data.clone(), None, &device).expect("sound settings");
    job.step().expect("a step");
    let progress = job.progress();
    let preview = job.preview();
    assert_eq!(preview.dims(), [6 * 32, 3 * 32]);
    assert_eq!((progress.width, progress.height), (96, 192));
    let preview: Vec<i32> = preview.into_data().iter().collect();
    for (row, side) in [(0, &data.held[0]), (3 * 32, &data.held[1])] {
        let packed = preview[row * 96 + 31 * 96 + 31].to_le_bytes();
        let truth = [0, 1, 2].map(|c| side.values()[c * 1024 + 31 * 32 + 31]);
        let close = |(ours, truth): (&u8, &u8)| ours.abs_diff(*truth) <= 1;
        assert!(packed.iter().zip(&truth).all(close), "{packed:?} {truth:?}");
    }
    let buffer = job.sheet(Sheet::Buffer).expect("its buffers");
    assert_eq!(buffer.dims(), [2 * 32, 25 * 32]);
    let buffer: Vec<i32> = buffer.into_data().iter().collect();
    // One picture is in each; the next place is grey.
    let grey = i32::from_le_bytes([128, 128, 128, 255]);
    assert_eq!([buffer[40], buffer[32 * 800 + 40]], [grey; 2]);
    assert!(buffer[..32].iter().any(|pixel| *pixel != grey));
    let names: Vec<_> = job.metrics().into_iter().map(|(name, _)| name).collect();
    let all = [
        "d_a",
        "d_b",
        "g_a",
        "g_b",
        "cycle_a",
        "cycle_b",
        "identity_a",
        "identity_b",
    ];
    assert_eq!(names, all);
    let seen = job.look().into_iter().map(|(name, x)| (name, values(x)));
    let told = job.tell(seen.collect());
    assert_eq!(told.plot.len(), 4);
    for (name, map) in &told.plot {
        assert_eq!(map.len(), 36, "{name}");
        assert!(map.iter().all(|x| (0.0..=1.0).contains(x)), "{name}");
    }
    for name in ["l1_held", "l1_untouched", "cycle_held"] {
        assert!(told.metrics[name] > 0.0, "{name}");
    }
    // A step that failed is taken back to before the last one whose numbers were sound.
    job.keep();
    job.step().expect("a step");
    job.restore();
    assert_eq!(job.trainer().steps(), 0);
}

#[test]
fn its_networks_begin_another_run_and_are_refused_by_other_settings() {
    let (config, device) = (small(), Device::flex());
    let data = coloured(&config, 5);
    let mut job = Cyclegan::new(&config, data.clone(), None, &device).expect("sound settings");
    job.step().expect("a step");
    let networks = job.networks().expect("it trains four");
    let of_file: CycleganConfig = serde_json::from_str(&networks.settings).expect("its settings");
    assert_eq!(of_file, config);
    let tensors: Vec<_> = { networks.tensors.into_iter() }
        .map(|(name, x, shape)| (name, TensorData::new(values(x), shape)))
        .collect();
    for network in NETWORKS {
        assert!(tensors.iter().any(|(name, _)| name.starts_with(network)));
    }
    let file = write_f16(&tensors, BTreeMap::new()).expect("a file");
    let mut other = fresh(&config, &device);
    other.begin_with("start", &file).expect("its own networks");
    let given = data.held(true, &config, &device);
    let draw = |run: &CycleganTrainer| values(run.averaged()[1].forward(given.clone()));
    // Half precision.
    assert_close("drawn", &draw(&other), &draw(job.trainer()), 2e-3);
    let wider = CycleganConfig {
        width: 3,
        ..small()
    };
    let error = fresh(&wider, &device).begin_with("start", &file);
    assert_eq!(error.expect_err("another width").code(), "weights-shape");
    // The generators alone may meet other discriminators.
    let stricter = CycleganConfig {
        discriminator_width: 3,
        ..small()
    };
    let mut other = fresh(&stricter, &device);
    let error = other.begin_with("start", &file);
    assert_eq!(error.expect_err("another width").code(), "weights-shape");
    let own = discriminators_of(&fresh(&stricter, &device));
    other
        .begin_with_generators("start", &file)
        .expect("its generators");
    assert_close("drawn", &draw(&other), &draw(job.trainer()), 2e-3);
    assert_eq!(discriminators_of(&other), own, "they stayed as they were");
    let error = fresh(&wider, &device).begin_with_generators("start", &file);
    assert_eq!(error.expect_err("another width").code(), "weights-shape");
}

/// The values of both discriminators.
fn discriminators_of(run: &CycleganTrainer) -> Vec<Vec<f32>> {
    let all = run.trained().into_iter();
    let all = all.filter(|(name, ..)| name.starts_with("D_"));
    all.map(|(_, x, _)| values(x)).collect()
}

#[test]
fn live_controls_hold_networks_and_change_the_losses() {
    let weights = |job: &Cyclegan, part: &str| -> Vec<u8> {
        let (_, tensors) = state(job.trainer());
        let mine = tensors
            .into_iter()
            .filter(|(name, _)| name.starts_with(part) && name.ends_with("weight"));
        mine.flat_map(|(_, x)| x.as_bytes().to_vec()).collect()
    };
    let data = coloured(&small(), 4);
    let mut job = Cyclegan::new(&small(), data, None, &Device::flex()).expect("sound settings");
    for (learning, moves) in [
        (Learning::Generator, [true, false]),
        (Learning::Discriminator, [false, true]),
        (Learning::Both, [true, true]),
    ] {
        let control = json!({ "learning": learning, "cycle": 5.0, "identity": 0.0, "pool": 1 });
        job.tune(&control).expect("sound controls");
        let parts = ["G_", "D_"];
        let before = parts.map(|part| weights(&job, part));
        job.step().expect("a step");
        let after = parts.map(|part| weights(&job, part));
        assert_eq!([0, 1].map(|i| before[i] != after[i]), moves, "{learning:?}");
        // And such a run goes on from its file as well.
        let (saved, tensors) = read(&file(job.trainer()));
        assert_eq!((saved.config.cycle, saved.config.learning), (5.0, learning));
        CycleganTrainer::load(&saved, tensors, &Device::flex()).expect("just saved");
    }
    assert!(job.trainer().metrics().expect("steps").identity.is_none());
    assert_eq!(job.trainer().pools()[0].len(), 1);
    for wrong in [
        json!({ "cycle": -1.0 }),
        json!({ "identity": null }),
        json!({ "pool": 201 }),
        json!({ "patch": 16 }),
    ] {
        let error = job.tune(&wrong).expect_err("refused");
        assert_eq!(error.code(), "bad-setting", "{wrong}");
    }
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut CycleganConfig)| {
        let mut config = small();
        change(&mut config);
        let error = CycleganTrainer::new(&config, &Device::flex()).expect_err("refused");
        error.failure().subject.expect("a setting")
    };
    assert_eq!(refused(&|c| c.size = 48), "size");
    assert_eq!(refused(&|c| c.count = 1), "count");
    assert_eq!(refused(&|c| (c.size, c.count) = (256, 2000)), "count");
    assert_eq!(refused(&|c| c.batch = 65), "batch");
    assert_eq!(refused(&|c| c.width = 0), "width");
    assert_eq!(refused(&|c| c.blocks = 13), "blocks");
    assert_eq!(refused(&|c| c.pool = 201), "pool");
    assert_eq!(refused(&|c| c.patch = 142), "patch");
    assert_eq!(refused(&|c| c.cycle = f32::NAN), "cycle");
    assert_eq!(refused(&|c| c.decay = 1.1), "decay");
    assert_eq!(refused(&|c| c.generator_rate = 0.0), "generatorRate");
    for wrong in [
        r#"{"job":"cyclegan","lambdaA":8}"#,
        r#"{"job":"cyclegan","task":"monet"}"#,
    ] {
        let error = serde_json::from_str::<JobConfig>(wrong).expect_err("refused");
        let error = error.to_string();
        assert!(
            error.contains("lambdaA") || error.contains("monet"),
            "{error}"
        );
    }
    let read: JobConfig = serde_json::from_str(r#"{"job":"cyclegan"}"#).expect("all defaults");
    assert_eq!(read, JobConfig::Cyclegan(CycleganConfig::default()));
    // Those of the page itself are in their ranges.
    let scenes = UnpairedDrawer::new(&small(), 2).finish();
    let mut run = fresh(&small(), &Device::flex());
    run.step(&scenes);
    assert_eq!(small().task, CycleganTask::Winter);
}

#[test]
fn a_state_that_does_not_fit_is_refused_by_name() {
    let device = Device::flex();
    let mut run = fresh(&small(), &device);
    run.step(&coloured(&small(), 4));
    let file = file(&run);
    let (saved, _) = read(&file);
    let refused = |change: &dyn Fn(&mut Tensors)| {
        let (_, mut tensors) = read(&file);
        change(&mut tensors);
        let error = CycleganTrainer::load(&saved, tensors, &device).expect_err("it does not fit");
        error.to_string()
    };
    let name = "G_B.model.1.weight";
    let missing = refused(&|t| drop(t.remove(name)));
    assert!(missing.contains(&format!("{name} is missing")), "{missing}");
    let short = refused(&|t| t.get_mut("pool.A").expect("there").truncate(3000));
    assert!(short.contains("replay buffers"), "{short}");
    let foreign = refused(&|t| drop(t.insert("else".into(), vec![1.0])));
    assert!(foreign.contains("else belongs to nothing"), "{foreign}");
    let moments = refused(&|t| drop(t.remove("adam.D.000")));
    assert!(moments.contains("optimisers"), "{moments}");
}

#[test]
fn an_opinion_is_on_the_square_around_where_the_view_draws_it() {
    let device = Device::flex().autodiff();
    for (halvings, patch, size) in [(0, 1, 16), (1, 16, 32), (2, 34, 64), (3, 70, 128)] {
        let config = PatchDiscriminatorConfig {
            width: 2,
            halvings,
            // The statistics of a norm are of the whole picture.
            norm: None,
            ..PatchDiscriminatorConfig::default()
        };
        let net = config.init(&mut Seed::new(3), &device);
        let [count, _] = config.map([size; 2]).expect("large enough");
        let (column, row) = (count / 2, count / 2 - 1);
        let image = Tensor::<4>::ones([1, 3, size, size], &device).require_grad();
        let map = net.forward(image.clone());
        let one = map.narrow(2, row, 1).narrow(3, column, 1).sum();
        let marks = image.grad(&one.backward()).expect("a gradient");
        let marks = values(marks.abs().sum_dim(1));
        let across = |i: &usize| i % size;
        let down = |i: &usize| i / size;
        let seen: Vec<_> = (0..size * size).filter(|i| marks[*i] > 0.0).collect();
        // As `places` in www/train/opinions.js has it: middles are a stride apart, and the map has two fewer.
        let stride = if halvings == 0 { 1 } else { size / (count + 2) };
        let middle = |cell: usize| match halvings {
            0 => 2 * cell + 1,
            _ => (2 * cell + 3) * stride,
        };
        let ends = |of: &dyn Fn(&usize) -> usize| {
            let places = seen.iter().map(of);
            (
                places.clone().min().expect("some"),
                places.max().expect("some") + 1,
            )
        };
        for (cell, (from, to)) in [(column, ends(&across)), (row, ends(&down))] {
            assert_eq!(to - from, patch, "{halvings} halvings");
            assert_eq!(
                from + to,
                middle(cell),
                "{halvings} halvings, opinion {cell}"
            );
        }
    }
}
