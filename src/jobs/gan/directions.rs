//! Directions of the noise along which a generator's first layer changes most: the eigenvectors of `W Wᵀ` with the largest
//! values, where `W` has a row for each number of the noise (Shen and Zhou 2021, arXiv 2007.06600).

use crate::data::seed::Seed;

/// Rounds of orthogonal iteration. Directions that are as strong as each other mix, which does no harm.
const ROUNDS: usize = 100;
/// Of a wider layer than takes so many multiplications, every so manyth column is looked at.
const WORK: usize = 100_000_000;

/// Up to `count` directions of length 1, at right angles to each other, the strongest first. `rows` are of one length.
pub(super) fn strongest(rows: &[Vec<f32>], count: usize) -> Vec<Vec<f32>> {
    let size = rows.len();
    let width = rows.first().map_or(0, Vec::len);
    let every = (size * size * width / WORK).max(1);
    let rows: Vec<Vec<f32>> = { rows.iter() }
        .map(|row| row.iter().step_by(every).copied().collect())
        .collect();
    let product: Vec<Vec<f32>> = { rows.iter() }
        .map(|row| rows.iter().map(|other| dot(row, other)).collect())
        .collect();
    let mut seed = Seed::new(1);
    let mut found: Vec<Vec<f32>> = (0..count.min(size))
        .map(|_| (0..size).map(|_| seed.normal()).collect())
        .collect();
    for _ in 0..ROUNDS {
        for i in 0..found.len() {
            let mut next: Vec<f32> = product.iter().map(|row| dot(row, &found[i])).collect();
            for before in &found[..i] {
                let along = dot(before, &next);
                for (next, before) in next.iter_mut().zip(before) {
                    *next -= along * before;
                }
            }
            let length = dot(&next, &next).sqrt();
            if length > 0.0 {
                next.iter_mut().for_each(|x| *x /= length);
                found[i] = next;
            }
        }
    }
    // A direction and its opposite are as good as each other: the largest number is made positive.
    for direction in &mut found {
        let largest = direction
            .iter()
            .copied()
            .max_by(|a, b| a.abs().total_cmp(&b.abs()));
        if largest.is_some_and(|x| x < 0.0) {
            direction.iter_mut().for_each(|x| *x = -*x);
        }
    }
    found
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_come_first_and_are_at_right_angles() {
        // W = U S Vᵀ with directions U that are known: two that are turned into each other by 0.6 and 0.8, and an axis.
        let (one, two) = ([0.6, 0.8, 0.0], [-0.8, 0.6, 0.0]);
        let row = |i: usize| vec![one[i], 5.0 * two[i], if i == 2 { 3.0 } else { 0.0 }];
        let rows: Vec<_> = (0..3).map(row).collect();
        let found = strongest(&rows, 2);
        for (found, wanted) in found.iter().zip([[0.8, -0.6, 0.0], [0.0, 0.0, 1.0]]) {
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-4, "{found} instead of {wanted}");
            }
        }
    }

    #[test]
    fn there_are_no_more_than_numbers_and_nothing_breaks_without_weights() {
        assert_eq!(strongest(&[vec![1.0], vec![0.0]], 6).len(), 2);
        assert!(strongest(&[], 6).is_empty());
        let flat = strongest(&[vec![0.0; 3], vec![0.0; 3]], 2);
        assert!(flat.concat().iter().all(|x| x.is_finite()));
    }
}
