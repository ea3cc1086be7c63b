//! Sun, sky, clouds, haze: the light of one scene, and the air in front of everything.

mod night;
mod weather;
mod winter;

use super::canvas::{ASPECT, Canvas, Colour, add, hex, mix, scale};
use super::class::Class;
use super::{Hour, Kind, Scene};
use crate::data::seed::{cell, fbm, noise, step};

/// The colours of the light in a scene.
pub struct Light {
    /// Unit vector to the sun.
    pub sun: [f32; 3],
    /// What the sun sends on a surface that faces it.
    pub beam: Colour,
    /// What the sky sends into the shade.
    pub shade: Colour,
    zenith: Colour,
    horizon: Colour,
    glow: Colour,
    haze: Colour,
    cloud: [Colour; 2],
    /// Metres after which two thirds of a thing are lost in haze.
    clear: f32,
    /// Extra haze on the ground, and the metres of height over which it thins out.
    mist: [f32; 2],
    /// Factor for colours that are given as they look in daylight.
    pub day: f32,
    /// Slope to the right at which water glitters.
    pub glitter: f32,
    /// Frame point of the moon, if it is night.
    moon: Option<[f32; 2]>,
}

impl Light {
    /// The light of a scene at its hour, or of its night, in its season or in winter.
    #[must_use]
    pub fn new(scene: &Scene) -> Self {
        let mut light = Self::by_day(scene);
        if scene.snow {
            light = light.in_winter(scene);
        }
        if scene.night {
            light = light.by_night(scene);
        }
        light.in_weather(scene.weather)
    }

    fn by_day(scene: &Scene) -> Self {
        let base = Self {
            sun: scene.sun,
            beam: scale(hex(0xFFF2DC), 1.45),
            shade: scale(hex(0x9DB9DC), 0.75),
            zenith: hex(0x2F6FB8),
            horizon: hex(0xBBD9EC),
            glow: scale(hex(0xFFF3D8), 0.5),
            haze: hex(0xB4CFE4),
            cloud: [hex(0x9FB2C6), hex(0xFFFDF8)],
            clear: 3200.0,
            mist: [0.0, 1.0],
            day: 1.0,
            glitter: scene.sun[0] / scene.sun[2].max(0.2),
            moon: None,
        };
        match (scene.kind, scene.hour) {
            (Kind::Meadow, Hour::Dusk) => Self {
                beam: scale(hex(0xFFAC70), 1.8),
                shade: scale(hex(0xC79AA8), 0.62),
                zenith: hex(0x6A4E8C),
                horizon: hex(0xFF9838),
                glow: scale(hex(0xFF7A30), 0.9),
                haze: hex(0xE09A70),
                cloud: [hex(0x8A4F6A), hex(0xFF9A62)],
                clear: 1400.0,
                ..base
            },
            (Kind::Lake, _) => Self {
                beam: scale(hex(0xFFBE7C), 2.7),
                shade: scale(hex(0x93A6D4), 0.72),
                zenith: hex(0x4478B8),
                horizon: hex(0xFBD9A8),
                glow: scale(hex(0xFFB45E), 1.1),
                haze: hex(0xB9B4C8),
                cloud: [hex(0x9C93B4), hex(0xFFCF9E)],
                clear: 5200.0,
                mist: [0.55, 22.0],
                ..base
            },
            (Kind::Village, Hour::Dusk) => Self {
                beam: scale(hex(0xFF9A6B), 1.5),
                shade: scale(hex(0x9AA0D2), 0.85),
                zenith: hex(0x34508F),
                horizon: hex(0xF7B793),
                glow: scale(hex(0xFF8E58), 0.55),
                haze: hex(0x98A0C6),
                cloud: [hex(0x7D76A3), hex(0xFFA98C)],
                clear: 1500.0,
                mist: [0.35, 14.0],
                ..base
            },
            (Kind::Forest, _) => Self {
                beam: scale(hex(0xFFE9A8), 2.6),
                shade: scale(hex(0xA8C69A), 0.36),
                zenith: hex(0xA9C79A),
                horizon: hex(0xF3F2C8),
                glow: scale(hex(0xFFF0B0), 0.8),
                haze: hex(0xC9DBA6),
                clear: 44.0,
                ..base
            },
            (Kind::Desert, _) => Self {
                beam: scale(hex(0xFFC88C), 2.3),
                shade: scale(hex(0x9C94C8), 0.46),
                zenith: hex(0x3B78B4),
                horizon: hex(0xF9D9AE),
                glow: scale(hex(0xFFC070), 0.9),
                haze: hex(0xE3BFA2),
                cloud: [hex(0xC9A9A5), hex(0xFFE4C2)],
                clear: 1500.0,
                ..base
            },
            (Kind::Winter, _) => Self {
                beam: scale(hex(0xFFCBA0), 1.75),
                shade: scale(hex(0x93AEE2), 0.66),
                zenith: hex(0x4A7DBE),
                horizon: hex(0xF8CDBB),
                glow: scale(hex(0xFFB48A), 0.8),
                haze: hex(0xB5BEDD),
                cloud: [hex(0x9FA3C8), hex(0xFFC9B4)],
                clear: 3600.0,
                mist: [0.35, 10.0],
                ..base
            },
            _ => base,
        }
    }

