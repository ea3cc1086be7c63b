//! Firs, round trees, shrubs and palms, painted with strokes and dabs: as many for a tree as its size can show.

use super::canvas::{Canvas, hex, mix, scale};
use super::plants::{Paint, side};
use super::{Kind, Scene, Season, Species, Tree};
use crate::data::seed::Seed;

/// A conifer: whorls of drooping twigs around a trunk, snow on them in winter.
pub fn fir(
    scene: &Scene,
    canvas: &mut Canvas,
    tree: &Tree,
    paint: &Paint,
    at: [f32; 2],
    tall: f32,
) {
    let random = &mut Seed::new(tree.seed);
    let tint = random.uniform();
    // Drawn from a stream of its own: the twigs must not depend on whether it has snowed.
    let flakes = &mut Seed::stream(tree.seed, 1);
    let needle = mix(hex(0x1E3B2A), hex(0x3E5A2E), tint);
    let z = tree.z - 0.3;
    // There are few on a meadow: they are broad and dense.
    let meadow = scene.kind == Kind::Meadow;
    let wide = tall * random.range(0.17, 0.23) * if meadow { 1.45 } else { 1.0 };
    let light = side(paint.light);
    let lean = random.range(-0.015, 0.015) * tall;
    if meadow {
        let cone = [
            [at[0] - 0.8 * wide, at[1] - 0.07 * tall],
            [at[0] + 0.8 * wide, at[1] - 0.07 * tall],
            [at[0] + lean, at[1] - 0.96 * tall],
        ];
        let dark = paint.colour(scale(needle, 0.8), 0.2);
        canvas.polygon(&cone, z, |_, _| (dark, 1.0));
    }
    canvas.stroke(
        at,
        [at[0] + lean, at[1] - tall],
        z,
        [tall * 0.026, tall * 0.004],
        paint.colour(hex(0x4A3526), 0.3),
        1.0,
    );
    // As many whorls as can be told apart: below about 60 pixels a dozen, above that up to 34.
    let detail = (tall / canvas.pixel()).clamp(8.0, 400.0);
    let whorls = (4.0 + detail * 0.11).min(38.0) as i32;
    for whorl in 0..whorls {
        let t = whorl as f32 / whorls as f32;
        let y = at[1] - tall * (0.07 + 0.93 * t) + tall * random.range(-0.012, 0.012);
        let x = at[0] + lean * t;
        let reach = wide * (1.0 - t).powf(0.85) * random.range(0.82, 1.12) + tall * 0.006;
        let twigs = if detail > 200.0 {
            15
        } else if detail > 80.0 {
            11
        } else if detail > 26.0 {
            5
        } else {
            3
        };
        for twig in 0..twigs {
            // Around the trunk: -1 is the left outline, 0 points at the viewer.
            let around = (twig as f32 + 0.5) / twigs as f32 * 2.0 - 1.0 + random.range(-0.1, 0.1);
            let tip_x = x + around * reach;
            let droop = tall
                * (0.018 + 0.055 * (1.0 - t))
                * (1.15 - 0.5 * around.abs())
                * random.range(0.7, 1.3);
            let lit = (0.42 + 0.5 * around * light + random.range(-0.28, 0.28) + 0.15 * t)
                .clamp(0.03, 1.0);
            let thick = tall
                * (0.030 + 0.020 * (1.0 - t))
                * if detail > 110.0 {
                    random.range(0.45, 0.8) * (140.0 / detail).clamp(0.6, 1.0)
                } else {
                    1.15
                };
            let tip = [tip_x, y + droop];
            let colour = paint.colour(scale(needle, random.range(0.75, 1.25)), lit * lit);
            canvas.stroke(
                [x, y - tall * 0.01],
                tip,
                z,
                [thick, thick * 0.35],
                colour,
                0.95,
            );
            let capped = if scene.season == Season::Winter {
                random.chance(0.85)
            } else {
                scene.snow && flakes.chance(0.85)
            };
            if capped {
                let white = paint.colour(hex(0xEDF1F8), (lit * 1.15).min(1.0));
                let from = [x + (tip_x - x) * 0.25, y + droop * 0.25 - thick * 0.55];
                // The tree is no larger for the snow that has fallen on it.
                let class = canvas.class;
                canvas.class = class.filter(|_| !scene.snow);
                canvas.stroke(
                    from,
                    [tip_x, y + droop - thick * 0.42],
                    z,
                    [thick * 0.40, thick * 0.22],
                    white,
                    0.9,
                );
                canvas.class = class;
            }
        }
    }
}

