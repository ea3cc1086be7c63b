//! Pen and ink: a hilly country in patches of hatching, crossed where it is dark, on grained paper with a sepia wash.

use crate::data::scenes::canvas::{ASPECT, Canvas, hex, mix, scale};
use crate::data::seed::{Seed, fbm, noise, step};
use image::RgbImage;

/// The subject: hills behind hills under a sky of rolling clouds, as tone (0 is paper) and as the direction in which its
/// surfaces run.
struct Subject {
    seed: u32,
}

impl Subject {
    fn crest(&self, hill: usize, x: f32) -> f32 {
        let h = hill as f32;
        0.40 + 0.115 * h
            + (0.10 - 0.006 * h) * noise(x * (2.1 - 0.12 * h) + h * 3.3, h, self.seed)
            + 0.018 * noise(x * 9.0, h, self.seed ^ 1)
    }

    fn tone(&self, x: f32, y: f32) -> [f32; 2] {
        for hill in (0..6).rev() {
            let crest = self.crest(hill, x);
            if y > crest {
                let below = y - crest;
                let slope = (self.crest(hill, x + 0.01) - self.crest(hill, x - 0.01)) / 0.02;
                let body = fbm(x * 5.0 + hill as f32, y * 7.0, 4, self.seed ^ 7);
                let lit = 0.26 + 0.9 * slope + 1.5 * body;
                let edge = 0.55 * (-below * 26.0).exp();
                let wood = step(
                    0.02,
                    0.14,
                    fbm(x * 9.0, y * 14.0 + hill as f32 * 5.0, 3, self.seed ^ 9),
                ) * 0.35;
                return [
                    (lit + edge + wood + 0.03 * hill as f32).clamp(0.0, 1.05),
                    slope.atan() * 0.8 + 0.5 * body + 0.25 * (hill % 3) as f32,
                ];
            }
        }
        let cloud = fbm(x * 2.6, y * 5.0, 5, self.seed ^ 11);
        let turn = noise(x * 1.6, y * 2.4, self.seed ^ 12);
        [
            (0.20 + 1.25 * cloud + 0.45 * (0.30 - y)).clamp(0.0, 0.95),
            0.35 + 1.3 * turn,
        ]
    }
}

/// Draws the hatching.
pub fn draw(width: u32, height: u32, seed: u32) -> RgbImage {
    let subject = Subject { seed };
    let mut canvas = Canvas::new(width, height, [0.0; 3]);
    canvas.shade(|x, y, _| {
        let paper = mix(
            hex(0xF3E8CE),
            hex(0xE6D5B0),
            (0.5 + fbm(x * 3.0, y * 3.0, 3, seed ^ 20)).clamp(0.0, 1.0),
        );
        let tone = subject.tone(x, y)[0];
        let pool = step(
            -0.12,
            0.10,
            fbm(x * 3.4, y * 3.4, 4, seed ^ 21) + 0.35 * (tone - 0.5),
        );
        let rim = step(0.0, 0.05, pool) * step(1.0, 0.55, pool);
        let wash = mix(
            paper,
            hex(0xB58A58),
            (0.50 * tone * pool + 0.16 * rim).clamp(0.0, 0.75),
        );
        scale(
            wash,
            1.0 + 0.09 * noise(x * 210.0, y * 210.0, seed ^ 22)
                + 0.06 * noise(x * 95.0, y * 95.0, seed ^ 23),
        )
    });
    let random = &mut Seed::stream(seed, 74);
    // Layers of hatching: each begins at a darker tone than the one before and crosses it.
    for (from, turn, spacing) in [
        (0.13, 0.0, 0.0072),
        (0.42, 1.05, 0.0072),
        (0.66, -0.75, 0.0066),
        (0.88, 0.5, 0.0060),
    ] {
        let side = 0.042;
        let (columns, rows) = ((ASPECT / side) as i32 + 2, (1.0 / side) as i32 + 2);
        for row in -1..rows {
            for column in -1..columns {
                let x = (column as f32 + random.range(0.1, 0.9)) * side;
                let y = (row as f32 + random.range(0.1, 0.9)) * side;
                patch(&mut canvas, &subject, random, [x, y], [from, turn, spacing]);
            }
        }
    }
    contours(&mut canvas, &subject, random);
    canvas.finish()
}

/// A handful of parallel strokes, as a hand draws them without moving the wrist.
fn patch(
    canvas: &mut Canvas,
    subject: &Subject,
    random: &mut Seed,
    at: [f32; 2],
    [from, turn, spacing]: [f32; 3],
) {
    let angle = subject.tone(at[0], at[1])[1] + turn + 0.10 * random.normal();
    let (sin, cos) = angle.sin_cos();
    let long = random.range(0.030, 0.052);
    let curve = random.range(-0.22, 0.22);
    for line in -5..=5 {
        let off = (line as f32 + random.range(-0.18, 0.18)) * spacing;
        let (cx, cy) = (at[0] - sin * off, at[1] + cos * off);
        let tone = subject.tone(cx, cy)[0];
        if tone < from + random.range(-0.05, 0.05) {
            continue;
        }
        let heavy = ((tone - from) * 1.6).clamp(0.0, 1.0);
        let wide = 0.0011 + 0.0019 * heavy;
        let half = long * random.range(0.38, 0.55);
        let bend = |t: f32| {
            [
                cx + cos * t * half - sin * curve * t * t * half,
                cy + sin * t * half + cos * curve * t * t * half,
            ]
        };
        let ink = mix(hex(0x1E1611), hex(0x4A3220), random.uniform() * 0.7);
        let points = [bend(-1.0), bend(-0.35), bend(0.3), bend(1.0)];
        let widths = [wide * 0.6, wide * 1.15, wide, wide * 0.35];
        for i in 0..3 {
            canvas.stroke(
                points[i],
                points[i + 1],
                0.0,
                [widths[i], widths[i + 1]],
                ink,
                0.88,
            );
        }
    }
}

/// The outlines of the hills, drawn twice with a wandering pen, and dots thrown off it.
fn contours(canvas: &mut Canvas, subject: &Subject, random: &mut Seed) {
    let ink = hex(0x1A120D);
    for hill in 0..6 {
        for pass in 0..2 {
            let salt = subject.seed ^ (50 + pass);
            let point = |i: i32| {
                let x = i as f32 * 0.008;
                [
                    x,
                    subject.crest(hill, x)
                        + 0.0035 * noise(x * 14.0, hill as f32 + pass as f32 * 9.0, salt),
                ]
            };
            for i in 0..(ASPECT / 0.008) as i32 + 1 {
                let press = 0.0020 + 0.0016 * noise(i as f32 * 0.13, hill as f32, salt);
                if noise(i as f32 * 0.05, 5.0 + hill as f32, salt) > -0.45 {
                    canvas.stroke(point(i), point(i + 1), 0.0, [press; 2], ink, 0.9);
                }
            }
        }
    }
    for _ in 0..900 {
        let (x, y) = (random.range(0.0, ASPECT), random.uniform());
        let size = random.range(0.0006, 0.0018);
        canvas.dab(
            x,
            y,
            0.0,
            size,
            size,
            0.0,
            0.2,
            ink,
            0.8 * subject.tone(x, y)[0].min(1.0),
        );
    }
}
