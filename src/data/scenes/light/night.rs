//! Moonlight, and what stands in the sky by night.

use super::super::canvas::{ASPECT, Colour, add, hex, mix, scale};
use super::super::land::height;
use super::super::{Kind, Scene};
use super::Light;
use crate::data::seed::{Seed, cell, noise, step};

/// Radius of the moon in frame units; the true one would be 0.005.
const MOON: f32 = 0.03;

/// Side of the squares of sky with one star in each, in frame units.
const STARS: f32 = 0.034;

impl Light {
    /// The same light made moonlight. It comes from where the sun's came, so that every shadow stays where it is by day,
    /// but the moon itself hangs in view.
    #[must_use]
    pub fn by_night(self, scene: &Scene) -> Self {
        let moon = moon(scene);
        let glow = if scene.kind == Kind::Forest {
            0.30
        } else {
            0.07
        };
        // On a meadow colours are to be told apart by night, too.
        let bright = if scene.kind == Kind::Meadow { 2.4 } else { 1.0 };
        Self {
            // A low sun has to be strong to light anything, and so has the moon in its place.
            beam: scale(hex(0xA9C0F0), 0.21 * self.beam[0] * bright),
            shade: scale(hex(0x5876C4), 0.17 * bright),
            zenith: hex(0x0A1538),
            horizon: hex(0x24386A),
            glow: scale(hex(0x8FABE8), glow),
            haze: hex(0x1B2A50),
            cloud: [hex(0x10182F), hex(0x4C5C84)],
            day: 0.10,
            glitter: (moon[0] - ASPECT / 2.0) / scene.camera.focal,
            moon: Some(moon),
            ..self
        }
    }

    /// Moon and stars over the clear sky at a frame point; `pixel` is the side of a pixel in frame units.
    pub(super) fn heavens(
        &self,
        scene: &Scene,
        moon: [f32; 2],
        [x, y]: [f32; 2],
        pixel: f32,
        sky: Colour,
    ) -> Colour {
        let away = (x - moon[0]).hypot(y - moon[1]);
        let halo = 0.10 * (-away * 14.0).exp() + 0.05 * (-away * 4.0).exp();
        let up = step(scene.camera.horizon, scene.camera.horizon - 0.25, y);
        let stars = star([x, y], pixel, scene.seed ^ 0x57A2) * up * step(0.04, 0.16, away);
        let sky = add(sky, scale(hex(0xC8D8FF), halo + stars));
        let seas = 0.5 + noise(x / MOON * 1.3, y / MOON * 1.3, scene.seed ^ 0x1A2E);
        let face = mix(hex(0xFFFBEA), hex(0xB9B8B4), (0.8 * seas).clamp(0.0, 1.0));
        mix(sky, face, ((MOON - away) / pixel + 0.5).clamp(0.0, 1.0))
    }
}

/// The moon's frame point: on the side the light comes from, above the mountains if there is such a place.
fn moon(scene: &Scene) -> [f32; 2] {
    let random = &mut Seed::stream(scene.seed, 4);
    let side = if scene.sun[0] < 0.0 { -1.0 } else { 1.0 };
    let mut place = [0.0; 2];
    for far in [0.30, 0.20, 0.12, 0.02, -0.08, -0.18, -0.28] {
        place = [
            ASPECT / 2.0 + side * (far - random.range(0.0, 0.1)),
            random.range(0.07, 0.13),
        ];
        if skyline(scene, place[0]) > place[1] + 1.5 * MOON {
            break;
        }
    }
    place
}

/// Frame y of the highest ground at a frame x.
fn skyline(scene: &Scene, x: f32) -> f32 {
    let right = (x - ASPECT / 2.0) / scene.camera.focal;
    (0..60)
        .map(|step| 200.0 * 1.055_f32.powi(step))
        .map(|z| {
            let top = height(scene, right * z, z, 5);
            scene.camera.project(right * z, top, z)[1]
        })
        .fold(1.0, f32::min)
}

/// What an eye sees of a colour in the dark, where its rods take over: less hue, more blue (Purkinje).
pub(super) fn dark_adapted(colour: Colour) -> Colour {
    let grey = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2];
    let rods = scale([0.78, 0.97, 1.60], grey);
    mix(colour, rods, 0.5 * (-grey * 14.0).exp())
}

/// Brightness of the star nearest to a frame point. A star is as large as a pixel, however large that is.
fn star([x, y]: [f32; 2], pixel: f32, seed: u32) -> f32 {
    let (i, j) = ((x / STARS).floor(), (y / STARS).floor());
    let random = |salt: u32| cell(i as i32, j as i32, seed ^ salt);
    // Far enough from the edges of its square for the neighbours not to see it.
    let at = |index: f32, salt: u32| (index + 0.2 + 0.6 * random(salt)) * STARS;
    let away = (x - at(i, 1)).hypot(y - at(j, 2));
    let size = (0.75 * pixel).max(0.0016);
    random(3).powi(4) * (1.2 - away / size).clamp(0.0, 1.0)
}