/// A round tree or a shrub: clumps of leaves, lit from one side.
pub fn leaves(
    scene: &Scene,
    canvas: &mut Canvas,
    tree: &Tree,
    paint: &Paint,
    at: [f32; 2],
    tall: f32,
) {
    let random = &mut Seed::new(tree.seed);
    let bush = tree.species == Species::Bush;
    let z = tree.z - 0.3;
    let warm = random.uniform();
    let green = match (scene.kind, scene.season) {
        (Kind::Desert, _) => mix(hex(0x6B6A3C), hex(0x8E8250), warm),
        (_, Season::Autumn) => mix(hex(0xB8701F), hex(0xD9A02E), warm),
        (Kind::Coast, _) => mix(hex(0x4C6A2C), hex(0x7D8C3E), warm),
        _ => mix(hex(0x35602A), hex(0x6A8A36), warm),
    };
    let leaf = paint.leaf(green, 0x6A5646, 0.0);
    let (centre, half_x, half_y) = if bush {
        (0.45, 0.62, 0.5)
    } else {
        (0.64, 0.40, 0.37)
    };
    let middle = [at[0], at[1] - tall * centre];
    if !bush {
        let bark = paint.colour(hex(0x54402F), 0.25);
        canvas.stroke(at, middle, z, [tall * 0.055, tall * 0.03], bark, 1.0);
        for _ in 0..5 {
            let to = [
                middle[0] + tall * random.range(-0.25, 0.25),
                middle[1] - tall * random.range(0.0, 0.2),
            ];
            canvas.stroke(
                [at[0], at[1] - tall * 0.32],
                to,
                z,
                [tall * 0.026, tall * 0.008],
                bark,
                1.0,
            );
        }
    }
    let detail = (tall / canvas.pixel()).clamp(3.0, 420.0);
    let clumps = if bush { 6 } else { 13 };
    let per_clump = ((detail * detail * 0.012) as usize).clamp(4, if bush { 40 } else { 260 });
    let light = [side(paint.light) * 0.75, -0.66];
    let mut parts: Vec<[f32; 3]> = (0..clumps)
        .map(|i| {
            let angle = i as f32 * 2.4 + random.range(-0.4, 0.4);
            let out = (i as f32 / clumps as f32).sqrt() * 0.72;
            [
                middle[0] + tall * half_x * out * angle.cos(),
                middle[1] + tall * half_y * out * angle.sin(),
                random.range(0.30, 0.46),
            ]
        })
        .collect();
    // The far, shaded clumps first: from the dark side to the bright one.
    parts.sort_by(|a, b| {
        (a[0] * light[0] + a[1] * light[1]).total_cmp(&(b[0] * light[0] + b[1] * light[1]))
    });
    for [cx, cy, size] in parts {
        let radius = [tall * half_x * size * 1.25, tall * half_y * size * 1.25];
        let whole = (((cx - middle[0]) / (tall * half_x)) * light[0]
            + ((cy - middle[1]) / (tall * half_y)) * light[1])
            .clamp(-1.0, 1.0);
        canvas.dab(
            cx,
            cy,
            z,
            radius[0] * 0.78,
            radius[1] * 0.78,
            0.0,
            0.12,
            paint.colour(scale(leaf, 0.55), (0.22 + 0.2 * whole).max(0.0)),
            0.95,
        );
        for _ in 0..per_clump {
            let (angle, out) = (
                random.range(0.0, std::f32::consts::TAU),
                random.uniform().sqrt() * 1.08,
            );
            let (dx, dy) = (out * angle.cos(), out * angle.sin());
            let facing = 0.5 * (dx * light[0] + dy * light[1]) + 0.35 * whole + 0.32;
            let lit = (facing + random.range(-0.2, 0.2)).clamp(0.0, 1.0);
            let dab = tall
                * random.range(0.014, 0.028)
                * if detail < 90.0 {
                    1.9
                } else {
                    (130.0 / detail).clamp(0.5, 1.0)
                }
                * if bush { 1.6 } else { 1.0 };
            let tint = mix(
                scale(leaf, random.range(0.7, 1.1)),
                hex(0xC9C04E),
                0.22 * lit,
            );
            let tint = paint.leaf(tint, 0x6A5646, 1.9 * lit - 0.25);
            canvas.dab(
                cx + dx * radius[0],
                cy + dy * radius[1],
                z,
                dab,
                dab * 0.62,
                random.range(-1.0, 1.0),
                0.5,
                paint.colour(tint, lit),
                0.9,
            );
        }
    }
}

/// A palm: a bent stem and a fan of fronds.
pub fn palm(canvas: &mut Canvas, tree: &Tree, paint: &Paint, at: [f32; 2], tall: f32) {
    let random = &mut Seed::new(tree.seed);
    let z = tree.z - 0.3;
    let lean = random.range(-0.22, 0.22) * tall;
    let mut last = at;
    for i in 1..=8 {
        let t = i as f32 / 8.0;
        let here = [at[0] + lean * t * t, at[1] - tall * 0.86 * t];
        canvas.stroke(
            last,
            here,
            z,
            [tall * 0.05, tall * 0.042],
            paint.colour(hex(0x6E5138), 0.35),
            1.0,
        );
        last = here;
    }
    for frond in 0..13 {
        let fan = (frond as f32 + random.range(0.2, 0.8)) / 13.0 * 2.0 - 1.0;
        let long = tall * random.range(0.32, 0.42);
        let lit: f32 = (0.5 + 0.4 * fan * side(paint.light)).clamp(0.05, 1.0);
        let green = mix(hex(0x3D5527), hex(0x7C8A3A), random.uniform());
        let colour = paint.colour(paint.leaf(green, 0x5A5A3A, 1.1 - fan.abs()), lit);
        let mut from = last;
        for i in 1..=5 {
            let t = i as f32 / 5.0;
            let to = [
                last[0] + fan * long * t,
                last[1] - long * ((0.75 - 0.5 * fan.abs()) * t - 0.95 * t * t),
            ];
            canvas.stroke(
                from,
                to,
                z,
                [tall * 0.05 * (1.1 - t), tall * 0.05 * (0.9 - 0.8 * t)],
                colour,
                1.0,
            );
            from = to;
        }
    }
}
