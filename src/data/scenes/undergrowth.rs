//! What is seen inside a wood: trunks near by, boughs, ferns.

use super::canvas::{Canvas, hex, mix, scale};
use super::plants::{Paint, side};
use super::{Scene, Tree};
use crate::data::seed::{Seed, fbm};

/// A tall trunk with furrowed bark and moss, twigs low down and leafy boughs above.
pub fn trunk(
    scene: &Scene,
    canvas: &mut Canvas,
    tree: &Tree,
    paint: &Paint,
    at: [f32; 2],
    tall: f32,
) {
    let random = &mut Seed::new(tree.seed);
    let z = tree.z - 0.2;
    let wide = scene.camera.focal / tree.z * random.range(0.17, 0.34);
    let lean = random.range(-0.03, 0.03) * tall;
    let light = side(paint.light);
    let bark = mix(hex(0x4B3726), hex(0x7A5C40), random.uniform());
    let curve = random.range(-0.01, 0.01) * tall;
    let middle = |y: f32| {
        let t = ((at[1] - y) / tall).clamp(-0.02, 1.0);
        (
            at[0] + lean * t + curve * (t * 9.0).sin() * 0.3,
            wide * (1.0 - 0.55 * t) * (1.0 + 0.55 * (-t * tall / wide * 0.9).exp()),
        )
    };
    let rows = 24;
    let mut outline: Vec<[f32; 2]> = Vec::new();
    for i in 0..=rows {
        let y = at[1] - tall * (i as f32 / rows as f32).powf(1.6);
        let (x, half) = middle(y);
        outline.push([x - half, y]);
    }
    for i in (0..=rows).rev() {
        let y = at[1] - tall * (i as f32 / rows as f32).powf(1.6);
        let (x, half) = middle(y);
        outline.push([x + half, y]);
    }
    let seed = tree.seed;
    let coarse = canvas.pixel() / wide;
    canvas.polygon(&outline, z, |x, y| {
        let (centre, half) = middle(y);
        let across = ((x - centre) / half).clamp(-1.0, 1.0);
        let metres = (at[1] - y) / wide;
        // Furrows that run up the trunk and wrap around it.
        let around = across.asin();
        let furrow = if coarse < 0.35 {
            fbm(
                around * 3.4 + 0.3 * (metres * 0.7).sin(),
                metres * 0.32,
                3,
                seed,
            )
        } else {
            0.0
        };
        let round = (1.0 - across * across).max(0.0).sqrt();
        let lit = (0.10 + 0.42 * across * light + 0.10 * round).clamp(0.0, 1.0)
            * (1.0 + 1.6 * furrow).max(0.1);
        let moss = (0.5 + 0.9 * fbm(around * 2.0, metres * 0.25, 2, seed ^ 1)
            - 0.05 * metres
            - 0.25 * across * light)
            .clamp(0.0, 0.8);
        // Snow clings only where the moss is thickest.
        let moss = if scene.snow {
            1.6 * (moss - 0.5).max(0.0)
        } else {
            moss
        };
        let albedo = mix(
            scale(bark, (1.0 + 1.3 * furrow).max(0.25)),
            paint.leaf(hex(0x5E7A2E), 0x5E7A2E, 1.0),
            moss,
        );
        (paint.colour(albedo, lit), 1.0)
    });
    // Dead twigs low down, and boughs with leaves above.
    for _ in 0..7 {
        let t = random.range(0.12, 0.75);
        let (x, half) = middle(at[1] - tall * t);
        let out = if random.chance(0.5) { 1.0 } else { -1.0 };
        let from = [x + out * half * 0.8, at[1] - tall * t];
        let to = [
            from[0] + out * tall * random.range(0.03, 0.10),
            from[1] - tall * random.range(-0.01, 0.05),
        ];
        canvas.stroke(
            from,
            to,
            z,
            [wide * 0.35, wide * 0.08],
            paint.colour(scale(bark, 0.7), 0.2),
            1.0,
        );
        if t > 0.22 {
            let size = tall * random.range(0.05, 0.09);
            spray(canvas, random, paint, to, size, z);
        }
    }
}

/// A cloud of leaves around the end of a bough.
fn spray(canvas: &mut Canvas, random: &mut Seed, paint: &Paint, at: [f32; 2], size: f32, z: f32) {
    let count = ((size / canvas.pixel()) as usize).clamp(5, 150);
    for _ in 0..count {
        let (x, y) = (
            at[0] + size * random.normal() * 0.75,
            at[1] + size * random.normal() * 0.30,
        );
        let lit = random.uniform();
        let green = mix(hex(0x3D6422), hex(0xA9BE46), lit);
        let leaf = paint.leaf(green, 0x6A5646, 1.5 * lit);
        let dab = size * random.range(0.022, 0.055) * (150.0 / count as f32).sqrt();
        canvas.dab(
            x,
            y,
            z,
            dab,
            dab * 0.55,
            random.range(-0.8, 0.8),
            0.4,
            paint.colour(leaf, lit * lit * 0.9),
            0.9,
        );
    }
}

/// A fern: arching fronds with leaflets.
pub fn fern(canvas: &mut Canvas, tree: &Tree, paint: &Paint, at: [f32; 2], tall: f32) {
    let random = &mut Seed::new(tree.seed);
    let z = tree.z - 0.2;
    let green = mix(hex(0x3F6B22), hex(0x88A83A), random.uniform());
    let green = paint.leaf(green, 0x8A6A44, 0.7);
    let fronds = 7;
    let detail = tall / canvas.pixel();
    for frond in 0..fronds {
        let fan = (frond as f32 + random.range(0.1, 0.9)) / fronds as f32 * 2.0 - 1.0;
        let long = tall * random.range(0.8, 1.15);
        let bright = random.range(0.15, 0.75);
        let point = |t: f32| {
            [
                at[0] + fan * long * 0.95 * t,
                at[1] - long * (1.05 * t - (0.45 + 0.45 * fan.abs()) * t * t),
            ]
        };
        let leaflets = if detail > 26.0 { 13 } else { 5 };
        let colour = paint.colour(scale(green, 0.7), bright * 0.6);
        let mut last = point(0.0);
        for i in 1..=leaflets {
            let t = i as f32 / leaflets as f32;
            let here = point(t);
            canvas.stroke(last, here, z, [tall * 0.02, tall * 0.016], colour, 1.0);
            let (dx, dy) = (here[0] - last[0], here[1] - last[1]);
            let norm = dx.hypot(dy).max(1e-6);
            let size = tall * 0.26 * (1.0 - t).powf(0.7) * (t * 4.0).min(1.0) + tall * 0.02;
            for out in [-1.0, 1.0] {
                let to = [
                    here[0] + (dx * 0.5 - out * dy) / norm * size,
                    here[1] + (dy * 0.5 + out * dx) / norm * size + 0.15 * size,
                ];
                let lit =
                    (bright + 0.2 * -out * dx.signum() + random.range(-0.15, 0.15)).clamp(0.0, 1.0);
                canvas.stroke(
                    here,
                    to,
                    z,
                    [tall * 0.045, tall * 0.012],
                    paint.colour(green, lit),
                    0.95,
                );
            }
            last = here;
        }
    }
}
