//! Distributions of points in the plane, for the smallest GAN: strokes of a round brush whose profile is a normal
//! distribution. A stroke of one point is a blob.

use std::f32::consts::{PI, TAU};

use super::seed::Seed;

/// The distributions with a name.
pub const NAMES: [&str; 3] = ["ring", "grid", "moons"];
/// A mode is covered if it has at least this part of the near samples that would be its share.
const COVERED: f32 = 0.25;
/// Modes along a stroke stand this many deviations apart.
const APART: f32 = 6.0;

/// A distribution within about -1..1.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// Corners of each stroke.
    strokes: Vec<Vec<[f32; 2]>>,
    /// Deviation across a stroke.
    sigma: f32,
    /// What samples are counted at: blobs, and points along strokes.
    modes: Vec<[f32; 2]>,
}

/// How samples stand to a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// Modes that have at least a quarter of their share of the near samples.
    pub covered: usize,
    /// Modes in all.
    pub modes: usize,
    /// Part of the samples within three deviations of a stroke.
    pub near: f32,
}

impl Points {
    /// The distribution of a name in [`NAMES`]; none for another name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ring" => Some(Self::ring()),
            "grid" => Some(Self::grid()),
            "moons" => Some(Self::moons()),
            _ => None,
        }
    }

    /// Eight blobs on the circle of radius 0.8, deviation 0.04: a twentieth of the radius, as is usual for this test
    /// within a factor of five.
    #[must_use]
    pub fn ring() -> Self {
        let blob = |i: u8| {
            let angle = TAU * f32::from(i) / 8.0;
            vec![[0.8 * angle.cos(), 0.8 * angle.sin()]]
        };
        Self::new((0..8).map(blob).collect(), 0.04)
    }

    /// 25 blobs, five by five in -0.8..0.8, deviation 0.03.
    #[must_use]
    pub fn grid() -> Self {
        let at = |i: u8| f32::from(i) * 0.4 - 0.8;
        let blob = |i: u8| vec![[at(i % 5), at(i / 5)]];
        Self::new((0..25).map(blob).collect(), 0.03)
    }

    /// Two half circles that reach into each other, deviation 0.05.
    #[must_use]
    pub fn moons() -> Self {
        let arc = |x: f32, y: f32, up: f32| {
            let point = |i: u8| {
                let angle = PI * f32::from(i) / 24.0;
                [x + 0.55 * angle.cos(), y + up * 0.55 * angle.sin()]
            };
            (0..=24).map(point).collect()
        };
        Self::new(vec![arc(-0.275, -0.14, 1.0), arc(0.275, 0.14, -1.0)], 0.05)
    }

    /// What somebody drew: the corners of each stroke and the deviation across it. Points that are not finite are left
    /// out; none if nothing remains, or the deviation is not above 0.
    #[must_use]
    pub fn drawn(strokes: &[Vec<[f32; 2]>], sigma: f32) -> Option<Self> {
        let finite = |p: &&[f32; 2]| p.iter().all(|v| v.is_finite());
        let kept = strokes
            .iter()
            .map(|s| s.iter().filter(finite).copied().collect());
        let kept: Vec<Vec<_>> = kept.filter(|s: &Vec<_>| !s.is_empty()).collect();
        let sound = !kept.is_empty() && sigma.is_finite() && sigma > 0.0;
        sound.then(|| Self::new(kept, sigma))
    }

    fn new(strokes: Vec<Vec<[f32; 2]>>, sigma: f32) -> Self {
        let mut modes = Vec::new();
        for stroke in &strokes {
            let length = length(stroke);
            let count = (length / (APART * sigma)).round().max(1.0);
            modes.extend(
                (0..count as usize).map(|i| along(stroke, length * (i as f32 + 0.5) / count)),
            );
        }
        Self {
            strokes,
            sigma,
            modes,
        }
    }

    /// Deviation across a stroke.
    #[must_use]
    pub fn sigma(&self) -> f32 {
        self.sigma
    }

    /// Blobs, and points along strokes, six deviations apart.
    #[must_use]
    pub fn modes(&self) -> &[[f32; 2]] {
        &self.modes
    }

    /// Samples. A stroke is chosen by its length, a blob counting as one as long as the deviation.
    #[must_use]
    pub fn sample(&self, count: usize, seed: &mut Seed) -> Vec<[f32; 2]> {
        let weight = |stroke: &Vec<[f32; 2]>| length(stroke) + self.sigma;
        let total: f32 = self.strokes.iter().map(weight).sum();
        let draw = |_| {
            let mut at = total * seed.uniform();
            let chosen = self.strokes.iter().find(|stroke| {
                at -= weight(stroke);
                at < 0.0
            });
            let stroke = chosen.or(self.strokes.last()).expect("strokes are there");
            let [x, y] = along(stroke, length(stroke) * seed.uniform());
            [
                x + self.sigma * seed.normal(),
                y + self.sigma * seed.normal(),
            ]
        };
        (0..count).map(draw).collect()
    }

    /// Distance to the nearest stroke.
    #[must_use]
    pub fn distance(&self, point: [f32; 2]) -> f32 {
        let of = |stroke: &Vec<[f32; 2]>| {
            let start = gap(point, stroke[0]);
            let to = |pair: &[[f32; 2]]| gap(point, nearest(point, pair[0], pair[1]));
            stroke.windows(2).map(to).fold(start, f32::min)
        };
        self.strokes.iter().map(of).fold(f32::INFINITY, f32::min)
    }

    /// How many modes samples cover, and which part of them is near.
    #[must_use]
    pub fn coverage(&self, samples: &[[f32; 2]]) -> Coverage {
        let mut counts = vec![0_usize; self.modes.len()];
        let mut near = 0_usize;
        for &point in samples {
            if self.distance(point) > 3.0 * self.sigma {
                continue;
            }
            near += 1;
            let distances = self.modes.iter().map(|mode| gap(point, *mode)).enumerate();
            if let Some((mode, _)) = distances.min_by(|a, b| a.1.total_cmp(&b.1)) {
                counts[mode] += 1;
            }
        }
        // Of all samples, so that a few near ones do not cover everything.
        let needed = COVERED * samples.len() as f32 / self.modes.len() as f32;
        let covered = counts.iter().filter(|count| **count as f32 >= needed);
        Coverage {
            covered: covered.count(),
            modes: self.modes.len(),
            near: near as f32 / samples.len().max(1) as f32,
        }
    }
}

