//! The small things people bring: camels, boats, a jetty.

use super::canvas::{Canvas, Colour, hex, mix, scale};
use super::class::Class;
use super::ground::SNOW;
use super::light::Light;
use super::{Figure, Hour, Scene, Thing, land, sails};
use crate::data::seed::noise;

/// Draws a figure.
pub fn draw(scene: &Scene, light: &Light, canvas: &mut Canvas, figure: &Figure) {
    let base = land::height(scene, figure.x, figure.z, 5).max(if scene.water {
        0.0
    } else {
        f32::NEG_INFINITY
    });
    canvas.class = Some(Class::Figure);
    match figure.what {
        Thing::Camel => camel(scene, light, canvas, figure, base),
        Thing::Boat => boat(scene, light, canvas, figure),
        Thing::Jetty => jetty(scene, light, canvas, figure),
        Thing::Sails { striped } => sails::draw(scene, light, canvas, figure, striped),
    }
}

fn camel(scene: &Scene, light: &Light, canvas: &mut Canvas, figure: &Figure, base: f32) {
    // A little nearer than it stands, or the slope in front would hide its feet.
    let z = figure.z - 3.0;
    let at = scene.camera.project(figure.x, base, figure.z);
    let size = scene.camera.focal / figure.z;
    let tone = |code: u32, lit: f32| {
        light.through(
            std::array::from_fn(|c| hex(code)[c] * (light.beam[c] * lit + light.shade[c])),
            figure.x / figure.z,
            base,
            figure.z,
        )
    };
    let point = |x: f32, y: f32| [at[0] + x * size, at[1] - y * size];
    let hide = tone(0x8A6238, 0.35);
    let mut limb = |from: [f32; 2], to: [f32; 2], w0: f32, w1: f32, colour: Colour| {
        canvas.stroke(
            point(from[0], from[1]),
            point(to[0], to[1]),
            z,
            [w0 * size, w1 * size],
            colour,
            1.0,
        );
    };
    for (hip, foot) in [(-0.75, -0.95), (-0.6, -0.5), (0.65, 0.5), (0.75, 0.95)] {
        limb(
            [hip, 1.25],
            [(hip + foot) / 2.0 + 0.05, 0.65],
            0.26,
            0.15,
            hide,
        );
        limb(
            [(hip + foot) / 2.0 + 0.05, 0.65],
            [foot, 0.0],
            0.15,
            0.12,
            hide,
        );
    }
    limb([-0.7, 1.45], [0.75, 1.45], 0.72, 0.66, hide);
    limb([-0.2, 1.75], [0.15, 1.95], 0.7, 0.4, hide);
    limb([0.85, 1.5], [1.3, 1.35], 0.36, 0.26, hide);
    limb([1.3, 1.35], [1.5, 2.05], 0.26, 0.2, hide);
    limb([1.45, 2.1], [1.85, 2.0], 0.24, 0.16, hide);
    limb([-1.0, 1.5], [-1.12, 0.95], 0.07, 0.05, hide);
    limb([-0.4, 1.6], [0.35, 1.6], 0.80, 0.80, tone(0xA03A2C, 0.5));
    limb([0.0, 2.0], [0.03, 2.65], 0.52, 0.36, tone(0xE9E2D2, 0.6));
    limb([0.03, 2.82], [0.03, 2.9], 0.28, 0.24, tone(0x34467A, 0.5));
    // Its shadow, thrown along the sand.
    canvas.class = None;
    let flat = light.sun[0].hypot(light.sun[2]);
    let long = 2.4 * flat / light.sun[1];
    for i in 0..10 {
        let t = i as f32 / 10.0;
        let (x, sz) = (
            figure.x - light.sun[0] / flat * long * t,
            figure.z - light.sun[2] / flat * long * t,
        );
        let p = scene.camera.project(x, land::height(scene, x, sz, 4), sz);
        let dark = light.through(scale(light.shade, 0.12), x / sz, base, sz);
        canvas.dab(
            p[0],
            p[1],
            sz,
            0.75 * size,
            0.14 * size,
            0.0,
            0.7,
            dark,
            0.33,
        );
    }
}

