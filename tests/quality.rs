//! Measures of samples against closed forms.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use burn::tensor::{Tensor, TensorData};
use common::{gpu, values};
use easel::data::seed::Seed;
use easel::quality::{directions, diversity, projections, recognition, sliced_wasserstein};

fn normal(dims: [usize; 4], mean: f32, deviation: f32, seed: &mut Seed) -> Tensor<4> {
    let count = dims.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|_| mean + deviation * seed.normal())
        .collect();
    Tensor::from_data(TensorData::new(values, dims), &gpu())
}

#[test]
fn sets_of_different_sizes_are_as_far_apart_as_their_quantiles() {
    // Quantile functions 0, 3 and 1, 1, 4: |0-1| on 1/2, then |3-1| on 1/6, |3-4| on 1/3.
    let found = sliced_wasserstein(&[3.0, 0.0], &[4.0, 1.0, 1.0], 1);
    let truth = 0.5 + 2.0 / 6.0 + 1.0 / 3.0;
    assert!((found - truth).abs() < 1e-6, "{found} instead of {truth}");
}

#[test]
fn a_shifted_set_is_as_far_as_the_mean_projection_of_the_shift() {
    let (mut seed, count) = (Seed::new(1), 256);
    let x = normal([200, 2, 3, 1], 0.0, 1.0, &mut seed);
    let along = directions(6, count, &mut seed, &gpu());
    let shift = Tensor::<4>::from_floats([[[[3.0], [0.0], [0.0]], [[0.0], [0.0], [0.0]]]], &gpu());
    let of = |x| values(projections(x, along.clone()));
    let found = sliced_wasserstein(&of(x.clone() + shift), &of(x.clone()), count);
    let first = values(along.clone());
    let truth = 3.0 * first[..count].iter().map(|v| v.abs()).sum::<f32>() / count as f32;
    assert!((found - truth).abs() < 1e-4, "{found} instead of {truth}");
    let same = sliced_wasserstein(&of(x.clone()), &of(x), count);
    assert!(same == 0.0, "{same}");
}

#[test]
fn diversity_is_the_deviation_and_falls_to_zero_with_collapse() {
    let mut seed = Seed::new(2);
    let found = values(diversity(normal([64, 3, 8, 8], 5.0, 0.5, &mut seed)))[0];
    // Of 12288 draws: four standard errors are 0.5 * 4 / sqrt(2 * 12288) = 0.0128.
    assert!((found - 0.5).abs() < 0.013, "{found}");
    let one = normal([1, 3, 8, 8], 0.0, 1.0, &mut seed).repeat_dim(0, 9);
    let collapsed = values(diversity(one))[0];
    assert!(collapsed < 1e-6, "{collapsed}");
}

#[test]
fn recognition_counts_labels_obeyed_sure_samples_and_classes_that_are_there() {
    // Two classes of three at odds of 9 and 8 to 1 against the rest, which are 0.9 and 0.889; then one in doubt.
    let sure = [18.1_f32.ln(), 0.0, 0.0];
    let unsure = [0.0, 16.0_f32.ln(), 0.0];
    let mut rows = vec![sure; 14];
    rows.extend([unsure; 5]);
    rows.push([0.0, 0.1, 0.2]);
    let labels: Vec<u8> = (0..20).map(|i| u8::from(i >= 10)).collect();
    let found = recognition(rows.as_flattened(), &labels);
    // 10 of the first and 5 of the second have their label; the third is the best of 1 in 20, below 1 in 12.
    assert_eq!(found.agreement, 15.0 / 20.0);
    assert_eq!(found.confident, 14.0 / 20.0);
    assert_eq!(found.classes_seen, 2);
}