fn gap(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn length(stroke: &[[f32; 2]]) -> f32 {
    stroke.windows(2).map(|pair| gap(pair[0], pair[1])).sum()
}

/// The point of the segment that is nearest.
fn nearest(point: [f32; 2], a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let along = (point[0] - a[0]) * dx + (point[1] - a[1]) * dy;
    let t = (along / (dx * dx + dy * dy).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
    [a[0] + t * dx, a[1] + t * dy]
}

/// The point at a distance along the stroke.
fn along(stroke: &[[f32; 2]], distance: f32) -> [f32; 2] {
    let mut left = distance;
    for pair in stroke.windows(2) {
        let step = gap(pair[0], pair[1]);
        if left < step {
            let t = left / step;
            return [0, 1].map(|i| pair[0][i] + t * (pair[1][i] - pair[0][i]));
        }
        left -= step;
    }
    stroke[stroke.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_every_distribution_cover_its_modes_and_are_near() {
        let line = vec![
            vec![[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5]],
            vec![[0.0, 0.8]],
        ];
        let drawn = Points::drawn(&line, 0.05).expect("a drawing");
        let named = NAMES.map(|name| Points::named(name).expect("known"));
        for (points, modes) in named.into_iter().chain([drawn]).zip([8, 25, 12, 8]) {
            let samples = points.sample(4000, &mut Seed::new(2));
            let coverage = points.coverage(&samples);
            assert_eq!(coverage.modes, modes, "{points:?}");
            // The blob beside a long line has a fortieth of the samples.
            assert!(coverage.covered >= modes - 1, "{coverage:?}");
            // Of a normal distribution in the plane 98.9 % are within three deviations, along a line more.
            assert!(coverage.near > 0.98, "{coverage:?}");
        }
    }

    #[test]
    fn samples_of_one_blob_cover_one_mode_of_eight() {
        let ring = Points::ring();
        let blob = Points::drawn(&[vec![[0.8, 0.0]]], 0.04).expect("a blob");
        let mut seed = Seed::new(4);
        let coverage = ring.coverage(&blob.sample(1000, &mut seed));
        assert_eq!((coverage.covered, coverage.modes), (1, 8));
        let far: Vec<_> = (0..1000).map(|_| [seed.normal(), 5.0]).collect();
        let none = Coverage {
            covered: 0,
            modes: 8,
            near: 0.0,
        };
        assert_eq!(ring.coverage(&far), none);
    }

    #[test]
    fn a_stroke_is_sampled_evenly_along_its_length() {
        let corner = Points::drawn(&[vec![[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]]], 1e-4);
        let samples = corner.expect("a stroke").sample(8000, &mut Seed::new(3));
        let flat = samples.iter().filter(|p| p[1] < 0.001).count() as f32 / 8000.0;
        // Three quarters; four standard errors are 0.019.
        assert!((flat - 0.75).abs() < 0.02, "{flat} lie on the first part");
    }

    #[test]
    fn a_drawing_of_nothing_is_refused() {
        assert_eq!(Points::drawn(&[], 0.1), None);
        assert_eq!(Points::drawn(&[vec![], vec![[f32::NAN, 0.0]]], 0.1), None);
        assert_eq!(Points::drawn(&[vec![[0.0, 0.0]]], 0.0), None);
    }
}
