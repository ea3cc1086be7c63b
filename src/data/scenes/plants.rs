//! What grows: the shadows of all plants, grass and flowers, and which painter draws which plant.

use super::canvas::{Canvas, Colour, add, hex, mix, scale};
use super::class::Class;
use super::ground::SNOW;
use super::light::Light;
use super::{Hour, Kind, Scene, Season, Species, Tree, land, trees, undergrowth};
use crate::data::seed::{Seed, fbm};

/// The light a plant stands in, worked out once for it.
pub struct Paint<'a> {
    /// The light of the scene.
    pub light: &'a Light,
    right: f32,
    base: f32,
    z: f32,
    snow: bool,
}

impl Paint<'_> {
    /// `albedo` in the sun (`lit` 1) or in the shade (0), seen through the air.
    pub fn colour(&self, albedo: Colour, lit: f32) -> Colour {
        let beam = self.light.beam;
        let shade = self.light.shade;
        let colour = std::array::from_fn(|c| {
            albedo[c] * (beam[c] * lit * 0.8 + shade[c] * (0.55 + 0.45 * lit))
        });
        self.light.through(colour, self.right, self.base, self.z)
    }

    /// `leaf`, or what is left of it when fresh snow hides `part` of what has withered to `dead`.
    pub fn leaf(&self, leaf: Colour, dead: u32, part: f32) -> Colour {
        if self.snow {
            mix(hex(dead), SNOW, part.clamp(0.0, 1.0))
        } else {
            leaf
        }
    }
}

/// The shadows of all plants on the ground, before any of them is drawn.
pub fn shadows(scene: &Scene, light: &Light, canvas: &mut Canvas) {
    let flat = light.sun[0].hypot(light.sun[2]).max(1e-3);
    let (dx, dz) = (-light.sun[0] / flat, -light.sun[2] / flat);
    canvas.class = None;
    let strength = if scene.hour == Hour::Dusk { 0.22 } else { 0.42 };
    for tree in &scene.trees {
        if tree.z > 160.0 || matches!(tree.species, Species::Fern) {
            continue;
        }
        let long = (tree.height * flat / light.sun[1]).min(if tree.species == Species::Trunk {
            6.0
        } else {
            tree.height * 4.0
        });
        let wide = match tree.species {
            Species::Trunk => 0.3,
            Species::Fir => tree.height * 0.16,
            Species::Palm => tree.height * 0.10,
            _ => tree.height * 0.36,
        };
        // A chain of blurred dabs follows the ground; the crown of a fir narrows to its top.
        let steps = 14;
        for step in 0..steps {
            let t = step as f32 / steps as f32;
            let (x, z) = (tree.x + dx * long * t, tree.z + dz * long * t);
            if z < 2.0 {
                break;
            }
            let ground = land::height(scene, x, z, 3);
            if scene.water && ground < 0.1 {
                break;
            }
            let taper = if tree.species == Species::Fir {
                1.0 - t
            } else {
                1.0
            };
            let at = scene.camera.project(x, ground, z);
            let size = scene.camera.focal / z;
            let across = (wide * taper).hypot(dx * long / steps as f32) * size;
            let away = (wide * taper * 0.7).max(dz.abs() * long / steps as f32)
                * size
                * ((scene.camera.eye - ground) / z).clamp(0.02, 0.6);
            let dark = light.through(
                scale(light.shade, if scene.snowy() { 0.55 } else { 0.09 }),
                x / z,
                ground,
                z,
            );
            canvas.dab(
                at[0],
                at[1],
                z,
                across,
                away + 0.001,
                0.0,
                0.8,
                dark,
                strength,
            );
        }
    }
}

