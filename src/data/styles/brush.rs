//! Thick paint: a night of whirling strokes in blue and yellow over dark hills, every bristle in relief.

use crate::data::scenes::canvas::{ASPECT, Canvas, Colour, hex, mix, scale};
use crate::data::seed::{Seed, fbm, noise, step};
use image::RgbImage;

/// A light in the sky around which the strokes turn.
struct Star {
    x: f32,
    y: f32,
    size: f32,
    spin: f32,
}

struct Subject {
    stars: Vec<Star>,
    seed: u32,
}

impl Subject {
    fn new(seed: u32) -> Self {
        let random = &mut Seed::stream(seed, 76);
        let mut stars: Vec<Star> = Vec::new();
        for attempt in 0..300 {
            let size = if attempt < 20 && stars.is_empty() {
                0.105
            } else {
                random.range(0.030, 0.062)
            };
            let (x, y) = (random.range(0.06, ASPECT - 0.06), random.range(0.07, 0.60));
            if stars.len() < 10
                && stars
                    .iter()
                    .all(|s| (s.x - x).hypot(s.y - y) > (s.size + size) * 1.9)
            {
                stars.push(Star {
                    x,
                    y,
                    size,
                    spin: if random.chance(0.6) { 1.0 } else { -1.0 },
                });
            }
        }
        Self { stars, seed }
    }

    fn hill(&self, x: f32) -> f32 {
        0.76 + 0.07 * noise(x * 2.2, 0.5, self.seed) + 0.03 * noise(x * 5.0, 1.5, self.seed)
    }

    /// Direction of a stroke as an angle.
    fn direction(&self, x: f32, y: f32) -> f32 {
        let hill = self.hill(x);
        if y > hill {
            let slope = (self.hill(x + 0.02) - hill) / 0.02;
            return slope.atan() + 0.7 * noise(x * 3.0, y * 4.0, self.seed ^ 5);
        }
        let drift = 0.3 + 1.5 * noise(x * 1.5, y * 2.0, self.seed ^ 6);
        let (mut dx, mut dy) = (drift.cos() * 0.8, drift.sin() * 0.8);
        for star in &self.stars {
            let (rx, ry) = (x - star.x, y - star.y);
            let r = rx.hypot(ry).max(1e-4);
            let pull = 2.6 * (-(r / star.size / 1.9).powi(2)).exp();
            dx += -ry / r * pull * star.spin;
            dy += rx / r * pull * star.spin;
        }
        dy.atan2(dx)
    }

    fn colour(&self, x: f32, y: f32) -> Colour {
        let hill = self.hill(x);
        let n = fbm(x * 4.0, y * 5.0, 4, self.seed ^ 8);
        if y > hill {
            let deep = mix(hex(0x14233A), hex(0x2F5A4A), (0.45 + n).clamp(0.0, 1.0));
            let field = mix(deep, hex(0x7C9A45), step(0.10, 0.45, n + 0.6 * (y - hill)));
            return mix(hex(0x0C1424), field, step(0.0, 0.03, y - hill));
        }
        let band = 0.5 + 0.5 * (y * 11.0 + 5.0 * fbm(x * 1.6, y * 2.2, 3, self.seed ^ 9)).sin();
        let mut sky = mix(hex(0x122A63), hex(0x2F6FB8), band);
        sky = mix(sky, hex(0x8CC3D6), step(0.15, 0.45, n) * 0.8);
        sky = mix(
            sky,
            hex(0xE4DFAE),
            0.75 * step(0.20, 0.0, hill - y) * step(-0.2, 0.3, n),
        );
        for star in &self.stars {
            let r = (x - star.x).hypot(y - star.y) / star.size;
            let halo = 0.5 + 0.5 * (r * 7.5).cos();
            let ring = mix(hex(0xF3C72F), hex(0xCBDD9A), halo);
            sky = mix(sky, ring, 0.92 * step(1.9, 0.55, r) * (0.55 + 0.45 * halo));
            sky = mix(sky, hex(0xFFF0A0), step(0.62, 0.38, r));
        }
        sky
    }
}

/// Draws the painting.
pub fn draw(width: u32, height: u32, seed: u32) -> RgbImage {
    let subject = Subject::new(seed);
    let mut canvas = Canvas::new(width, height, hex(0x1B2F55));
    let mut relief = vec![0.0_f32; canvas.pixels.len()];
    let random = &mut Seed::stream(seed, 77);
    for (count, long, wide) in [
        (900, 0.16, 0.034),
        (3000, 0.105, 0.019),
        (5200, 0.065, 0.0115),
    ] {
        for _ in 0..count {
            let (x, y) = (
                random.range(-0.05, ASPECT + 0.05),
                random.range(-0.05, 1.05),
            );
            let long = long * random.range(0.6, 1.3);
            let wide = wide * random.range(0.7, 1.25);
            stroke(
                &mut canvas,
                &mut relief,
                &subject,
                random,
                [x, y],
                long,
                wide,
            );
        }
    }
    light(&mut canvas, &relief);
    canvas.finish()
}

