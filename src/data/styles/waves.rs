//! Rolling waves in the manner of old woodblock prints: stripes that follow each swell, claws of foam, Prussian blue on
//! cream paper.

use crate::data::scenes::canvas::{ASPECT, Canvas, Colour, hex, mix, scale};
use crate::data::seed::{Seed, cell, fbm, noise, step};
use image::RgbImage;

/// One swell from side to side: a train of waves that lean to the left and break.
struct Swell {
    base: f32,
    height: f32,
    length: f32,
    phase: f32,
    seed: u32,
}

impl Swell {
    /// Frame point of the crest line at parameter `t`, one wave per unit: a trochoid whose top is drawn forwards.
    fn point(&self, t: f32) -> [f32; 2] {
        let wave = t.floor();
        let tall = self.height * (0.55 + 0.75 * cell(wave as i32, 1, self.seed));
        let f = t - wave;
        let lift = (std::f32::consts::PI * f).sin().powi(2);
        let peak = lift.powf(2.2);
        let lean = 0.36 * self.length * peak;
        let x = (t + self.phase) * self.length - lean;
        [x, self.base - tall * (0.25 * lift + 0.75 * peak)]
    }

    fn outline(&self) -> Vec<[f32; 2]> {
        let count = ((ASPECT / self.length + 4.0) * 64.0) as i32;
        (0..=count)
            .map(|i| self.point(i as f32 / 64.0 - 2.0))
            .collect()
    }
}

const BLUES: [u32; 5] = [0x14294F, 0x1F4477, 0x3B6C9C, 0x86A9BE, 0xCFD8CC];

/// Draws the waves.
pub fn draw(width: u32, height: u32, seed: u32) -> RgbImage {
    let mut canvas = Canvas::new(width, height, [0.0; 3]);
    sky(&mut canvas, seed);
    let random = &mut Seed::stream(seed, 72);
    let rows = 7;
    for row in 0..rows {
        let t = row as f32 / (rows - 1) as f32;
        let swell = Swell {
            base: 0.36 + 0.78 * t.powf(1.1),
            height: 0.14 + 0.27 * t + random.range(-0.03, 0.05),
            length: 0.26 + 0.42 * t + random.range(-0.02, 0.05),
            phase: random.range(-1.0, 0.0),
            seed: random.next_u32(),
        };
        body(&mut canvas, &swell, random);
    }
    paper(&mut canvas, seed);
    canvas.finish()
}

/// A banded sky with a red sun and drifting lines of cloud.
fn sky(canvas: &mut Canvas, seed: u32) {
    let random = &mut Seed::stream(seed, 73);
    let sun = [random.range(0.2, ASPECT - 0.2), random.range(0.10, 0.2)];
    let soft = canvas.pixel() * 1.5;
    canvas.shade(|x, y, _| {
        let bend = y + 0.03 * noise(x * 2.0, y * 4.0, seed);
        let mut colour = mix(hex(0xB98F6A), hex(0xEBDDB9), step(0.0, 0.30, bend));
        let disc = (x - sun[0]).hypot(y - sun[1]);
        colour = mix(
            hex(0xC2452D),
            colour,
            step(0.085 - soft, 0.085 + soft, disc),
        );
        let stripe = (bend * 62.0 + 1.4 * fbm(x * 3.0, y * 3.0, 3, seed ^ 4)).sin();
        let cloud = step(-0.02, 0.10, fbm(x * 1.7, bend * 8.0, 4, seed ^ 6));
        colour = mix(colour, hex(0xF3EAD0), cloud * 0.85);
        mix(
            colour,
            hex(0x7A8A92),
            0.42 * step(0.72, 0.95, stripe) * (0.3 + 0.7 * cloud),
        )
    });
}

/// Fills one swell with stripes, outlines it, and sets the foam on it.
fn body(canvas: &mut Canvas, swell: &Swell, random: &mut Seed) {
    let crest = swell.outline();
    let mut shape = crest.clone();
    shape.push([ASPECT + 1.0, 1.3]);
    shape.push([-1.0, 1.3]);
    let seed = swell.seed;
    let soft = (canvas.pixel() * 90.0).clamp(0.06, 0.6);
    canvas.polygon(&shape, 0.0, |x, y| {
        let depth = (y - swell.base + swell.height) / swell.height;
        // The stripes run along the swell: they sink with its hollows and rise to its tops.
        let t = x / swell.length - swell.phase;
        let wave = (std::f32::consts::PI * t + 0.9 * depth).sin();
        let line = depth * 6.0 + 1.7 * wave + 0.5 * noise(x * 7.0, y * 7.0, seed);
        let stripe = line - line.floor();
        let kind = cell(line.floor() as i32, 3, seed);
        let dark = mix(hex(BLUES[0]), hex(BLUES[1]), kind);
        let light = if kind > 0.55 {
            hex(BLUES[4])
        } else {
            mix(hex(BLUES[2]), hex(BLUES[3]), kind * 1.6)
        };
        let edge = 0.45 + 0.22 * noise(x * 5.0, line.floor(), seed ^ 2);
        let mut colour = mix(
            dark,
            light,
            step(edge - soft, edge + soft, stripe) * step(1.0, 0.93 - soft, stripe),
        );
        // Ink that was wiped thinner towards the foot of the wave.
        colour = mix(colour, hex(0x24507F), 0.30 * step(0.5, 1.6, depth));
        (
            scale(colour, 1.0 + 0.16 * fbm(x * 26.0, y * 90.0, 3, seed ^ 5)),
            1.0,
        )
    });
    let ink = hex(0x101C36);
    for pair in crest.windows(2) {
        canvas.stroke(pair[0], pair[1], 0.0, [0.0052; 2], ink, 0.95);
    }
    foam(canvas, swell, random, ink);
}

