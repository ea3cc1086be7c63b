//! The shape of the ground and what lies on it.

use super::canvas::{Colour, hex, mix, scale};
use super::{Kind, Scene, Season};
use crate::data::seed::{fbm, noise, ridged, step};

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

/// How much sun reaches the ground through leaves; 1 where there are none.
#[must_use]
pub fn dapple(scene: &Scene, x: f32, z: f32) -> f32 {
    if scene.kind == Kind::Forest {
        step(-0.06, 0.14, fbm(x / 2.1, z / 2.1, 3, scene.seed ^ 51))
    } else {
        1.0
    }
}

/// The ground near one point: its slope is known, so that several rows can be coloured from it.
pub struct Ground {
    normal: [f32; 3],
    road: f32,
}

impl Ground {
    /// Measures the slope by differences over a distance that grows with `z`, as fine as a picture can show.
    #[must_use]
    pub fn at(scene: &Scene, x: f32, z: f32, here: f32) -> Self {
        let reach = 0.04 + 0.0045 * z;
        let octaves = if z < 60.0 { 5 } else { 6 };
        let dx = (height(scene, x + reach, z, octaves) - here) / reach;
        let dz = (height(scene, x, z + reach, octaves) - here) / reach;
        let length = (1.0 + dx * dx + dz * dz).sqrt();
        let road = scene
            .roads
            .iter()
            .map(|r| r.distance(x, z) / r.width)
            .fold(f32::INFINITY, f32::min);
        Self {
            normal: [-dx / length, 1.0 / length, -dz / length],
            road,
        }
    }

    /// Colour and normal at a point of it; `size` is what a pixel covers there across and away from the camera, in
    /// metres, so that finer grain fades.
    #[must_use]
    pub fn surface(
        &self,
        scene: &Scene,
        [x, y, z]: [f32; 3],
        [across, away]: [f32; 2],
    ) -> (Colour, [f32; 3]) {
        let size = across.max(0.5 * away);
        let seed = scene.seed;
        let grain = |wave: f32, salt: u32| {
            let fade = 1.0 - step(wave * 0.25, wave * 0.9, size);
            if fade > 0.0 {
                fade * noise(x / wave, z / wave, seed ^ salt)
            } else {
                0.0
            }
        };
        let mut normal = self.normal;
        let up = normal[1];
        let fine = grain(0.09, 1) + grain(0.31, 2);
        let medium = grain(1.3, 3) + grain(4.1, 4);
        let broad = fbm(x / 38.0, z / 38.0, 3, seed ^ 11);
        let colour = match scene.kind {
            Kind::Lake => {
                let meadow = mix(
                    hex(0x5E7330),
                    hex(0x9A8A3E),
                    (0.5 + broad + 0.25 * medium).clamp(0.0, 1.0),
                );
                let wood = mix(
                    hex(0x1F3320),
                    hex(0x44552C),
                    (0.45 + 0.8 * broad + 0.5 * grain(9.0, 5)).clamp(0.0, 1.0),
                );
                let mut colour = mix(meadow, wood, step(60.0, 150.0, z));
                colour = mix(hex(0x7A6B57), colour, step(0.25, 0.8, y + 0.3 * medium));
                self.mountain(colour, [x, y, z], seed, [230.0, 420.0])
            }
            Kind::Village => {
                let far = step(120.0, 200.0, z);
                let field = noise(
                    (x / 70.0).floor() * 7.7 + 0.5,
                    (z / 90.0 + 0.2 * x / 70.0).floor() * 3.3 + 0.4,
                    seed,
                );
                let meadow = mix(
                    hex(0x4E7236),
                    hex(0x86944A),
                    (0.45 + broad + 0.2 * medium).clamp(0.0, 1.0),
                );
                let crop = mix(
                    hex(0x6B8A3F),
                    hex(0xC2A85A),
                    (0.5 + 1.2 * field).clamp(0.0, 1.0),
                );
                let mut colour = mix(meadow, crop, far * 0.75 * step(0.0, 0.1, field.abs()));
                colour = mix(
                    colour,
                    hex(0x2B4630),
                    step(0.05, 0.22, fbm(x / 120.0, z / 120.0, 4, seed ^ 77))
                        * step(210.0, 330.0, z),
                );
                colour = mix(colour, hex(0x4B5A63), step(800.0, 1200.0, z));
                let dirt = scale(
                    mix(hex(0xB79B77), hex(0xD6BE97), 0.5 + 0.4 * medium),
                    1.0 + 0.25 * fine,
                );
                let verge = self.road + 0.10 * (medium + fine);
                let track = step(0.16, 0.05, (self.road - 0.0).abs()) * 0.35;
                colour = mix(dirt, colour, step(0.40, 0.56, verge).max(track));
                colour
            }
            Kind::Coast => {
                let crumble = 0.55 * fbm((x + z) / 2.6, y / 1.7, 3, seed ^ 18)
                    + 0.5 * noise((x + z) / 9.0, y / 5.0, seed ^ 19);
                let rough = crumble * step(0.8, 0.4, up);
                normal = [
                    normal[0] + 0.7 * rough,
                    up + 0.5 * rough,
                    normal[2] - 0.4 * rough,
                ];
                self.shore([x, y, z], seed, fine, medium, broad)
            }
            Kind::Forest => {
                let moss = mix(
                    hex(0x3E5220),
                    hex(0x7C8A33),
                    (0.5 + 0.8 * broad + 0.35 * medium).clamp(0.0, 1.0),
                );
                let litter = mix(
                    hex(0x5B4028),
                    hex(0x93683A),
                    (0.5 + 0.5 * fine + 0.3 * medium).clamp(0.0, 1.0),
                );
                let path = step(0.75, 0.4, self.road + 0.12 * medium);
                mix(
                    mix(litter, moss, step(-0.25, 0.35, medium + broad)),
                    mix(litter, hex(0xCDA472), 0.65),
                    path,
                )
            }
            Kind::Desert => {
                // Ripples across the wind, seen only near by.
                let wave = 0.42;
                let fade = 1.0 - step(wave * 0.15, wave * 0.6, away);
                let phase = (x * 0.45 + z * 0.9 + 0.8 * noise(x / 3.0, z / 3.0, seed)) / wave
                    * std::f32::consts::TAU;
                let ripple = fade
                    * 0.20
                    * phase.cos()
                    * (0.6 + 0.4 * noise(x / 2.0, z / 5.0, seed ^ 8))
                    * step(0.8, 0.93, up);
                normal = [normal[0] - 0.45 * ripple, up, normal[2] - 0.9 * ripple];
                let sand = mix(
                    hex(0xD08A4C),
                    hex(0xE9B878),
                    (0.5 + 0.7 * broad + 0.12 * medium).clamp(0.0, 1.0),
                );
                let rock = mix(
                    hex(0x9C5B40),
                    hex(0xC4835A),
                    (0.5 + 0.5 * (y / 9.0).sin()).clamp(0.0, 1.0),
                );
                scale(
                    mix(sand, rock, step(1080.0, 1300.0, z) * step(24.0, 48.0, y)),
                    1.0 + 0.05 * fine,
                )
            }
            Kind::Winter => {
                let snow = scale(hex(0xF1F4FA), 1.0 + 0.03 * fine + 0.03 * medium);
                let sparkle = grain(0.06, 9);
                normal[0] += 0.05 * grain(0.5, 12);
                let near = mix(snow, hex(0xFFFFFF), step(0.75, 0.95, sparkle));
                let path = mix(near, hex(0xC9CFDD), 0.6 * step(0.62, 0.3, self.road));
                let wood = mix(
                    path,
                    hex(0x40566A),
                    step(110.0, 260.0, z)
                        * step(-0.15, 0.2, fbm(x / 60.0, z / 60.0, 4, seed ^ 6))
                        * step(330.0, 180.0, y),
                );
                self.mountain(wood, [x, y, z], seed, [-60.0, 120.0])
            }
        };
        let gain = if scene.season == Season::Winter {
            0.0
        } else {
            0.16
        };
        (
            scale(colour, 1.0 + gain * fine + 0.5 * gain * medium),
            normal,
        )
    }

