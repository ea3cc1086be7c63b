//! Places in a generator's noise and the way between them.

use std::collections::BTreeMap;

use crate::data::seed::Seed;
use crate::protocol::{Between, Place};

/// Stream of a seed's noise.
const NOISE: u32 = 31;
/// Below this angle, in radians, a sphere is as good as flat.
const FLAT: f32 = 1e-3;

/// The noise of a seed, from `N(0, 1)`.
fn drawn(seed: u32, latent: usize) -> impl Iterator<Item = f32> {
    let mut seed = Seed::stream(seed, NOISE);
    (0..latent).map(move |_| seed.normal())
}

/// The noise at a place: see [`Place`].
pub fn noise(place: &Place, latent: usize, directions: &[Vec<f32>]) -> Vec<f32> {
    // Noise that is there several times is not several independent ones.
    let mut terms = BTreeMap::new();
    for term in &place.terms {
        *terms.entry(term.seed).or_insert(0.0) += term.weight;
    }
    let length = terms.values().map(|w| w * w).sum::<f32>().sqrt();
    let mut sum = vec![0.0; latent];
    let mut add = |weight: f32, numbers: &mut dyn Iterator<Item = f32>| {
        for (sum, number) in sum.iter_mut().zip(numbers) {
            *sum += weight * number;
        }
    };
    for (seed, weight) in terms {
        if length > 0.0 {
            add(weight / length, &mut drawn(seed, latent));
        }
    }
    for (moved, direction) in place.moves.iter().zip(directions) {
        add(*moved, &mut direction.iter().copied());
    }
    sum
}

/// The noise a part `t` of the way from `a` to `b`.
pub fn between(a: &[f32], b: &[f32], t: f32, how: Between) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    let angle = match how {
        Between::Sphere if lengths > 0.0 => (dot(a, b) / lengths).clamp(-1.0, 1.0).acos(),
        _ => 0.0,
    };
    let (from, to) = if angle.sin() < FLAT {
        (1.0 - t, t)
    } else {
        let part = |t: f32| (t * angle).sin() / angle.sin();
        (part(1.0 - t), part(t))
    };
    a.iter().zip(b).map(|(a, b)| from * a + to * b).collect()
}

/// The two of `count` places that `at` lies between, and which part of the way it is.
pub fn leg(at: f32, count: usize, closed: bool) -> (usize, usize, f32) {
    if count < 2 {
        return (0, 0, 0.0);
    }
    let round = if closed { count } else { 2 * (count - 1) };
    let at = at.rem_euclid(round as f32);
    let from = (at as usize).min(round - 1);
    // On the way back the last place is met after as many as it is from the end of the round.
    let place = |i: usize| match i % round {
        i if i < count => i,
        i => round - i,
    };
    (place(from), place(from + 1), at - from as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Term;

    fn place(terms: &[(u32, f32)], moves: &[f32]) -> Place {
        let term = |(seed, weight): &(u32, f32)| Term {
            seed: *seed,
            weight: *weight,
        };
        Place {
            terms: terms.iter().map(term).collect(),
            moves: moves.to_vec(),
            label: 0,
        }
    }

    fn length(x: &[f32]) -> f32 {
        x.iter().map(|x| x * x).sum::<f32>().sqrt()
    }

    #[test]
    fn sums_of_noise_are_as_long_as_noise() {
        // 400 numbers of N(0, 1): the length is 20 with a deviation of 0.7.
        for terms in [
            vec![(1, 1.0)],
            vec![(1, 1.0), (2, -1.0), (3, 1.0)],
            vec![(4, 3.0), (5, 0.5)],
        ] {
            let found = length(&noise(&place(&terms, &[]), 400, &[]));
            assert!((found - 20.0).abs() < 2.8, "{terms:?}: {found}");
        }
        let twice = noise(&place(&[(1, 1.0), (1, 1.0)], &[]), 9, &[]);
        assert_eq!(twice, noise(&place(&[(1, 1.0)], &[]), 9, &[]));
        assert_eq!(noise(&place(&[(1, 1.0), (1, -1.0)], &[]), 3, &[]), [0.0; 3]);
    }

    #[test]
    fn moves_go_along_the_directions() {
        let directions = [vec![0.0, 1.0, 0.0], vec![0.6, 0.0, 0.8]];
        let at = noise(&place(&[(1, 1.0)], &[]), 3, &directions);
        let moved = noise(&place(&[(1, 1.0)], &[2.0, -1.0]), 3, &directions);
        let by: Vec<f32> = moved.iter().zip(&at).map(|(a, b)| a - b).collect();
        for (by, wanted) in by.iter().zip([-0.6, 2.0, -0.8]) {
            assert!((by - wanted).abs() < 1e-6, "{by} instead of {wanted}");
        }
    }

    #[test]
    fn on_the_sphere_all_noise_is_as_long_as_that_at_the_ends() {
        let a = noise(&place(&[(1, 1.0)], &[]), 100, &[]);
        let b: Vec<f32> = noise(&place(&[(2, 1.0)], &[]), 100, &[]);
        let b: Vec<f32> = b.iter().map(|x| x * length(&a) / length(&b)).collect();
        for t in [0.0, 0.25, 0.5, 0.9, 1.0] {
            let found = length(&between(&a, &b, t, Between::Sphere));
            assert!((found - length(&a)).abs() < 1e-3, "{t}: {found}");
        }
        assert_eq!(between(&a, &b, 0.0, Between::Line), a);
        let middle = length(&between(&a, &b, 0.5, Between::Line)) / length(&a);
        assert!((middle - 0.707).abs() < 0.1, "{middle}");
        // From a place to itself there is no angle to divide by.
        for (found, wanted) in between(&a, &a, 0.3, Between::Sphere).iter().zip(&a) {
            assert!((found - wanted).abs() < 1e-5);
        }
        assert_eq!(between(&[0.0], &[2.0], 0.5, Between::Sphere), [1.0]);
    }

    #[test]
    fn a_path_goes_round_or_there_and_back() {
        assert_eq!(leg(0.5, 3, true), (0, 1, 0.5));
        assert_eq!(leg(2.25, 3, true), (2, 0, 0.25));
        assert_eq!(leg(3.0, 3, true), (0, 1, 0.0));
        assert_eq!(leg(-0.5, 3, true), (2, 0, 0.5));
        let open: Vec<_> = [0.5, 1.5, 2.5, 3.5, 4.5]
            .map(|at| leg(at, 3, false))
            .to_vec();
        let wanted = [(0, 1), (1, 2), (2, 1), (1, 0), (0, 1)];
        assert_eq!(open, wanted.map(|(from, to)| (from, to, 0.5)));
        assert_eq!(leg(7.3, 1, true), (0, 0, 0.0));
    }
}
