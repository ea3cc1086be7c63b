//! A large boat under sail, for the two kinds of pictures that CycleGAN turns into each other: plain and striped.

use super::canvas::{Canvas, Colour, hex, mix};
use super::light::Light;
use super::{Figure, Scene, Thing, land};
use crate::data::seed::{Seed, step};

/// From the water to the top of the mast, in units of [`UNIT`].
const MAST: f32 = 9.4;
/// Metres of a unit in which the boat is drawn.
const UNIT: f32 = 1.4;
/// Stripes of a sail from the foot of the mast to its top, each with a gap as wide.
const STRIPES: f32 = 6.0;
/// Colours of plain sails, and of the stripes that lie over them.
const PLAIN: [u32; 4] = [0xF6EFDF, 0xE9D8B4, 0xD8C3A0, 0xEDE4D6];
const DYED: [u32; 4] = [0xB02A22, 0x23407E, 0x222222, 0x1F6B57];

/// A place for it on the water, large in the picture; the seed's.
#[must_use]
pub fn boat(scene: &Scene, striped: bool) -> Figure {
    let mut random = Seed::stream(scene.seed, 21);
    let mut place = || {
        let z = random.range(23.0, 29.0);
        // A square picture shows 1/6 to 7/6 of the frame.
        let across = random.range(-0.27, 0.27) * z / scene.camera.focal;
        [across, z]
    };
    let wet = |[x, z]: [f32; 2]| {
        let deep = |dx: f32, dz: f32| land::height(scene, x + dx, z + dz, 5) < -0.2;
        deep(-5.0, 0.0) && deep(5.0, 0.0) && deep(0.0, -3.0)
    };
    let tries: Vec<_> = (0..40).map(|_| place()).collect();
    let [x, z] = tries
        .iter()
        .copied()
        .find(|at| wet(*at))
        .unwrap_or(tries[0]);
    Figure {
        x,
        z,
        what: Thing::Sails { striped },
    }
}

/// Draws it, its bow to one side or the other.
pub fn draw(scene: &Scene, light: &Light, canvas: &mut Canvas, figure: &Figure, striped: bool) {
    let mut random = Seed::stream(scene.seed, 22);
    let pick = |colours: &[u32; 4], random: &mut Seed| hex(colours[random.below(4)]);
    let (cloth, dye) = (pick(&PLAIN, &mut random), pick(&DYED, &mut random));
    let hull = mix(hex(0x5A3A26), hex(0xE8E4DA), random.uniform());
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    let z = figure.z;
    let at = scene.camera.project(figure.x, 0.0, z);
    let size = UNIT * scene.camera.focal / z;
    let point = |x: f32, y: f32| [at[0] + side * x * size, at[1] - y * size];
    let tone = |albedo: Colour, lit: f32| {
        let shone = |c: usize| albedo[c] * (light.beam[c] * lit + light.shade[c]);
        light.through(std::array::from_fn(shone), figure.x / z, 1.0, z)
    };
    canvas.stroke(
        point(0.0, 0.4),
        point(0.0, MAST),
        z,
        [0.18 * size, 0.1 * size],
        tone(hex(0x6E5138), 0.5),
        1.0,
    );
    let mut sail = |corners: &[[f32; 2]], lit: f32| {
        canvas.polygon(corners, z, |px, py| {
            let (x, y) = ((px - at[0]) / size, (at[1] - py) / size);
            // Bellied: lighter towards the wind.
            let lit = lit + 0.05 * x * side;
            // Stripes follow the boom, which rises a little.
            let phase = ((y - 0.08 * x.abs()) / MAST * STRIPES).fract();
            let edge = step(0.0, 0.06, phase) * step(0.56, 0.5, phase);
            let dyed = if striped { edge } else { 0.0 };
            (tone(mix(cloth, dye, dyed), lit), 1.0)
        });
    };
    sail(&[point(0.2, 1.5), point(4.6, 1.8), point(0.1, 9.2)], 0.72);
    sail(
        &[point(-0.2, 1.7), point(-3.2, 1.3), point(-0.1, 8.0)],
        0.56,
    );
    let corners = [
        point(-3.6, 1.15),
        point(4.4, 1.0),
        point(3.7, -0.1),
        point(-2.7, -0.1),
    ];
    canvas.polygon(&corners, z, |_, py| {
        let height = (at[1] - py) / size;
        (tone(hull, 0.25 + 0.3 * height), 1.0)
    });
}