    /// Rock and snow above a wood: steep ground is rock, the rest of the high ground keeps snow from `snow` metres on.
    fn mountain(&self, below: Colour, [x, y, z]: [f32; 3], seed: u32, snow: [f32; 2]) -> Colour {
        let rough = fbm(x / 45.0, z / 45.0, 4, seed ^ 31);
        let high = y + 130.0 * rough;
        let rock = mix(
            hex(0x4F4A4C),
            hex(0x8C7F78),
            (0.5 + 0.9 * fbm(x / 21.0, y / 13.0, 3, seed ^ 32)).clamp(0.0, 1.0),
        );
        let steep = self.normal[1] + 0.14 * rough;
        let bare = mix(
            below,
            rock,
            step(200.0, 320.0, z) * step(150.0, 300.0, high).max(step(0.62, 0.48, steep)),
        );
        mix(
            bare,
            hex(0xF4F5FA),
            step(snow[0], snow[1], high) * step(0.44, 0.60, steep) * step(200.0, 420.0, z),
        )
    }

    /// Sand, wet sand, rock in layers, and grass on the top of the cliffs.
    fn shore(&self, [x, y, z]: [f32; 3], seed: u32, fine: f32, medium: f32, broad: f32) -> Colour {
        let sand = mix(
            hex(0xD9C193),
            hex(0xEAD8AE),
            (0.5 + 0.5 * medium + 0.3 * fine).clamp(0.0, 1.0),
        );
        let wet = hex(0x9C8562);
        let beach = mix(wet, sand, step(0.15, 0.85, y + 0.12 * medium));
        let bend = 2.2 * fbm(x / 18.0, z / 18.0, 3, seed ^ 14);
        let layer = noise((y + bend) * 0.75, x / 40.0, seed ^ 15)
            + 0.5 * noise((y + bend) * 2.6, z / 15.0, seed ^ 16);
        let mut rock = mix(
            hex(0x8A6F55),
            hex(0xE3D3B4),
            (0.5 + 0.8 * layer).clamp(0.0, 1.0),
        );
        rock = mix(hex(0x4A443C), rock, step(0.6, 4.5, y + medium));
        let grass = mix(
            hex(0x4F7432),
            hex(0xA3A352),
            (0.4 + broad + 0.3 * medium).clamp(0.0, 1.0),
        );
        let flat = self.normal[1] + 0.12 * medium;
        let top = mix(rock, grass, step(0.62, 0.80, flat) * step(8.0, 16.0, y));
        let land = inland(seed, x, z);
        mix(beach, top, step(-1.2, 0.0, land).max(step(2.6, 4.0, y)))
    }
}
