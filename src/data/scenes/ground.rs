//! What lies on the ground: its colour, its slope and its class.

use super::canvas::{Colour, hex, mix, scale};
use super::class::Class;
use super::land::{height, inland};
use super::{Kind, Scene, Season};
use crate::data::seed::{fbm, noise, step};

/// The albedo of fresh snow.
pub const SNOW: Colour = [0.88, 0.905, 0.955];

/// What covers a point of the ground.
#[derive(Clone, Copy)]
pub struct Cover {
    pub albedo: Colour,
    pub class: Class,
    /// The part that fresh snow hides where it is flat.
    holds: f32,
}

impl Cover {
    fn new(class: Class, albedo: Colour) -> Self {
        let holds = match class {
            Class::Path => 0.45,
            Class::Tree => 0.55,
            _ => 0.96,
        };
        Self {
            albedo,
            class,
            holds,
        }
    }

    /// `self` at 0, `other` at 1; of the classes the one with more of the colour.
    fn mix(self, other: Self, t: f32) -> Self {
        Self {
            albedo: mix(self.albedo, other.albedo, t),
            class: if t > 0.5 { other.class } else { self.class },
            holds: self.holds + (other.holds - self.holds) * t,
        }
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

    /// Cover and normal at a point of it; `size` is what a pixel covers there across and away from the camera, in
    /// metres, so that finer grain fades.
    #[must_use]
    pub fn surface(
        &self,
        scene: &Scene,
        [x, y, z]: [f32; 3],
        [across, away]: [f32; 2],
    ) -> (Cover, [f32; 3]) {
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
        let cover = match scene.kind {
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
                let green = Cover::new(Class::Ground, meadow)
                    .mix(Cover::new(Class::Tree, wood), step(60.0, 150.0, z));
                let bank = Cover::new(Class::Sand, hex(0x7A6B57));
                let below = bank.mix(green, step(0.25, 0.8, y + 0.3 * medium));
                self.mountain(below, [x, y, z], seed, [230.0, 420.0])
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
                let fields = mix(meadow, crop, far * 0.75 * step(0.0, 0.1, field.abs()));
                let land = Cover::new(Class::Ground, fields)
                    .mix(
                        Cover::new(Class::Tree, hex(0x2B4630)),
                        step(0.05, 0.22, fbm(x / 120.0, z / 120.0, 4, seed ^ 77))
                            * step(210.0, 330.0, z),
                    )
                    .mix(
                        Cover::new(Class::Rock, hex(0x4B5A63)),
                        step(800.0, 1200.0, z),
                    );
                let dirt = scale(
                    mix(hex(0xB79B77), hex(0xD6BE97), 0.5 + 0.4 * medium),
                    1.0 + 0.25 * fine,
                );
                let verge = self.road + 0.10 * (medium + fine);
                let track = step(0.16, 0.05, (self.road - 0.0).abs()) * 0.35;
                Cover::new(Class::Path, dirt).mix(land, step(0.40, 0.56, verge).max(track))
            }
            Kind::Meadow => {
                let [low, high] = if scene.season == Season::Autumn {
                    [hex(0x8A5A24), hex(0xC79A3E)]
                } else {
                    [hex(0x3F8A2A), hex(0x7DB544)]
                };
                let grass = mix(low, high, (0.45 + broad + 0.3 * medium).clamp(0.0, 1.0));
                let dirt = hex(0xCBB089);
                Cover::new(Class::Path, dirt).mix(
                    Cover::new(Class::Ground, grass),
                    step(0.40, 0.56, self.road + 0.1 * medium),
                )
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
                let floor = mix(litter, moss, step(-0.25, 0.35, medium + broad));
                let trodden = mix(litter, hex(0xCDA472), 0.65);
                Cover::new(Class::Ground, floor).mix(Cover::new(Class::Path, trodden), path)
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
                let mut cover = Cover::new(Class::Sand, sand).mix(
                    Cover::new(Class::Rock, rock),
                    step(1080.0, 1300.0, z) * step(24.0, 48.0, y),
                );
                cover.albedo = scale(cover.albedo, 1.0 + 0.05 * fine);
                cover
            }
            Kind::Winter => {
                let snow = scale(hex(0xF1F4FA), 1.0 + 0.03 * fine + 0.03 * medium);
                let sparkle = grain(0.06, 9);
                normal[0] += 0.05 * grain(0.5, 12);
                let near = mix(snow, hex(0xFFFFFF), step(0.75, 0.95, sparkle));
                let below = Cover::new(Class::Snow, near)
                    .mix(
                        Cover::new(Class::Path, hex(0xC9CFDD)),
                        0.6 * step(0.62, 0.3, self.road),
                    )
                    .mix(
                        Cover::new(Class::Tree, hex(0x40566A)),
                        step(110.0, 260.0, z)
                            * step(-0.15, 0.2, fbm(x / 60.0, z / 60.0, 4, seed ^ 6))
                            * step(330.0, 180.0, y),
                    );
                self.mountain(below, [x, y, z], seed, [-60.0, 120.0])
            }
        };
        let gain = if scene.season == Season::Winter {
            0.0
        } else {
            0.16
        };
        let albedo = scale(cover.albedo, 1.0 + gain * fine + 0.5 * gain * medium);
        let mut cover = Cover { albedo, ..cover };
        if scene.snow {
            let flat = step(0.42, 0.68, up + 0.12 * medium);
            let dry = if scene.water {
                step(0.1, 0.7, y + 0.15 * medium)
            } else {
                1.0
            };
            let bare = (0.25 * (broad + medium) + 0.12 * fine).max(0.0);
            let white = scale(SNOW, 1.0 + 0.03 * (fine + medium));
            cover.albedo = mix(
                cover.albedo,
                white,
                (cover.holds - bare).max(0.0) * flat * dry,
            );
        }
        (cover, normal)
    }

    /// Rock and snow above a wood: steep ground is rock, the rest of the high ground keeps snow from `snow` metres on.
    fn mountain(&self, below: Cover, [x, y, z]: [f32; 3], seed: u32, snow: [f32; 2]) -> Cover {
        let rough = fbm(x / 45.0, z / 45.0, 4, seed ^ 31);
        let high = y + 130.0 * rough;
        let rock = mix(
            hex(0x4F4A4C),
            hex(0x8C7F78),
            (0.5 + 0.9 * fbm(x / 21.0, y / 13.0, 3, seed ^ 32)).clamp(0.0, 1.0),
        );
        let steep = self.normal[1] + 0.14 * rough;
        below
            .mix(
                Cover::new(Class::Rock, rock),
                step(200.0, 320.0, z) * step(150.0, 300.0, high).max(step(0.62, 0.48, steep)),
            )
            .mix(
                Cover::new(Class::Snow, hex(0xF4F5FA)),
                step(snow[0], snow[1], high) * step(0.44, 0.60, steep) * step(200.0, 420.0, z),
            )
    }

    /// Sand, wet sand, rock in layers, and grass on the top of the cliffs.
    fn shore(&self, [x, y, z]: [f32; 3], seed: u32, fine: f32, medium: f32, broad: f32) -> Cover {
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
        let top = Cover::new(Class::Rock, rock).mix(
            Cover::new(Class::Ground, grass),
            step(0.62, 0.80, flat) * step(8.0, 16.0, y),
        );
        let land = inland(seed, x, z);
        Cover::new(Class::Sand, beach).mix(top, step(-1.2, 0.0, land).max(step(2.6, 4.0, y)))
    }
}
