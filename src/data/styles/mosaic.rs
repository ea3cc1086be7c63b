//! A mosaic of small stones: rings around suns, flowing rows between them, gold, turquoise and terracotta in grout.

use crate::data::scenes::canvas::{ASPECT, Canvas, Colour, hex, mix, scale};
use crate::data::seed::{Seed, cell, fbm, noise, step};
use image::RgbImage;

/// Height of a row of stones in frame units.
const ROW: f32 = 0.0165;

/// A round motif.
struct Disc {
    x: f32,
    y: f32,
    radius: f32,
    petals: f32,
    tint: usize,
}

/// One stone under a pixel: where its middle lies, its name, and how far the pixel is from its edge and from its middle.
struct Stone {
    id: [i32; 2],
    inset: f32,
    across: [f32; 2],
    colour: Colour,
}

const PALETTE: [[u32; 4]; 4] = [
    [0xC79A2E, 0xE8C65A, 0xF2DE9A, 0x9A6F1C],
    [0x1F8A8C, 0x45B5AA, 0x8FD3C4, 0x0F5A6B],
    [0xB4512D, 0xD2794A, 0xE9A878, 0x7E3220],
    [0x1D3E6E, 0x2F5E9A, 0x6D93BF, 0x132848],
];

fn pick(tint: usize, random: f32) -> Colour {
    let row = PALETTE[tint % 4];
    hex(row[((random * random * 4.0) as usize).min(3)])
}

fn discs(seed: u32) -> Vec<Disc> {
    let random = &mut Seed::stream(seed, 71);
    let mut discs: Vec<Disc> = Vec::new();
    for attempt in 0..400 {
        let radius = if attempt < 60 {
            random.range(0.17, 0.27)
        } else {
            random.range(0.05, 0.11)
        };
        let (x, y) = (random.range(0.0, ASPECT), random.range(0.0, 1.0));
        let enough = if radius > 0.12 {
            discs.len() < 4
        } else {
            discs.len() < 13
        };
        if enough
            && discs
                .iter()
                .all(|d| (d.x - x).hypot(d.y - y) > d.radius + radius + 0.035)
        {
            discs.push(Disc {
                x,
                y,
                radius,
                petals: (6 + 2 * random.below(5)) as f32,
                tint: random.below(4),
            });
        }
    }
    discs
}

/// Stones in rings, each ring divided into as many as fit.
fn ring(disc: &Disc, index: usize, x: f32, y: f32, seed: u32) -> Stone {
    let (dx, dy) = (x - disc.x, y - disc.y);
    let r = dx.hypot(dy) / ROW;
    let row = r.floor();
    let count = ((row + 0.5) * std::f32::consts::TAU * 0.92)
        .floor()
        .max(1.0);
    let turn = (dy.atan2(dx) / std::f32::consts::TAU + 0.5 + 0.37 * row).rem_euclid(1.0) * count;
    let column = turn.floor();
    let (u, v) = (turn - column, r - row);
    let width = std::f32::consts::TAU * (row + 0.5) / count;
    let angle = ((column + 0.5) / count - 0.37 * row) * std::f32::consts::TAU;
    let t = row * ROW / disc.radius;
    let petal = (angle * disc.petals / 2.0).cos().abs();
    let random = cell(column as i32, row as i32 + 900 * index as i32, seed);
    // Rim, petals on a ground of another colour, and a heart.
    let tint = if t > 0.86 {
        3
    } else if t < 0.16 {
        0
    } else if petal > 0.35 + 0.55 * (t - 0.45).abs() * 2.0 {
        disc.tint
    } else {
        disc.tint + 1 + usize::from(t > 0.6)
    };
    let light = if t < 0.08 {
        hex(0xF8EBC8)
    } else {
        pick(tint, random)
    };
    Stone {
        id: [column as i32, row as i32 + 900 * index as i32],
        inset: (u.min(1.0 - u) * width).min(v.min(1.0 - v)),
        across: [u - 0.5, v - 0.5],
        colour: light,
    }
}

