//! A leaded window: a rose of petals among shards of saturated glass, each pane with its own bubbles, streaks and glow.

use crate::data::scenes::canvas::{ASPECT, Canvas, Colour, hex, mix, scale};
use crate::data::seed::{Seed, cell, fbm, noise, step};
use image::RgbImage;

const GLASS: [u32; 12] = [
    0xC8102E, 0xE8481C, 0xF7941D, 0xFFD23F, 0x1D8A4E, 0x58B947, 0x0B4F9E, 0x1E88C9, 0x3FC1C9,
    0x5B2A86, 0xA8327E, 0xF4E9C8,
];

/// Marks the names of panes that belong to the rose.
const ROSE: u32 = 0x4000_0000;

/// A pane under a pixel.
struct Pane {
    id: u32,
    /// Distance to the nearest lead, in frame units.
    inset: f32,
    middle: [f32; 2],
}

/// The point of a Voronoi cell; the grid has `1 / SIDE` cells in the frame's height.
const SIDE: f32 = 0.088;

fn site(i: i32, j: i32, seed: u32) -> [f32; 2] {
    [
        (i as f32 + 0.08 + 0.84 * cell(i, j, seed)) * SIDE,
        (j as f32 + 0.08 + 0.84 * cell(i, j, seed ^ 1)) * SIDE,
    ]
}

/// The shard of glass at a point, with the exact distance to its nearest side.
fn shard(x: f32, y: f32, seed: u32) -> Pane {
    let (ci, cj) = ((x / SIDE).floor() as i32, (y / SIDE).floor() as i32);
    let mut nearest = (f32::INFINITY, 0, 0, [0.0; 2]);
    for j in cj - 1..=cj + 1 {
        for i in ci - 1..=ci + 1 {
            let p = site(i, j, seed);
            let d = (p[0] - x).powi(2) + (p[1] - y).powi(2);
            if d < nearest.0 {
                nearest = (d, i, j, p);
            }
        }
    }
    let (_, ni, nj, p) = nearest;
    let mut inset = f32::INFINITY;
    for j in cj - 2..=cj + 2 {
        for i in ci - 2..=ci + 2 {
            if (i, j) != (ni, nj) {
                let q = site(i, j, seed);
                let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
                let across = ((p[0] + q[0]) / 2.0 - x) * dx + ((p[1] + q[1]) / 2.0 - y) * dy;
                inset = inset.min(across / dx.hypot(dy));
            }
        }
    }
    Pane {
        id: ((ni as u32).wrapping_mul(7919) ^ (nj as u32).wrapping_mul(104_729)) & !ROSE,
        inset,
        middle: p,
    }
}

/// The rose: rings of panes around one centre, each ring with its number of petals.
struct Rose {
    x: f32,
    y: f32,
    rings: Vec<(f32, f32, f32)>,
}

impl Rose {
    fn new(seed: u32) -> Self {
        let random = &mut Seed::stream(seed, 75);
        let (x, y) = (random.range(0.48, ASPECT - 0.48), random.range(0.42, 0.58));
        let count = [8.0, 10.0, 12.0][random.below(3)];
        let mut rings = Vec::new();
        let mut inner = 0.0;
        for (wide, petals) in [
            (0.052, 1.0),
            (0.085, count),
            (0.052, count * 2.0),
            (0.105, count),
            (0.048, count * 3.0),
        ] {
            rings.push((inner, inner + wide, petals));
            inner += wide;
        }
        Self { x, y, rings }
    }

    fn pane(&self, x: f32, y: f32) -> Option<Pane> {
        let (dx, dy) = (x - self.x, y - self.y);
        let r = dx.hypot(dy);
        let turn = dy.atan2(dx) / std::f32::consts::TAU + 0.5;
        for (index, &(inner, outer, petals)) in self.rings.iter().enumerate() {
            if r >= outer {
                continue;
            }
            let rim = (outer - r).min(if inner > 0.0 {
                r - inner
            } else {
                f32::INFINITY
            });
            let t = turn * petals + 0.5 * (index % 2) as f32;
            let petal = t.floor();
            let f = t - petal;
            let ray = if petals > 1.5 {
                f.min(1.0 - f) / petals * std::f32::consts::TAU * r
            } else {
                f32::INFINITY
            };
            // An almond inside each wide petal.
            let (across, along) = (
                (f - 0.5) / petals * std::f32::consts::TAU * r,
                (r - (inner + outer) / 2.0) / (outer - inner),
            );
            let almond = if petals > 1.5 && outer - inner > 0.07 {
                0.30 * (outer - inner) * (1.0 - 4.0 * along * along) - across.abs()
            } else {
                -1.0
            };
            let inside = almond > 0.0;
            let part = if almond > -0.5 {
                almond.abs() * 0.85
            } else {
                f32::INFINITY
            };
            let angle =
                ((petal + 0.5 - 0.5 * (index % 2) as f32) / petals - 0.5) * std::f32::consts::TAU;
            let middle = [
                self.x + angle.cos() * (inner + outer) / 2.0,
                self.y + angle.sin() * (inner + outer) / 2.0,
            ];
            let id = ROSE + index as u32 * 64 + (petal as u32 % 2) * 8 + u32::from(inside);
            return Some(Pane {
                id,
                inset: rim.min(ray).min(part),
                middle,
            });
        }
        None
    }
}

