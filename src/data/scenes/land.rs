//! The shape of the ground.

use super::{Kind, Scene};
use crate::data::seed::{cell, fbm, noise, ridged, step};

/// Height of the ground in metres at a world point; `octaves` is how much detail is wanted, 3 for shadows, 7 for far
/// mountains.
#[must_use]
pub fn height(scene: &Scene, x: f32, z: f32, octaves: u32) -> f32 {
    match scene.kind {
        Kind::Lake => lake(scene.seed, x, z, octaves),
        Kind::Village => village(scene, x, z, octaves),
        Kind::Coast => coast(scene.seed, x, z, octaves),
        Kind::Forest => {
            0.5 * fbm(x / 7.0, z / 7.0, 3, scene.seed)
                + 0.05 * fbm(x, z, 2, scene.seed)
                + 0.012 * x * x / (1.0 + 0.08 * x.abs())
        }
        Kind::Desert => desert(scene.seed, x, z, octaves),
        Kind::Winter => winter(scene, x, z, octaves),
        Kind::Meadow => meadow(scene.seed, x, z, octaves),
    }
}

/// A range of mountains: 0 before `from` metres, about `tall` metres from `to` on, lower where the valley is.
fn range(seed: u32, x: f32, z: f32, octaves: u32, from: f32, to: f32, tall: f32) -> f32 {
    let rise = step(from, to, z + 0.25 * x.abs());
    if rise <= 0.0 {
        return 0.0;
    }
    let wide = tall * 1.9;
    let valley = 0.45 + 0.55 * step(0.0, 0.42, (x / z - 0.06).abs());
    let last = 1.0 - 0.75 * step(to * 1.5, to * 2.6, z);
    tall * rise
        * last
        * valley
        * (1.25 * ridged(x / wide, z / wide, octaves, seed ^ 0x3A) - 0.15).max(0.0)
}

/// Unevenness that is not seen from far away.
fn bumps(x: f32, z: f32, seed: u32) -> f32 {
    if z < 110.0 {
        0.25 * step(110.0, 70.0, z) * fbm(x / 2.7, z / 2.7, 3, seed ^ 4)
    } else {
        0.0
    }
}

/// Metres beyond the shore of the lake; negative on the water.
pub fn beyond_shore(seed: u32, x: f32, z: f32) -> f32 {
    let far = 175.0 + 45.0 * noise(x / 110.0, 3.7, seed) + 14.0 * noise(x / 23.0, 9.1, seed)
        - 40.0 * step(20.0, 170.0, x.abs());
    let near = 11.5
        + 3.0 * noise(x / 9.0, 0.5, seed)
        + 0.8 * noise(x / 2.3, 7.5, seed)
        + 0.9 * step(1.0, 8.0, -x) * 3.0;
    // A headland from the left and one from the right, at different distances.
    if z > 150.0 {
        return z - far;
    }
    let left =
        1.0 - ((z - 118.0) / 16.0).abs() + 0.16 * (-x - 28.0 + 9.0 * noise(z / 18.0, 2.2, seed));
    let right =
        1.0 - ((z - 74.0) / 10.0).abs() + 0.20 * (x - 27.0 + 7.0 * noise(z / 12.0, 5.2, seed));
    (z - far)
        .max(near - z)
        .max(left.min(right.max(left)) * 9.0)
        .max(right * 7.0)
}

fn lake(seed: u32, x: f32, z: f32, octaves: u32) -> f32 {
    let land = beyond_shore(seed, x, z);
    if land < 0.0 {
        return (land * 0.12).max(-6.0);
    }
    let mut height = 1.4 * (1.0 - (-land / 3.0).exp()) + bumps(x, z, seed);
    if z > 60.0 {
        let hill = (land / 260.0).min(1.6);
        height +=
            hill * 46.0 * (0.8 + fbm(x / 150.0, z / 150.0, octaves.min(4), seed ^ 7)).max(0.1);
        height += range(seed, x, z, octaves, 320.0, 1700.0, 760.0);
    }
    height.max(0.05)
}

fn village(scene: &Scene, x: f32, z: f32, octaves: u32) -> f32 {
    let seed = scene.seed;
    // Never above the camera: the view goes down into the valley and up the hills behind.
    let bowl = 10.0 * step(110.0, 10.0, z) - 3.0;
    let swell = 3.2 * fbm(x / 46.0, z / 46.0, 3, seed) * step(8.0, 40.0, z);
    let hills = 72.0
        * step(150.0, 640.0, z + 0.3 * x.abs())
        * (0.55 + fbm(x / 260.0, z / 260.0, octaves.min(4), seed ^ 3));
    bowl + swell + hills + range(seed, x, z, octaves, 900.0, 2400.0, 430.0)
}

/// How far inland a point of the coast is, in metres; negative on the sea.
pub fn inland(seed: u32, x: f32, z: f32) -> f32 {
    let edge = 13.0
        + 0.06 * z
        + 30.0 * noise(z / 95.0 + 0.3, 4.4, seed) * step(25.0, 110.0, z)
        + 5.0 * noise(z / 17.0, 8.4, seed)
        - 150.0 * step(300.0, 620.0, z);
    x - edge + 1.6 * fbm(x / 5.0, z / 5.0, 3, seed)
}