/// Foam: a scalloped cap of white along the upper part of each wave with claws that reach forwards, and drops in the air.
fn foam(canvas: &mut Canvas, swell: &Swell, random: &mut Seed, ink: Colour) {
    let waves = (ASPECT / swell.length) as i32 + 3;
    let unit = swell.height;
    let white = hex(0xF6EFDA);
    for wave in -2..waves {
        let mut claws: Vec<([f32; 2], f32)> = Vec::new();
        for i in 0..34 {
            let f = 0.30 + 0.30 * i as f32 / 33.0;
            let at = swell.point(wave as f32 + f);
            let high = ((swell.base - at[1]) / unit).clamp(0.0, 1.2);
            if high > 0.1 {
                claws.push((at, unit * (0.026 + 0.048 * high) * random.range(0.7, 1.3)));
            }
        }
        // Ink first, a little larger, then white: what remains of the ink is the outline.
        for pass in 0..2 {
            for (at, size) in &claws {
                let (grow, colour) = if pass == 0 {
                    (0.0045, ink)
                } else {
                    (0.0, white)
                };
                canvas.dab(
                    at[0],
                    at[1] + size * 0.4,
                    0.0,
                    size + grow,
                    size * 0.8 + grow,
                    0.3,
                    0.0,
                    colour,
                    1.0,
                );
            }
        }
        for (index, (at, size)) in claws.iter().enumerate() {
            if index % 3 != 2 {
                let reach = size * random.range(1.5, 2.6);
                claw(canvas, random, *at, reach, ink, white);
            }
            // Hollows of blue inside the foam.
            let (x, y) = (
                at[0] + size * random.range(-0.5, 0.6),
                at[1] + size * random.range(0.2, 1.1),
            );
            canvas.dab(
                x,
                y,
                0.0,
                size * 0.26,
                size * 0.18,
                random.range(-1.0, 1.0),
                0.1,
                hex(0x86A9BE),
                0.9,
            );
        }
        let top = swell.point(wave as f32 + 0.5);
        for _ in 0..34 {
            let (dx, dy) = (random.normal() * 0.32 - 0.42, random.range(-0.45, 0.35));
            let size = unit * random.range(0.005, 0.022);
            canvas.dab(
                top[0] + unit * dx,
                top[1] + unit * dy,
                0.0,
                size + 0.0016,
                size + 0.0016,
                0.0,
                0.0,
                ink,
                0.75,
            );
            canvas.dab(
                top[0] + unit * dx,
                top[1] + unit * dy,
                0.0,
                size,
                size,
                0.0,
                0.0,
                white,
                1.0,
            );
        }
    }
}

/// A hooked finger of foam: a chain of shrinking dabs along an arc.
fn claw(
    canvas: &mut Canvas,
    random: &mut Seed,
    at: [f32; 2],
    size: f32,
    ink: Colour,
    white: Colour,
) {
    let start = random.range(-3.3, -2.5);
    let turn = random.range(-2.6, -1.3);
    for pass in 0..2 {
        let (mut x, mut y) = (at[0], at[1]);
        for i in 0..9 {
            let t = i as f32 / 8.0;
            let angle = start + turn * t;
            x += angle.cos() * size * 0.15;
            y += angle.sin() * size * 0.15;
            let wide = size * 0.21 * (1.0 - 0.8 * t);
            let (grow, colour) = if pass == 0 {
                (0.0036, ink)
            } else {
                (0.0, white)
            };
            canvas.dab(x, y, 0.0, wide + grow, wide + grow, 0.0, 0.0, colour, 1.0);
        }
    }
}

/// Fibres of the paper and the grain of the block over everything.
fn paper(canvas: &mut Canvas, seed: u32) {
    canvas.shade(|x, y, colour| {
        let grain = 0.05 * fbm(x * 40.0, y * 220.0, 3, seed ^ 80)
            + 0.05 * noise(x * 260.0, y * 260.0, seed ^ 81);
        mix(
            scale(colour, 1.0 + 1.6 * grain),
            hex(0xE2CFA2),
            0.07 + 0.2 * grain.max(0.0),
        )
    });
}
