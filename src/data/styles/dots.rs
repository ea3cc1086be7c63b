//! Points of pure colour: a river bank with trees in afternoon sun, built from dots whose neighbours are complementary.

use crate::data::scenes::canvas::{ASPECT, Canvas, Colour, hex, mix};
use crate::data::seed::{Seed, fbm, noise, step};
use image::RgbImage;

struct Subject {
    seed: u32,
    trees: Vec<[f32; 3]>,
}

impl Subject {
    fn new(seed: u32) -> Self {
        let random = &mut Seed::stream(seed, 78);
        let mut trees: Vec<[f32; 3]> = (0..7)
            .map(|i| {
                [
                    i as f32 * 0.21 + random.range(-0.07, 0.07),
                    0.47 + random.range(-0.03, 0.05),
                    random.range(0.09, 0.19),
                ]
            })
            .collect();
        trees.push([
            if random.chance(0.5) {
                0.12
            } else {
                ASPECT - 0.12
            },
            0.50,
            0.36,
        ]);
        Self { seed, trees }
    }

    /// What is painted at a point: one of a few pairs of colours and how bright it is.
    fn at(&self, x: f32, y: f32) -> ([Colour; 3], f32) {
        let n = fbm(x * 5.0, y * 6.0, 4, self.seed);
        for tree in self.trees.iter().rev() {
            let (dx, dy) = (
                (x - tree[0]) / tree[2],
                (y - tree[1] + tree[2] * 0.9) / tree[2],
            );
            let ball = dx.hypot(dy * 0.85) + 0.55 * fbm(x * 12.0, y * 12.0, 3, self.seed ^ 3);
            if ball < 0.85 {
                let lit = 0.5 - 0.45 * dx - 0.55 * dy + n;
                return ([hex(0x1F6B4A), hex(0x9CC43B), hex(0xC7432F)], lit);
            }
            if dx.abs() < 0.07 && dy > 0.0 && y < tree[1] + 0.02 {
                return (
                    [hex(0x4A2A5E), hex(0xB5623A), hex(0x2E6E8C)],
                    0.3 - 4.0 * dx,
                );
            }
        }
        let bank = 0.53 + 0.02 * noise(x * 4.0, 0.5, self.seed ^ 4);
        let near = 0.74 + 0.16 * (x / ASPECT - 0.4) + 0.03 * noise(x * 5.0, 1.5, self.seed ^ 5);
        if y < bank - 0.03 {
            let cloud = step(0.0, 0.25, fbm(x * 2.5, y * 5.0, 4, self.seed ^ 6));
            let low = y / 0.5;
            return (
                [
                    mix(hex(0x3D6FC0), hex(0x86B6DC), low),
                    mix(hex(0xBFDDEA), hex(0xFBE3B0), low),
                    mix(hex(0xF2A65E), hex(0xF48F7A), low),
                ],
                0.15 + 0.75 * cloud + 0.4 * low + 0.4 * n,
            );
        }
        if y < bank {
            return ([hex(0x3A7A3F), hex(0xD6CF4A), hex(0xD0603A)], 0.55 + n);
        }
        if y < near {
            let ripple =
                0.5 + 0.5 * (y * 160.0 + 5.0 * noise(x * 7.0, y * 20.0, self.seed ^ 7)).sin();
            let mirror = self
                .trees
                .iter()
                .any(|t| ((x - t[0]) / t[2]).abs() < 0.75 && y - bank < t[2] * (1.3 + n));
            let dark = if mirror { hex(0x1D5A62) } else { hex(0x2C5FB0) };
            return (
                [dark, hex(0x8FD0DC), hex(0xF4A24A)],
                0.15 + 0.55 * ripple + 0.6 * n + if mirror { -0.15 } else { 0.2 },
            );
        }
        let shade = step(0.05, 0.2, fbm(x * 3.0, y * 7.0, 3, self.seed ^ 8));
        (
            [hex(0x2E7A3C), hex(0xE3D84E), hex(0xDE4F6E)],
            0.75 - 0.6 * shade + 0.7 * n,
        )
    }
}

/// Draws the painting: a toned ground, then three sizes of dots, the smallest last.
pub fn draw(width: u32, height: u32, seed: u32) -> RgbImage {
    let subject = Subject::new(seed);
    let mut canvas = Canvas::new(width, height, [0.0; 3]);
    canvas.shade(|x, y, _| {
        let ([dark, light, _], t) = subject.at(x, y);
        let base = mix(dark, light, t.clamp(0.0, 1.0));
        mix(
            base,
            hex(0xEFE4C8),
            0.45 + 0.25 * noise(x * 120.0, y * 120.0, seed ^ 20),
        )
    });
    let random = &mut Seed::stream(seed, 79);
    for (side, size, second) in [
        (0.0135, 0.0078, 0.22),
        (0.0105, 0.0056, 0.30),
        (0.0088, 0.0042, 0.38),
    ] {
        let (columns, rows) = ((ASPECT / side) as i32 + 2, (1.0 / side) as i32 + 2);
        for row in -1..rows {
            for column in -1..columns {
                let x = (column as f32 + 0.5 * (row & 1) as f32 + random.range(-0.35, 0.35)) * side;
                let y = (row as f32 + random.range(-0.35, 0.35)) * side;
                let ([dark, light, other], t) = subject.at(x, y);
                // Light and dark are not mixed: there are more or fewer dots of each.
                let mut colour = if random.uniform() < t.clamp(0.05, 0.95) {
                    light
                } else {
                    dark
                };
                if random.chance(second) {
                    colour = mix(other, colour, random.uniform() * 0.5);
                }
                let shift = [
                    random.range(0.72, 1.28),
                    random.range(0.72, 1.28),
                    random.range(0.72, 1.28),
                ];
                colour = std::array::from_fn(|c| (colour[c] * shift[c]).min(1.0));
                let radius = size * random.range(0.65, 1.1);
                canvas.dab(
                    x,
                    y,
                    0.0,
                    radius,
                    radius * random.range(0.75, 1.0),
                    random.range(0.0, 3.0),
                    0.25,
                    colour,
                    0.92,
                );
            }
        }
    }
    canvas.finish()
}
