//! Water: the picture mirrored at the shore, broken by ripples, with what the sun and the surf add.

use super::canvas::{Canvas, add, hex, mix, scale};
use super::class::Class;
use super::land;
use super::light::Light;
use super::terrain::Wet;
use super::{Kind, Scene};
use crate::data::seed::{fbm, noise, step};

/// Paints all wet pixels that nothing has been drawn over, from the top row down, so that what is mirrored is finished
/// already. The row above the first wet one of a column is the shore at which that run of water mirrors.
pub fn draw(scene: &Scene, light: &Light, canvas: &mut Canvas, wet: &Wet) {
    let camera = scene.camera;
    let (width, height) = (canvas.width, canvas.height);
    let sea = scene.kind == Kind::Coast;
    let seed = scene.seed ^ 0x3A7E;
    let is_wet: Vec<bool> = wet
        .iter()
        .zip(&canvas.depth)
        .map(|(wet, &depth)| wet.is_some_and(|[_, z]| depth >= z * 0.98))
        .collect();
    let shores = shores(width, height, &is_wet);
    for at in 0..width * height {
        let Some([x, z]) = wet[at].filter(|_| is_wet[at]) else {
            continue;
        };
        let (row, column) = (at / width, at % width);
        let size = z / camera.focal * canvas.pixel();
        let wave = |length: f32, salt: u32| {
            let fade = 1.0 - step(length * 0.3, length * 1.4, size);
            if fade > 0.0 {
                fade * noise(x / length, z / (length * 0.45), seed ^ salt)
            } else {
                0.0
            }
        };
        let (calm, slope, across) = if sea {
            let swell = fbm(x / 14.0, z / 6.0, 2, seed ^ 1);
            (
                0.0,
                0.6 * swell + 0.5 * wave(3.0, 2) + 0.4 * wave(0.9, 3),
                0.5 * wave(2.0, 4),
            )
        } else {
            // Gusts leave part of the lake like glass and ruffle the rest.
            let gust = step(-0.15, 0.35, noise(x / 60.0, z / 35.0, seed ^ 9));
            let rough = 0.25 + 0.75 * gust;
            (
                1.0 - gust,
                rough * (0.5 * wave(2.2, 2) + 0.5 * wave(0.7, 3)),
                rough * 0.4 * wave(1.1, 4),
            )
        };
        let middle = row as f32 + 0.5;
        let spread = canvas.height as f32 * 0.02 * (8.0 / z.sqrt()).clamp(0.4, 1.6);
        let stretch = if sea { 1.5 } else { 1.06 };
        let sideways = column as f32 + across * spread * 0.6;
        let mirror_at = |shore: f32| {
            (shore - (middle - shore) * stretch - slope * spread).min(shore.min(row as f32) - 1.5)
        };
        // What floats in the way is mirrored at its own foot; where the picture of it ends, the far shore's goes on.
        let (far, own) = shores[at];
        let foot = camera.eye * camera.focal / (canvas.y(own) - camera.horizon).max(1e-4);
        let mut mirrored = mirror_at(own);
        let seen = mirrored.max(0.0) as usize * width + (sideways.max(0.0) as usize).min(width - 1);
        if mirrored < 0.0 || is_wet[seen] || canvas.depth[seen] > 1.6 * foot {
            mirrored = mirror_at(far);
        }
        let mut image = sample(&canvas.pixels, width, height, sideways, mirrored);
        if sea {
            // A moving sea mirrors only what is close above it; from farther down its waves show the open sky.
            let down = (middle - own) * canvas.pixel();
            image = mix(light.haze(x / z, 0.3), image, (-down * 16.0).exp());
        }
        let down = ((canvas.y(row as f32 + 0.5) - camera.horizon) / camera.focal).max(0.0);
        let grazing = (1.0 - down / (1.0 + down * down).sqrt() + 0.22 * slope).clamp(0.0, 1.0);
        let mirror = if sea {
            (0.10 + 0.75 * grazing.powi(6)).min(0.8)
        } else {
            0.30 + 0.62 * grazing.powi(3)
        };
        let bed = if scene.water {
            -land::height(scene, x, z, 3)
        } else {
            1.0
        };
        let body = if sea {
            mix(
                hex(if scene.snow { 0x6E9FA6 } else { 0x5FC3BE }),
                hex(if scene.snow { 0x1D4A66 } else { 0x14597F }),
                step(0.05, 3.6, bed + 0.3 * noise(x / 30.0, z / 12.0, seed ^ 6)),
            )
        } else {
            mix(
                scale(hex(0x5E6B4E), 0.8),
                hex(0x12303C),
                step(0.0, 1.2, bed),
            )
        };
        let sunlit = scale(
            body,
            0.35 * light.day
                + 0.65 * (light.beam[1] * light.sun[1].max(0.2) + light.shade[1]).min(1.2),
        );
        let mut colour = mix(sunlit, image, mirror);
        // The sun on the facets that happen to face it.
        let facing = (x / z - light.glitter - 0.25 * across).abs();
        let sparkle =
            step(0.30, 0.75, slope + 0.3 * wave(0.35, 7)) * (-facing * facing * 26.0).exp();
        colour = add(
            colour,
            scale(
                light.beam,
                if sea { 0.30 } else { 0.45 } * sparkle * (1.0 - 0.6 * calm),
            ),
        );
        if sea {
            let foam = surf(scene, x, z, bed, slope, size);
            colour = mix(colour, scale(hex(0xFBFDFC), 0.95 * light.day), foam);
        }
        canvas.pixels[at] = light.through(colour, x / z, 0.5, z);
        canvas.parts.over(at, Class::Water, 1.0);
    }
}

