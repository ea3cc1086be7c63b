//! How good samples are, in numbers. The heavy part stays on the device and nothing is read back here: projections are
//! read by the caller, all at once, and sorted on the CPU, since sorting on a GPU needs a read-back in Burn.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::seed::Seed;
use crate::ops::matmul;

/// Directions to project on: `[values, count]`, each of length 1, uniform on the sphere.
pub fn directions(values: usize, count: usize, seed: &mut Seed, device: &Device) -> Tensor<2> {
    let mut all = vec![0.0_f32; values * count];
    for j in 0..count {
        let direction: Vec<f32> = (0..values).map(|_| seed.normal()).collect();
        let length = direction.iter().map(|v| v * v).sum::<f32>().sqrt();
        for (i, v) in direction.iter().enumerate() {
            all[i * count + j] = v / length;
        }
    }
    Tensor::from_data(TensorData::new(all, [values, count]), device)
}

/// Samples `[B, C, H, W]` on directions of [`directions`] -> `[B, count]`.
pub fn projections(samples: Tensor<4>, directions: Tensor<2>) -> Tensor<2> {
    matmul(samples.flatten(1, 3), directions)
}

/// The mean difference between neighbouring pixels, across and down, and its mean square, the gradient's energy: `[1]` each.
pub fn slopes(pictures: Tensor<4>) -> [Tensor<1>; 2] {
    let [_, _, h, w] = pictures.dims();
    let part = |dim, from, count| pictures.clone().narrow(dim, from, count);
    let across = part(3, 1, w - 1) - part(3, 0, w - 1);
    let down = part(2, 1, h - 1) - part(2, 0, h - 1);
    [
        across.clone().abs().mean() + down.clone().abs().mean(),
        across.square().mean() + down.square().mean(),
    ]
}

/// Sliced Wasserstein distance (Rabin et al. 2011; Bonneel et al. 2015) of order 1 between two sets of samples from
/// their projections, row by row: the mean over directions of the mean distance between sorted projections, in units of
/// the values. The sets may differ in size.
///
/// # Panics
/// If a set is empty or does not consist of whole rows of `count`.
#[must_use]
pub fn sliced_wasserstein(a: &[f32], b: &[f32], count: usize) -> f32 {
    let column = |x: &[f32], j: usize| {
        let mut column: Vec<f32> = x.iter().skip(j).step_by(count).copied().collect();
        column.sort_by(f32::total_cmp);
        column
    };
    for x in [a, b] {
        let whole = !x.is_empty() && x.len().is_multiple_of(count);
        assert!(whole, "{} values in rows of {count}", x.len());
    }
    let total: f64 = (0..count)
        .map(|j| wasserstein(&column(a, j), &column(b, j)))
        .sum();
    (total / count as f64) as f32
}

/// Between two sorted sets on a line: the area between their quantile functions.
fn wasserstein(a: &[f32], b: &[f32]) -> f64 {
    let (mut i, mut j, mut at, mut area) = (0, 0, 0.0_f64, 0.0_f64);
    while i < a.len() && j < b.len() {
        let (end_a, end_b) = (
            (i + 1) as f64 / a.len() as f64,
            (j + 1) as f64 / b.len() as f64,
        );
        let end = end_a.min(end_b);
        area += (end - at) * f64::from((a[i] - b[j]).abs());
        // Ends that are equal may differ in the last bit.
        let tie = (end_a - end_b).abs() < 1e-12;
        (i, j) = (
            i + usize::from(tie || end_a < end_b),
            j + usize::from(tie || end_b < end_a),
        );
        at = end;
    }
    area
}

/// How much samples differ from each other: the root of the variance over the batch, averaged over all values, `[1]`.
/// It falls towards 0 when a generator collapses. Samples are `[B, C, H, W]`, at least two.
pub fn diversity(samples: Tensor<4>) -> Tensor<1> {
    let centred = samples.clone() - samples.clone().mean_dim(0);
    let [b, ..] = samples.dims();
    let unbiased = b as f32 / (b - 1) as f32;
    (centred.square().mean() * unbiased).sqrt()
}

/// What a classifier makes of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recognition {
    /// Share of the samples whose most likely class is their label.
    pub agreement: f32,
    /// Share of the samples whose most likely class has a probability above 0.9.
    pub confident: f32,
    /// How many classes are the most likely one of at least `1 / (4 classes)` of the samples: a quarter of what an even
    /// spread would give.
    pub classes_seen: usize,
}

/// [`Recognition`] from a classifier's logits, row by row, one for each class.
///
/// # Panics
/// If there are no labels, or not as many rows.
#[must_use]
pub fn recognition(logits: &[f32], labels: &[u8]) -> Recognition {
    assert!(!labels.is_empty(), "no samples");
    let (count, classes) = (labels.len(), logits.len() / labels.len());
    assert_eq!(logits.len(), count * classes, "logits of {count} samples");
    let (mut right, mut sure, mut seen) = (0, 0, vec![0_usize; classes]);
    for (row, label) in logits.chunks_exact(classes).zip(labels) {
        let best = (0..classes).max_by(|a, b| row[*a].total_cmp(&row[*b]));
        let best = best.expect("a logit for each class");
        // Its probability is 1 over this.
        let total: f32 = row.iter().map(|x| (x - row[best]).exp()).sum();
        right += usize::from(best == usize::from(*label));
        sure += usize::from(total < 1.0 / 0.9);
        seen[best] += 1;
    }
    let share = |part: usize| part as f32 / count as f32;
    Recognition {
        agreement: share(right),
        confident: share(sure),
        classes_seen: seen.iter().filter(|n| 4 * classes * **n >= count).count(),
    }
}