    /// How near a direction is to the sun, 1 towards it and 0 from a quarter turn on.
    fn towards_sun(&self, direction: [f32; 3]) -> f32 {
        let length = direction.iter().map(|c| c * c).sum::<f32>().sqrt();
        let dot = direction
            .iter()
            .zip(&self.sun)
            .map(|(a, b)| a * b)
            .sum::<f32>();
        (dot / length).max(0.0)
    }

    /// The colour of the haze in a direction given by its slopes.
    #[must_use]
    pub fn haze(&self, right: f32, up: f32) -> Colour {
        let near = self.towards_sun([right, up.max(0.0), 1.0]);
        add(self.haze, scale(self.glow, 0.55 * near.powi(6)))
    }

    /// A colour seen through `z` metres of air, at a height above the water.
    #[must_use]
    pub fn through(&self, colour: Colour, right: f32, height: f32, z: f32) -> Colour {
        let thick = z / self.clear
            + self.mist[0] * (1.0 - (-z / 350.0).exp()) * (-height.max(0.0) / self.mist[1]).exp();
        mix(colour, self.haze(right, 0.0), 1.0 - (-thick).exp())
    }

    /// Light on a surface of the given colour whose normal is known; `lit` is 0 in a cast shadow.
    #[must_use]
    pub fn on(&self, albedo: Colour, normal: [f32; 3], lit: f32) -> Colour {
        let facing = normal
            .iter()
            .zip(&self.sun)
            .map(|(a, b)| a * b)
            .sum::<f32>()
            .max(0.0)
            * lit;
        let sky = 0.55 + 0.45 * normal[1];
        std::array::from_fn(|c| albedo[c] * (self.beam[c] * facing + self.shade[c] * sky))
    }

    /// Colour of the clear sky in a direction given by its slopes.
    fn clear_sky(&self, right: f32, up: f32) -> Colour {
        let up = up.max(0.0);
        let near = self.towards_sun([right, up, 1.0]);
        let base = mix(self.horizon, self.zenith, 1.0 - (-up * 5.6).exp());
        let disc = step(0.99985, 0.99997, near) * 4.0 + 0.9 * near.powi(700);
        add(
            base,
            scale(self.glow, 0.45 * near.powi(8) + 0.5 * near.powi(60) + disc),
        )
    }