fn coast(seed: u32, x: f32, z: f32, octaves: u32) -> f32 {
    let land = inland(seed, x, z);
    let beach = 22.0 + 3.0 * noise(x / 14.0, 1.5, seed) - z - 0.35 * x;
    let sand = (0.075 * beach).max(-5.0);
    if land < -1.0 {
        return sand.max((land + 3.0) * 0.35 - 1.0).clamp(-6.0, 2.5);
    }
    let tall = 27.0 + 9.0 * noise(x / 70.0, z / 70.0, seed ^ 9) + 0.05 * z.min(500.0);
    // Two steps with a ledge between, broken by gullies.
    let gully = 0.7 * fbm(x / 3.0, z / 3.0, octaves.min(4), seed ^ 2)
        + 3.2 * noise(x / 13.0, z / 13.0, seed ^ 22);
    let lower = step(-1.0, 4.5, land + gully);
    let upper = step(5.5, 13.0, land + 1.3 * gully);
    let top = 0.10 * land.min(80.0) + 2.0 * fbm(x / 16.0, z / 16.0, 3, seed);
    sand.max(-1.0) + tall * (0.52 * lower + 0.48 * upper) + top * upper
}

/// One field of dunes with sharp crests: the windward side rises slowly, the lee side falls steeply.
fn dunes(x: f32, z: f32, seed: u32) -> f32 {
    let bend = noise(x * 0.7 + 3.0, z * 0.7, seed ^ 21);
    let phase = x * 0.55 + z * 0.8 + 1.1 * bend;
    let t = phase - phase.floor();
    let top = 0.68;
    let shape = if t < top {
        t / top
    } else {
        (1.0 - t) / (1.0 - top)
    };
    let profile = 0.75 * shape * shape * (3.0 - 2.0 * shape) + 0.25 * shape;
    profile * (0.55 + 0.7 * noise(x * 0.45, z * 0.45 + 9.0, seed ^ 33)).max(0.08)
}

fn desert(seed: u32, x: f32, z: f32, octaves: u32) -> f32 {
    let (wx, wz) = (
        x + 6.0 * noise(x / 40.0, z / 40.0, seed),
        z + 6.0 * noise(x / 40.0, z / 40.0, seed ^ 1),
    );
    let big =
        (11.0 + 0.07 * z.min(300.0)) * dunes(wx / 95.0, wz / 95.0 + 0.2, seed) * step(4.0, 50.0, z);
    let small = 2.8 * dunes(wx / 31.0, wz / 31.0, seed ^ 77);
    let mesa = if z > 1100.0 {
        let mask = step(0.08, 0.16, fbm(x / 900.0, z / 900.0, 3, seed ^ 50));
        mask * (120.0 + 30.0 * fbm(x / 120.0, z / 120.0, octaves.min(5), seed))
            * step(1100.0, 1500.0, z)
    } else {
        0.0
    };
    big + small + mesa - 4.0 * step(30.0, 4.0, z)
}

fn winter(scene: &Scene, x: f32, z: f32, octaves: u32) -> f32 {
    let seed = scene.seed;
    let mut height = 1.1 * fbm(x / 13.0, z / 13.0, if z < 150.0 { 3 } else { 1 }, seed)
        + bumps(x, z, seed)
        - 0.6;
    height +=
        0.05 * (z - 40.0).max(0.0) * (0.7 + noise(x / 90.0, z / 90.0, seed)) * step(40.0, 150.0, z);
    height +=
        5.0 * step(8.0, 34.0, x.abs() - 0.1 * z) * (0.6 + 0.4 * noise(x / 20.0, z / 20.0, seed));
    // The path is trodden into the snow; it ends before 40 m.
    for road in scene.roads.iter().filter(|_| z < 40.0) {
        height -= 0.28 * step(road.width * 0.75, road.width * 0.3, road.distance(x, z));
    }
    height + range(seed, x, z, octaves, 260.0, 1400.0, 640.0)
}

/// Nearly flat where things stand, with hills behind that are higher in some scenes than in others.
fn meadow(seed: u32, x: f32, z: f32, octaves: u32) -> f32 {
    let tall = 24.0 + 20.0 * cell(1, 0, seed);
    let hills = tall
        * step(70.0, 420.0, z + 0.2 * x.abs())
        * (0.55 + fbm(x / 150.0, z / 150.0, octaves.min(4), seed ^ 3)).max(0.0);
    0.5 * fbm(x / 13.0, z / 13.0, 3, seed) + hills
}

/// How much sun reaches the ground through leaves; 1 where there are none.
#[must_use]
pub fn dapple(scene: &Scene, x: f32, z: f32) -> f32 {
    if scene.kind == Kind::Forest {
        step(-0.06, 0.14, fbm(x / 2.1, z / 2.1, 3, scene.seed ^ 51))
    } else {
        1.0
    }
}