/// Stones in rows that flow around the discs like water around stones.
fn flow(discs: &[Disc], x: f32, y: f32, seed: u32) -> Stone {
    let mut level =
        y + 0.11 * noise(x * 1.7, y * 1.3, seed) + 0.05 * noise(x * 4.1 + 9.0, y * 3.1, seed);
    for disc in discs {
        let (dx, dy) = (x - disc.x, y - disc.y);
        level -= dy * disc.radius * disc.radius
            / (dx * dx + dy * dy).max(disc.radius * disc.radius)
            * 0.85;
    }
    let v = level / ROW;
    let row = v.floor();
    let along = (x + 0.05 * noise(y * 3.0, x * 2.0, seed ^ 3)) / (ROW * 1.12)
        + 0.5 * row
        + 0.7 * cell(row as i32, 7, seed);
    // Stones of uneven length: every edge is moved a little.
    let mut column = along.floor();
    let edge = |c: f32| c + 0.34 * (cell(c as i32, row as i32, seed ^ 5) - 0.5);
    if along < edge(column) {
        column -= 1.0;
    } else if along > edge(column + 1.0) {
        column += 1.0;
    }
    let (from, to) = (edge(column), edge(column + 1.0));
    let (u, v) = ((along - from) / (to - from), v - row);
    let random = cell(column as i32, row as i32, seed ^ 9);
    let band = (row * ROW * 5.2 + 1.6 * noise(x * 1.2, row * ROW * 1.5, seed ^ 12)).rem_euclid(4.0);
    let line = (row as i32).rem_euclid(9);
    let colour = match line {
        0 => pick(0, random * 0.7),
        4 => mix(hex(0xF5EAD2), hex(0xD9C6A0), random),
        _ => pick([1, 3, 2, 1][band as usize % 4], random),
    };
    Stone {
        id: [column as i32, row as i32],
        inset: (u.min(1.0 - u) * (to - from) * 1.12).min(v.min(1.0 - v)),
        across: [u - 0.5, v - 0.5],
        colour,
    }
}

/// Draws the mosaic.
pub fn draw(width: u32, height: u32, seed: u32) -> RgbImage {
    let discs = discs(seed);
    let mut canvas = Canvas::new(width, height, [0.0; 3]);
    let soft = (canvas.pixel() / ROW).clamp(0.02, 0.6);
    canvas.shade(|x, y, _| {
        // Hand-cut edges are never straight.
        let (wx, wy) = (
            x + 0.0016 * noise(x * 90.0, y * 90.0, seed),
            y + 0.0016 * noise(x * 90.0 + 40.0, y * 90.0, seed),
        );
        let inside = discs
            .iter()
            .enumerate()
            .find(|(_, d)| (wx - d.x).hypot(wy - d.y) < (d.radius / ROW).round() * ROW);
        let stone = match inside {
            Some((index, disc)) => ring(disc, index, wx, wy, seed),
            None => flow(&discs, wx, wy, seed ^ 0x40),
        };
        let hash = |salt: u32| cell(stone.id[0], stone.id[1], seed ^ salt);
        // Each stone is set at its own tilt and catches the light differently over its face.
        let tilt = [hash(21) - 0.5, hash(22) - 0.5];
        let face = 1.0
            + 0.55 * (hash(23) - 0.5)
            + 0.9 * (tilt[0] * stone.across[0] + tilt[1] * stone.across[1]);
        let vein = 1.0 + 0.35 * fbm(x * 130.0, y * 130.0, 3, seed ^ 60);
        let bevel = 0.75 + 0.25 * step(0.08, 0.26, stone.inset)
            - 0.22 * (stone.across[0] + stone.across[1]) * step(0.34, 0.12, stone.inset);
        let shine = step(0.86, 0.97, hash(24)) * 0.55;
        let stone_colour = scale(
            mix(
                stone.colour,
                hex(0xFFF6DC),
                shine * step(0.1, 0.35, stone.inset),
            ),
            face * vein * bevel,
        );
        let grout = scale(
            mix(
                hex(0x4A4038),
                hex(0x6E6252),
                0.5 + noise(x * 160.0, y * 160.0, seed ^ 61),
            ),
            0.8,
        );
        mix(
            grout,
            stone_colour,
            step(0.075 - soft / 2.0, 0.105 + soft / 2.0, stone.inset),
        )
    });
    canvas.finish()
}