/// For each wet pixel the rows, in pixels, at which the water of its column begins at all and at which its own run begins.
/// The first is smoothed along the row, so that a ragged shore does not tear the reflection.
fn shores(width: usize, height: usize, is_wet: &[bool]) -> Vec<(f32, f32)> {
    let mut first = vec![None; width];
    let mut shores = vec![(0.0_f32, 0.0_f32); width * height];
    for row in 0..height {
        for (column, first) in first.iter_mut().enumerate() {
            let at = row * width + column;
            if is_wet[at] {
                let far = *first.get_or_insert(row as f32);
                let own = if row > 0 && is_wet[at - width] {
                    shores[at - width].1
                } else {
                    row as f32
                };
                shores[at] = (far, own);
            }
        }
    }
    let reach = width / 90;
    for row in 0..height {
        let line = row * width..(row + 1) * width;
        let mut sums = vec![(0.0_f32, 0.0_f32)];
        for (shore, &wet) in shores[line.clone()].iter().zip(&is_wet[line]) {
            let (sum, count) = sums[sums.len() - 1];
            sums.push(if wet {
                (sum + shore.0, count + 1.0)
            } else {
                (sum, count)
            });
        }
        for column in 0..width {
            let (low, high) = (
                column.saturating_sub(reach),
                (column + reach + 1).min(width),
            );
            let count = sums[high].1 - sums[low].1;
            if count > 0.0 {
                shores[row * width + column].0 =
                    ((sums[high].0 - sums[low].0) / count).min(row as f32);
            }
        }
    }
    shores
}

/// Bilinear in the rows, nearest in the columns: a reflection is blurred downwards anyway.
fn sample(pixels: &[[f32; 3]], width: usize, height: usize, column: f32, row: f32) -> [f32; 3] {
    let column = (column.max(0.0) as usize).min(width - 1);
    let row = row.clamp(0.0, (height - 1) as f32);
    let first = row as usize;
    let second = (first + 1).min(height - 1);
    mix(
        pixels[first * width + column],
        pixels[second * width + column],
        row - first as f32,
    )
}

/// How much foam lies on the sea: lines of breakers towards the beach, a ragged fringe where the water ends, and
/// whitecaps outside.
fn surf(scene: &Scene, x: f32, z: f32, depth: f32, slope: f32, size: f32) -> f32 {
    let seed = scene.seed ^ 0xF0A;
    let lace = 1.0 - fbm(x / 1.1, z / 1.1, 3, seed).abs() * 3.2 * (1.0 - step(0.3, 1.2, size));
    let ragged = depth + 0.30 * fbm(x / 5.0, z / 5.0, 3, seed ^ 1);
    let fringe = step(0.34, 0.02, ragged);
    let mut foam = fringe * (0.55 + 0.45 * lace);
    for (index, line) in [0.62_f32, 1.25, 2.1].into_iter().enumerate() {
        let bent = depth + 0.45 * fbm(x / 11.0, z / 11.0, 2, seed ^ (3 + index as u32));
        let behind = bent - line;
        // Sharp towards the beach, trailing away outwards.
        let crest = step(-0.03, 0.02, behind) * step(0.40, 0.0, behind);
        let broken = step(
            -0.25,
            0.2,
            noise(x / 9.0, z / 9.0, seed ^ (9 + index as u32)),
        );
        foam = foam.max(crest * broken * (0.35 + 0.65 * lace) * 0.95);
    }
    // Against the cliffs the swell breaks whatever the depth.
    let cliff = land::inland(scene.seed, x, z);
    let against = step(
        -7.0,
        -1.5,
        cliff + 3.0 * fbm(x / 4.0, z / 4.0, 3, seed ^ 20),
    ) * step(15.0, 30.0, z);
    foam = foam.max(against * (0.5 + 0.5 * lace));
    let cap = step(
        0.52,
        0.75,
        slope + 0.45 * noise(x / 25.0, z / 10.0, seed ^ 30),
    ) * 0.6;
    foam.max(cap).clamp(0.0, 1.0)
}