fn glass(id: u32, seed: u32, x: f32, y: f32) -> Colour {
    // The rose is the same all around; neighbouring shards share a family of colours that a slow wave chooses.
    let wave = if id & ROSE != 0 {
        cell(id as i32, 4, seed) * 2.0
    } else {
        1.6 * noise(x * 1.5, y * 1.5, seed ^ 30) + 1.0
    };
    let family = (wave * 6.0).floor() as i32;
    let jump = (cell(id as i32, 2, seed) * 4.5) as i32 - 1;
    hex(GLASS[(family + jump).rem_euclid(12) as usize])
}

/// Draws the window.
pub fn draw(width: u32, height: u32, seed: u32) -> RgbImage {
    let rose = Rose::new(seed);
    let mut canvas = Canvas::new(width, height, [0.0; 3]);
    let soft = canvas.pixel() * 0.8;
    let lead = 0.0052;
    canvas.shade(|x, y, _| {
        let (wx, wy) = (
            x + 0.007 * noise(x * 9.0, y * 9.0, seed ^ 40),
            y + 0.007 * noise(x * 9.0 + 50.0, y * 9.0, seed ^ 40),
        );
        let outer = rose.rings.last().map_or(0.0, |ring| ring.1);
        let mut pane = rose.pane(wx, wy).unwrap_or_else(|| {
            let mut shard = shard(wx, wy, seed);
            shard.inset = shard.inset.min((wx - rose.x).hypot(wy - rose.y) - outer);
            shard
        });
        // Long bars of lead sweep across the shards and part them.
        let outside = (wx - rose.x).hypot(wy - rose.y) > outer;
        if outside {
            let sweep = (wx - rose.x).hypot(wy - rose.y) * 6.4
                + 0.35 * noise(wx * 3.0, wy * 3.0, seed ^ 44);
            let f = sweep - sweep.floor();
            pane.inset = pane.inset.min(f.min(1.0 - f) / 6.4);
            pane.id ^= (sweep.floor() as u32).wrapping_mul(0x9E37_79B9) & !ROSE;
        }
        let base = glass(pane.id, seed, pane.middle[0], pane.middle[1]);
        let id = pane.id as i32;
        let turn = cell(id, 5, seed) * std::f32::consts::TAU;
        let (u, v) = (
            x * turn.cos() + y * turn.sin(),
            y * turn.cos() - x * turn.sin(),
        );
        let streak = fbm(u * 14.0, v * 70.0, 3, pane.id ^ seed);
        let cloud = fbm(x * 11.0, y * 11.0, 3, pane.id ^ seed ^ 7);
        let ripple = noise(x * 85.0, y * 85.0, seed ^ 46);
        let (dx, dy) = (x - pane.middle[0], y - pane.middle[1]);
        let glow = 1.25 * (-(dx * dx + dy * dy) / 0.0045).exp();
        let bubble = step(0.52, 0.66, noise(x * 150.0, y * 150.0, pane.id)) * 0.5;
        let shade = 0.55
            + 0.9 * cell(id, 6, seed) * 0.6
            + 0.75 * cloud
            + 0.7 * streak
            + 0.16 * ripple
            + 0.35 * glow;
        let bright = step(0.0, 0.035, pane.inset);
        let tint = mix(
            base,
            hex(GLASS[(cell(id, 8, seed) * 12.0) as usize % 12]),
            (0.28 * step(0.0, 0.5, cloud + 0.1)).min(0.3),
        );
        let colour = mix(
            scale(tint, shade.max(0.12) * (0.50 + 0.55 * bright)),
            hex(0xFFFBEA),
            (0.12 * glow + bubble * 0.35 + 0.35 * (streak - 0.25).max(0.0)).clamp(0.0, 0.6),
        );
        // Lead: a rounded bar with a shine along its middle and tarnish.
        let bar = (pane.inset / lead).clamp(0.0, 1.0);
        let shine = step(0.75, 0.15, bar) * (0.5 + 0.5 * noise(x * 60.0, y * 60.0, seed ^ 47));
        let metal = scale(
            mix(hex(0x0E0E12), hex(0x5C5F66), shine * 0.8),
            1.0 + 0.4 * noise(x * 200.0, y * 200.0, seed ^ 48),
        );
        mix(metal, colour, step(lead - soft, lead + soft, pane.inset))
    });
    canvas.finish()
}