/// Draws one plant.
pub fn draw(scene: &Scene, light: &Light, canvas: &mut Canvas, tree: &Tree) {
    let base = land::height(scene, tree.x, tree.z, if tree.z < 60.0 { 5 } else { 7 });
    let at = scene.camera.project(tree.x, base - 0.05, tree.z);
    let tall = scene.camera.focal * tree.height / tree.z;
    let paint = Paint {
        light,
        right: tree.x / tree.z,
        base,
        z: tree.z,
        snow: scene.snow,
    };
    canvas.class = Some(match tree.species {
        Species::Bush | Species::Fern => Class::Shrub,
        _ => Class::Tree,
    });
    match tree.species {
        Species::Fir => trees::fir(scene, canvas, tree, &paint, at, tall),
        Species::Broadleaf | Species::Bush => trees::leaves(scene, canvas, tree, &paint, at, tall),
        Species::Trunk => undergrowth::trunk(scene, canvas, tree, &paint, at, tall),
        Species::Fern => undergrowth::fern(canvas, tree, &paint, at, tall),
        Species::Palm => trees::palm(canvas, tree, &paint, at, tall),
    }
}

/// From which side the light comes in the picture: -1 left, 1 right.
pub fn side(light: &Light) -> f32 {
    (light.sun[0] * 1.6).clamp(-1.0, 1.0)
}

/// Grass and flowers in front of the camera.
pub fn grass(scene: &Scene, light: &Light, canvas: &mut Canvas) {
    let (count, near, far, tall): (u32, f32, f32, f32) = match scene.kind {
        Kind::Lake => (5200, 5.0, 17.0, 0.42),
        Kind::Village => (6500, 7.0, 42.0, 0.34),
        Kind::Forest => (2600, 2.4, 14.0, 0.16),
        _ => return,
    };
    canvas.class = Some(Class::Ground);
    let random = &mut Seed::stream(scene.seed, 3);
    let mut blades: Vec<[f32; 2]> = (0..count)
        .map(|_| {
            let z = near * (far / near).powf(random.uniform());
            [random.range(-0.66, 0.66) * z, z]
        })
        .collect();
    blades.sort_by(|a, b| b[1].total_cmp(&a[1]));
    for [x, z] in blades {
        let base = land::height(scene, x, z, 4);
        let road = scene
            .roads
            .iter()
            .map(|r| r.distance(x, z) / r.width)
            .fold(f32::INFINITY, f32::min);
        let thick = 0.6 + fbm(x / 2.5, z / 2.5, 2, scene.seed ^ 60) * 1.6;
        if road < 0.62 || (scene.water && base < 0.35) || !random.chance(thick) {
            continue;
        }
        let paint = Paint {
            light,
            right: x / z,
            base,
            z,
            snow: scene.snow,
        };
        let size = scene.camera.focal / z;
        let at = scene.camera.project(x, base, z);
        let high = tall * random.range(0.5, 1.3) * size * (0.5 + thick).min(1.4);
        let bend = high * random.range(-0.45, 0.45);
        let lit = random.range(0.1, 0.9);
        let dry = (0.5 + fbm(x / 6.0, z / 6.0, 2, scene.seed ^ 61) * 1.5 + random.range(-0.2, 0.2))
            .clamp(0.0, 1.0);
        let green = if scene.season == Season::Autumn {
            mix(hex(0x5F7030), hex(0xC2A24E), dry)
        } else {
            mix(hex(0x3F6A2A), hex(0x93A548), dry)
        };
        let green = paint.leaf(green, 0x9A8660, 1.1 - 0.9 * dry);
        let wide = 0.016 * size;
        let knee = [at[0] + bend * 0.35, at[1] - high * 0.6];
        let tip = [at[0] + bend, at[1] - high];
        canvas.stroke(
            at,
            knee,
            z - 0.1,
            [wide * 1.6, wide * 1.2],
            paint.colour(scale(green, 0.7), lit * 0.5),
            0.9,
        );
        canvas.stroke(
            knee,
            tip,
            z - 0.1,
            [wide * 1.2, wide * 0.3],
            paint.colour(green, lit),
            0.9,
        );
        if scene.kind != Kind::Forest && random.chance(0.035) {
            let petal = [hex(0xF3E9F0), hex(0xF2C53D), hex(0xB981C9)][random.below(3)];
            let petal = paint.leaf(petal, 0x9A8660, 1.0);
            let glow = add(paint.colour(petal, 0.8), [0.02 * light.day; 3]);
            canvas.dab(
                tip[0],
                tip[1],
                z - 0.1,
                0.030 * size,
                0.022 * size,
                0.0,
                0.3,
                glow,
                1.0,
            );
        }
    }
}
