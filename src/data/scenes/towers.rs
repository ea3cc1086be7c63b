//! A church steeple and a lighthouse.

use super::buildings::Site;
use super::canvas::{Canvas, Colour, hex, mix, scale};
use super::class::Class;
use super::figures;
use super::ground::SNOW;
use crate::data::seed::{fbm, step};

/// A square tower with a pointed roof and a cross, at the left end of the ridge.
pub fn steeple(site: &Site, canvas: &mut Canvas, ridge: f32, tile: Colour, wall: Colour) {
    let (s, a) = (
        site.house.width * 0.27,
        -site.house.length / 2.0 + site.house.width * 0.2,
    );
    let (top, spire) = (ridge + 5.0, ridge + 13.5);
    let apex = [a, 0.0, spire];
    let square = [[a - s, -s], [a + s, -s], [a + s, s], [a - s, s]];
    let normals = [
        [0.0, 0.0, -1.0],
        [1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0],
        [-1.0, 0.0, 0.0],
    ];
    for i in [2, 1, 3, 0] {
        let (p, q) = (square[i], square[(i + 1) % 4]);
        let normal: [f32; 3] = normals[i];
        canvas.class = Some(Class::Wall);
        let shown = site.face(
            canvas,
            &[
                [p[0], p[1], 0.0],
                [q[0], q[1], 0.0],
                [q[0], q[1], top],
                [p[0], p[1], top],
            ],
            normal,
            |_, _| wall,
        );
        if shown {
            let middle = [
                (p[0] + q[0]) / 2.0 + normal[0] * 0.03,
                (p[1] + q[1]) / 2.0 + normal[2] * 0.03,
                top - 1.7,
            ];
            let across = [normal[2].abs(), normal[0].abs()];
            canvas.class = Some(Class::Window);
            site.pane(
                canvas,
                middle,
                across,
                [1.1, 1.7],
                site.seen(scale(hex(0x2C2A33), site.light.day)),
            );
        }
        let over = 1.12;
        let out = |c: [f32; 2]| [a + (c[0] - a) * over, c[1] * over, top];
        canvas.class = Some(Class::Roof);
        let roof = [normal[0] * 0.95, 0.3, normal[2] * 0.95];
        let snow = if site.scene.snow { 0.7 } else { 0.0 };
        site.face(canvas, &[out(p), out(q), apex], roof, |s, t| {
            let patch = snow * step(-0.3, 0.2, fbm(s * 5.0, t * 5.0, 3, site.house.seed));
            mix(scale(tile, 0.75), SNOW, patch)
        });
    }
    let p = site.world(apex[0], apex[1], apex[2]);
    let at = site.scene.camera.project(p[0], p[1], p[2]);
    let size = site.scene.camera.focal / p[2];
    let gold = site.seen(scale(hex(0xE0B04A), site.light.day));
    canvas.stroke(
        at,
        [at[0], at[1] - 1.5 * size],
        p[2] - 1.0,
        [0.14 * size; 2],
        gold,
        1.0,
    );
    canvas.stroke(
        [at[0] - 0.45 * size, at[1] - size],
        [at[0] + 0.45 * size, at[1] - size],
        p[2] - 1.0,
        [0.14 * size; 2],
        gold,
        1.0,
    );
}

/// The light of a lighthouse, to both sides.
fn beams(canvas: &mut Canvas, at: [f32; 2], z: f32, size: f32) {
    canvas.class = None;
    for (along, down) in [(-1.0, 0.10), (1.0, -0.06)] {
        let end = |out: f32| [at[0] + along, at[1] + down + out];
        let corners = [
            [at[0], at[1] - 0.4 * size],
            end(-0.055),
            end(0.055),
            [at[0], at[1] + 0.4 * size],
        ];
        canvas.polygon(&corners, z, |x, y| {
            let away = (x - at[0]).abs();
            let middle = at[1] + down * away;
            let half = 0.4 * size + (0.055 - 0.4 * size) * away;
            let inside = 1.0 - ((y - middle) / half).powi(2);
            (hex(0xFFF0C8), 0.4 * inside.max(0.0) * (-away * 3.5).exp())
        });
    }
}

/// A round tower that narrows to the top, with bands of paint and a lamp.
pub fn lighthouse(site: &Site, canvas: &mut Canvas) {
    let house = site.house;
    let camera = site.scene.camera;
    let size = camera.focal / house.z;
    let z = house.z - 2.5;
    let foot = camera.project(house.x, site.base - 0.5, house.z);
    let sun = [site.light.sun[0], site.light.sun[2]];
    // A band of the tower between two heights, shaded around as a cylinder.
    let mut band =
        |class: Class, [from, to]: [f32; 2], [half0, half1]: [f32; 2], albedo: Colour| {
            canvas.class = Some(class);
            let (y0, y1) = (foot[1] - from * size, foot[1] - to * size);
            let (w0, w1) = (half0 * size, half1 * size);
            let points = [
                [foot[0] - w0, y0],
                [foot[0] + w0, y0],
                [foot[0] + w1, y1],
                [foot[0] - w1, y1],
            ];
            canvas.polygon(&points, z, |x, y| {
                let t = ((y0 - y) / (y0 - y1)).clamp(0.0, 1.0);
                let across = ((x - foot[0]) / (w0 + (w1 - w0) * t)).clamp(-1.0, 1.0);
                let normal = [across, 0.15, -(1.0 - across * across).sqrt()];
                let lit = (normal[0] * sun[0] + normal[2] * sun[1] + 0.35).clamp(0.0, 1.0);
                let colour = std::array::from_fn(|c| {
                    albedo[c] * (site.light.beam[c] * lit + site.light.shade[c] * 0.8)
                });
                (site.seen(colour), 1.0)
            });
        };
    let (tall, foot_half, top_half) = (house.height, house.width / 2.0, house.width * 0.32);
    let half = |t: f32| foot_half + (top_half - foot_half) * t;
    for i in 0..7 {
        let (t0, t1) = (i as f32 / 7.0, (i as f32 + 1.0) / 7.0);
        let paint = if i % 3 == 1 || i == 5 {
            hex(0xC23B2E)
        } else {
            hex(0xF6F3EC)
        };
        band(
            Class::Wall,
            [t0 * tall, t1 * tall],
            [half(t0), half(t1)],
            paint,
        );
    }
    let gallery = [top_half * 1.5; 2];
    band(Class::Wall, [tall, tall + 0.5], gallery, hex(0x3A3A40));
    let lamp = [tall + 0.5, tall + 2.4];
    band(Class::Window, lamp, [top_half * 0.8; 2], hex(0xFFE9A8));
    let cap = [tall + 2.4, tall + 3.9];
    let paint = mix(hex(0xB5352A), SNOW, if site.scene.snow { 0.8 } else { 0.0 });
    band(Class::Roof, cap, [top_half * 1.05, 0.05], paint);
    if site.scene.night {
        let at = [foot[0], foot[1] - (tall + 1.45) * size];
        beams(canvas, at, z, size);
        figures::lamp(canvas, at, z, size);
    }
}
