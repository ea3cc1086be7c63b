//! The bench of the native command: what it counts, what it holds figures against, and that it runs.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use burn::tensor::{Device, Tensor, TensorData};
use common::{assert_close, gpu, values};
use easel::native_bench::{Settings, gflop, measure};
use easel::ops::{Adapter, FmaSteps, knows_half, peak_copy, peak_fma};

/// Sums of 12 chains that shrink to their limit: the largest miss seen is 1e-7.
const SUMS: f32 = 1e-6;

#[test]
fn multiply_adds_give_what_the_reference_gives() {
    // More numbers than fill the last workgroup.
    let start: Vec<f32> = (0..1000).map(|n| n as f32 - 500.0).collect();
    let sums = |work, device: &Device| {
        let start = TensorData::new(start.clone(), [start.len()]);
        values(peak_fma(Tensor::from_data(start, device), work))
    };
    for (steps, factor, addend) in [
        (0, 1.0, 1.0),
        (1, 0.75, 3.0),
        (3, 1.0, 1.0),
        (2, -0.5, 0.25),
    ] {
        let work = FmaSteps {
            steps,
            factor,
            addend,
        };
        let (ours, truth) = (sums(work, &gpu()), sums(work, &Device::flex()));
        assert_close(&format!("{work:?}"), &ours, &truth, SUMS);
    }
    let work = FmaSteps {
        steps: 1000,
        factor: 1.0,
        addend: 1.0,
    };
    let sums = sums(work, &gpu());
    // 12 chains, each 16,000 longer than at the start, and 0 + 1 + ... + 11.
    let truth = |s: &f32| 12.0 * (s + 16_000.0) + 66.0;
    let wrong = sums.iter().zip(&start).find(|(sum, s)| **sum != truth(s));
    assert_eq!(wrong, None, "a sum and where it began");
    assert_eq!(work.multiply_adds(10), 1_920_000.0);
}

#[test]
fn a_copy_holds_what_was_copied() {
    // One vector more than fills the last workgroup.
    let numbers: Vec<f32> = (0..4 * 65).map(|n| n as f32).collect();
    let x = Tensor::<1>::from_data(TensorData::new(numbers.clone(), [numbers.len()]), &gpu());
    assert_eq!(values(peak_copy(x)), numbers);
}

#[test]
fn operations_are_those_of_the_convolutions_by_their_definition() {
    // 2 k² I O H' W', summed by hand over the layers; for a transposed convolution H W of its input.
    let nine = |w: f64, blocks: f64, n: f64| {
        let ends = 2.0 * 49.0 * 3.0 * w * n * n * 2.0;
        let halves = 2.0 * 9.0 * 2.0 * w * w * (n / 2.0).powi(2) * 2.0;
        let quarters = 2.0 * 9.0 * 8.0 * w * w * (n / 4.0).powi(2) * 2.0;
        let block = 2.0 * 9.0 * 16.0 * w * w * (n / 4.0).powi(2);
        (ends + halves + quarters + 2.0 * blocks * block) / 1e9
    };
    for (width, blocks, size, known) in [
        (64, 9, 256, 99.10),
        (32, 6, 256, 18.14),
        (64, 6, 256, 70.11),
    ] {
        let settings = Settings {
            size,
            width,
            blocks,
            ..Settings::default()
        };
        let ours = gflop(&settings);
        let truth = nine(width as f64, blocks as f64, size as f64);
        assert!((ours / truth - 1.0).abs() < 1e-12, "{ours} for {truth}");
        assert_eq!(format!("{ours:.2}"), format!("{known:.2}"));
        let twice = Settings {
            batch: 2,
            ..settings
        };
        assert_eq!(gflop(&twice), 2.0 * ours);
    }
}

#[test]
fn a_small_bench_gives_a_figure_for_each_layer_and_the_network() {
    let settings = Settings {
        size: 32,
        width: 8,
        blocks: 1,
        rounds: 1,
        ..Settings::default()
    };
    let figures = measure(&settings, Adapter::Software, &gpu()).expect("it runs");
    let peak = figures.peak;
    assert!(peak.gflops.is_finite() && peak.gflops > 0.1, "{peak:?}");
    assert!(peak.gbytes.is_finite() && peak.gbytes > 0.01, "{peak:?}");
    // Seven shapes, and the blocks' once more without Winograd.
    let layers = &figures.layers;
    assert_eq!(layers.len(), 8, "{layers:#?}");
    let counts: Vec<_> = layers.iter().map(|l| (l.count, l.winograd)).collect();
    let once = (1, true);
    let blocks = [(2, true), (2, false)];
    assert_eq!(
        counts,
        [once, once, once, blocks[0], blocks[1], once, once, once]
    );
    for layer in layers {
        let sound = |x: f64| x.is_finite() && x > 0.0;
        let (times, rate) = (layer.times, layer.gflop / layer.times.median * 1e3);
        assert!(sound(times.min) && times.min <= times.median, "{layer:?}");
        assert!((layer.gflops / rate - 1.0).abs() < 1e-9, "{layer:?}");
        let share = layer.gflops / peak.gflops;
        assert!((layer.share / share - 1.0).abs() < 1e-9, "{layer:?}");
    }
    let network = figures.network.expect("it was asked for");
    let sum: f64 = layers
        .iter()
        .filter(|l| l.winograd)
        .map(|l| l.gflop * l.count as f64)
        .sum();
    let whole = gflop(&settings);
    assert!((sum / whole - 1.0).abs() < 1e-9, "{sum} for {whole}");
    assert_eq!(network.gflop, whole);
    // 7x7, two down, two convolutions of a block, two up, 7x7, each with its biases.
    let parameters = (147 * 8 + 8)
        + (72 * 16 + 16)
        + (144 * 32 + 32)
        + 2 * (288 * 32 + 32)
        + (288 * 16 + 16)
        + (144 * 8 + 8)
        + (392 * 3 + 3);
    assert_eq!(network.parameters, parameters);
    assert!(
        network.queued.median > 0.0 && network.single.median > 0.0,
        "{network:?}"
    );
    let half = network.half.map(|half| half.median > 0.0);
    assert_eq!(half, knows_half(&gpu()).then_some(true), "{network:?}");
}

#[test]
fn a_size_that_the_network_refuses_is_refused_by_name() {
    for size in [0, 4, 30] {
        let settings = Settings {
            size,
            ..Settings::default()
        };
        let refused = measure(&settings, Adapter::Software, &Device::flex());
        let error = refused.expect_err("it is too small or odd").to_string();
        assert!(error.starts_with(&format!("size: {size} ")), "{error}");
    }
}