/// One loaded stroke along the flow: bristles leave furrows, paint piles up at its sides and at its end.
fn stroke(
    canvas: &mut Canvas,
    relief: &mut [f32],
    subject: &Subject,
    random: &mut Seed,
    from: [f32; 2],
    long: f32,
    wide: f32,
) {
    const PARTS: usize = 7;
    let mut points = [[0.0_f32; 2]; PARTS + 1];
    points[0] = from;
    for i in 0..PARTS {
        let angle = subject.direction(points[i][0], points[i][1]);
        points[i + 1] = [
            points[i][0] + angle.cos() * long / PARTS as f32,
            points[i][1] + angle.sin() * long / PARTS as f32,
        ];
    }
    let middle = points[PARTS / 2];
    let mut colour = subject.colour(middle[0], middle[1]);
    let warm = random.normal() * 0.12;
    colour = [
        colour[0] * (1.0 + warm),
        colour[1] * (1.0 + 0.3 * warm),
        colour[2] * (1.0 - warm),
    ];
    colour = scale(colour, (1.0 + 0.26 * random.normal()).clamp(0.45, 1.8));
    let second = if random.chance(0.25) {
        mix(
            colour,
            hex([0xF0D060, 0x9CCBE0, 0x0E1E4A][random.below(3)]),
            0.5,
        )
    } else {
        scale(colour, 0.72)
    };
    let seed = random.next_u32();
    let pixel = canvas.pixel();
    let half = wide.max(pixel * 1.2) / 2.0;
    let height = random.range(0.6, 1.2);
    for part in 0..PARTS {
        let (a, b) = (points[part], points[part + 1]);
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length2 = dx * dx + dy * dy;
        let length = length2.sqrt();
        let row = |y: f32| canvas.row(y).clamp(0.0, canvas.height as f32) as usize;
        let column = |x: f32| canvas.column(x).clamp(0.0, canvas.width as f32) as usize;
        let (top, bottom) = (
            row(a[1].min(b[1]) - half),
            (row(a[1].max(b[1]) + half) + 1).min(canvas.height),
        );
        let (left, right) = (
            column(a[0].min(b[0]) - half),
            (column(a[0].max(b[0]) + half) + 1).min(canvas.width),
        );
        for r in top..bottom {
            for c in left..right {
                let (px, py) = (
                    canvas.x(c as f32 + 0.5) - a[0],
                    canvas.y(r as f32 + 0.5) - a[1],
                );
                let t = (px * dx + py * dy) / length2;
                // Inner parts meet without overlap, or their bristles would be painted twice.
                if (part > 0 && t < 0.0) || (part < PARTS - 1 && t >= 1.0) {
                    continue;
                }
                let along = (part as f32 + t) / PARTS as f32;
                let across = (px * dy - py * dx) / length / half;
                let cap = if t < 0.0 {
                    -t * length / half
                } else if t > 1.0 {
                    (t - 1.0) * length / half
                } else {
                    0.0
                };
                let out = across.hypot(cap);
                if out >= 1.0 {
                    continue;
                }
                let bristle = noise(across * 4.5, along * 2.2, seed);
                let dry = step(0.62, 1.0, along) * 0.55;
                let cover = (step(1.0, 0.78, out) - dry * step(0.05, 0.5, bristle)).clamp(0.0, 1.0);
                if cover < 0.02 {
                    continue;
                }
                let at = r * canvas.width + c;
                let paint = mix(colour, second, (0.5 + 1.1 * bristle).clamp(0.0, 1.0));
                canvas.pixels[at] = mix(canvas.pixels[at], paint, cover * 0.96);
                let pile = height
                    * (0.55
                        + 0.45 * bristle
                        + 0.35 * step(0.5, 0.85, out)
                        + 0.3 * step(0.8, 1.0, along));
                relief[at] = relief[at] * (1.0 - cover) + (relief[at] * 0.25 + pile) * cover;
            }
        }
    }
}

/// Side light from the upper left over the relief of the paint.
fn light(canvas: &mut Canvas, relief: &[f32]) {
    let (width, height) = (canvas.width, canvas.height);
    // The relief is measured over a fixed distance in the frame, so that small pictures are lit like large ones.
    let reach = 0.0022;
    let pixels = (reach / canvas.pixel()).round().max(1.0) as usize;
    for row in 0..height {
        for column in 0..width {
            let at = row * width + column;
            let left = relief[row * width + column.saturating_sub(pixels)];
            let up = relief[row.saturating_sub(pixels) * width + column];
            let slope = (relief[at] - left) + (relief[at] - up);
            let shine = (slope * 0.34).clamp(-0.5, 0.6);
            canvas.pixels[at] = scale(canvas.pixels[at], 1.0 + shine);
            let gloss = (slope - 0.45).max(0.0) * 0.10;
            canvas.pixels[at] = mix(canvas.pixels[at], [1.0, 0.98, 0.92], gloss.min(0.35));
        }
    }
}