    /// Paints the whole canvas as sky.
    pub fn sky(&self, scene: &Scene, canvas: &mut Canvas) {
        let camera = scene.camera;
        let seed = scene.seed;
        let pixel = canvas.pixel();
        let mut parts = std::mem::take(&mut canvas.parts);
        let mut next = 0;
        canvas.shade(|x, y, _| {
            let at = next;
            next += 1;
            let right = (x - ASPECT / 2.0) / camera.focal;
            let up = (camera.horizon - y) / camera.focal;
            let mut colour = self.clear_sky(right, up);
            if let Some(moon) = self.moon {
                colour = self.heavens(scene, moon, [x, y], pixel, colour);
            }
            if up < 0.004 || scene.clouds <= 0.0 {
                return colour;
            }
            // A layer of cloud seen from below, a little lowered so that it does not shrink to nothing far away.
            let (u, v) = (right / (up + 0.08), 1.0 / (up + 0.08));
            let bend = 0.4 * noise(v, u, seed ^ 5);
            let thick = |u: f32, v: f32, octaves| {
                fbm(u * 0.9 + bend, v * 0.8, octaves, seed ^ 0xC10D) + scene.clouds - 0.5
            };
            let here = thick(u, v, 5);
            if here < 0.0 {
                return colour;
            }
            // Thinner towards the sun: that side is lit.
            let there = thick(u + 0.18 * self.sun[0], v + 0.10 * self.sun[2], 4);
            let lit = (0.55 + (here - there) * 2.6).clamp(0.0, 1.0);
            let near = self.towards_sun([right, up, 1.0]);
            let mut white = mix(self.cloud[0], self.cloud[1], lit);
            white = add(
                white,
                scale(self.glow, 0.35 * near.powi(10) * (1.0 - here).max(0.0)),
            );
            let cover = step(0.0, 0.28, here) * step(0.004, 0.07, up) * 0.92;
            parts.over(at, Class::Cloud, cover);
            mix(colour, white, cover)
        });
        canvas.parts = parts;
    }

    /// What the lens adds in the end: the glow around the sun over everything, a little vignette, a little grain.
    pub fn air(&self, scene: &Scene, canvas: &mut Canvas) {
        let camera = scene.camera;
        let ahead = self.sun[2] > 0.1;
        let sun = camera.project(
            self.sun[0] / self.sun[2].max(0.1) * 1e4,
            self.sun[1] / self.sun[2].max(0.1) * 1e4,
            1e4,
        );
        if scene.kind == Kind::Forest {
            self.shafts(scene, canvas);
        }
        let pixel = canvas.pixel();
        canvas.shade(|x, y, colour| {
            let mut colour = colour;
            if scene.night {
                colour = night::dark_adapted(colour);
            }
            if ahead {
                let near = (x - sun[0]).hypot(y - sun[1]);
                colour = add(colour, scale(self.glow, 0.16 * (-near * 4.0).exp()));
            }
            let (dx, dy) = (x - ASPECT / 2.0, y - 0.5);
            let vignette = 1.0 - 0.30 * (dx * dx + dy * dy);
            let grain =
                1.0 + 0.035 * (cell((x / pixel) as i32, (y / pixel) as i32, scene.seed) - 0.5);
            scale(colour, vignette * grain)
        });
    }

    /// Light shafts between the trees of a forest: streaks that all point at the sun.
    fn shafts(&self, scene: &Scene, canvas: &mut Canvas) {
        let sun = scene.camera.project(
            self.sun[0] / self.sun[2] * 100.0,
            self.sun[1] / self.sun[2] * 100.0,
            100.0,
        );
        let depth = std::mem::take(&mut canvas.depth);
        let (width, mut index) = (canvas.width, 0);
        canvas.shade(|x, y, colour| {
            let far = depth[index].min(60.0);
            index += 1;
            let (dx, dy) = (x - sun[0], y - sun[1]);
            let distance = dx.hypot(dy);
            let angle = dx.atan2(dy);
            let streak = fbm(angle * 9.0, distance * 0.35, 3, scene.seed ^ 0x5AF7);
            let strength =
                step(-0.02, 0.36, streak) * (-distance * 1.05).exp() * step(3.0, 40.0, far);
            add(colour, scale(self.glow, 0.9 * strength))
        });
        debug_assert_eq!(index % width, 0);
        canvas.depth = depth;
    }
}