fn boat(scene: &Scene, light: &Light, canvas: &mut Canvas, figure: &Figure) {
    let z = figure.z;
    let at = scene.camera.project(figure.x, 0.0, z);
    let size = scene.camera.focal / z;
    let point = |x: f32, y: f32| [at[0] + x * size, at[1] - y * size];
    let tone = |code: u32, lit: f32| {
        light.through(
            std::array::from_fn(|c| hex(code)[c] * (light.beam[c] * lit + light.shade[c])),
            figure.x / z,
            1.0,
            z,
        )
    };
    if scene.hour == Hour::Noon {
        canvas.stroke(
            point(0.0, 0.5),
            point(0.0, 9.0),
            z,
            [0.16 * size, 0.1 * size],
            tone(0x6E5138, 0.5),
            1.0,
        );
        canvas.polygon(
            &[point(0.25, 1.3), point(4.4, 1.5), point(0.1, 8.8)],
            z,
            |_, _| (tone(0xFBF6EA, 0.75), 1.0),
        );
        canvas.polygon(
            &[point(-0.25, 1.4), point(-2.9, 1.2), point(-0.1, 7.6)],
            z,
            |_, _| (tone(0xF2E7D0, 0.55), 1.0),
        );
        let hull = [
            point(-3.2, 1.0),
            point(4.2, 0.9),
            point(3.4, -0.1),
            point(-2.4, -0.1),
        ];
        canvas.polygon(&hull, z, |_, _| (tone(0x2E4F78, 0.5), 1.0));
        return;
    }
    let hull = [
        point(-2.1, 0.62),
        point(-1.2, 0.46),
        point(1.2, 0.46),
        point(2.1, 0.66),
        point(1.6, 0.0),
        point(-1.6, 0.0),
    ];
    canvas.polygon(&hull, z, |_, y| {
        (
            mix(tone(0x7E3C26, 0.3), tone(0xB4643A, 0.6), (at[1] - y) / size),
            1.0,
        )
    });
    canvas.stroke(
        point(-2.1, 0.62),
        point(-1.2, 0.46),
        z,
        [0.09 * size; 2],
        tone(0xE6D2AE, 0.8),
        1.0,
    );
    canvas.stroke(
        point(-1.2, 0.46),
        point(1.2, 0.46),
        z,
        [0.09 * size; 2],
        tone(0xE6D2AE, 0.8),
        1.0,
    );
    canvas.stroke(
        point(1.2, 0.46),
        point(2.1, 0.66),
        z,
        [0.09 * size; 2],
        tone(0xE6D2AE, 0.8),
        1.0,
    );
    canvas.stroke(
        point(-0.1, 0.5),
        point(0.0, 1.15),
        z,
        [0.5 * size, 0.36 * size],
        tone(0x3A4A66, 0.4),
        1.0,
    );
    canvas.dab(
        point(0.0, 1.36)[0],
        point(0.0, 1.36)[1],
        z,
        0.15 * size,
        0.17 * size,
        0.0,
        0.1,
        tone(0xC99A78, 0.6),
        1.0,
    );
    canvas.stroke(
        point(0.1, 0.9),
        point(1.9, -0.02),
        z,
        [0.07 * size; 2],
        tone(0xC9A97A, 0.6),
        1.0,
    );
    if scene.night {
        lamp(canvas, point(-1.1, 0.4), z, 0.2 * size);
    }
}

/// A lamp and its glow.
pub fn lamp(canvas: &mut Canvas, at: [f32; 2], z: f32, size: f32) {
    canvas.class = None;
    for (wide, soft, alpha) in [(6.0, 1.9, 0.16), (2.0, 1.6, 0.35), (0.9, 0.6, 1.0)] {
        let wide = wide * size;
        let colour = scale(hex(0xFFC46A), 1.4);
        canvas.dab(at[0], at[1], z, wide, wide, 0.0, soft, colour, alpha);
    }
}

/// Planks on posts from the shore out over the water.
fn jetty(scene: &Scene, light: &Light, canvas: &mut Canvas, figure: &Figure) {
    let (near, far, half, deck) = (figure.z - 3.5, figure.z + 10.0, 0.9, 1.25);
    let drift = |z: f32| figure.x + (z - near) * 0.06 * -figure.x.signum();
    let tone = |albedo: Colour, lit: f32, z: f32| {
        light.through(
            std::array::from_fn(|c| albedo[c] * (light.beam[c] * lit + light.shade[c])),
            figure.x / z,
            1.0,
            z,
        )
    };
    let mut z = far;
    let mut index = 0;
    while z > near {
        let next = z - 0.30;
        let x = drift(z);
        if index % 9 == 0 {
            for side in [-half, half] {
                let top = scene.camera.project(x + side, deck + 0.55, z);
                let foot = scene.camera.project(x + side, -0.2, z);
                canvas.stroke(
                    foot,
                    top,
                    z,
                    [0.2 * scene.camera.focal / z; 2],
                    tone(hex(0x4A372A), 0.25, z),
                    1.0,
                );
            }
        }
        let grain = noise(index as f32 * 0.7, 3.0, scene.seed);
        let wood = scale(hex(0x94785A), 1.0 + 0.35 * grain);
        let deck_colour = if scene.snow {
            mix(wood, SNOW, 0.75 + 0.4 * grain)
        } else {
            wood
        };
        let plank = |gap: f32, y: f32, z: f32| scene.camera.project(x + gap, y, z);
        let top = [
            plank(-half, deck, z),
            plank(half, deck, z),
            plank(half, deck, next + 0.03),
            plank(-half, deck, next + 0.03),
        ];
        canvas.polygon(&top, next, |px, _| {
            (
                tone(
                    scale(deck_colour, 1.0 + 0.15 * noise(px * 300.0, z, 4)),
                    0.36,
                    z,
                ),
                1.0,
            )
        });
        let front = [
            plank(-half, deck, next),
            plank(half, deck, next),
            plank(half, deck - 0.14, next),
            plank(-half, deck - 0.14, next),
        ];
        canvas.polygon(&front, next, |_, _| (tone(scale(wood, 0.5), 0.1, z), 1.0));
        z = next;
        index += 1;
    }
}
