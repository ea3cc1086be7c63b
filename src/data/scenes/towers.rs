//! A church steeple, a lighthouse, a tower and a windmill.

use super::Hour;
use super::buildings::Site;
use super::canvas::{Canvas, Colour, add, hex, mix, scale};
use super::class::Class;
use super::figures;
use super::ground::SNOW;
use crate::data::seed::{Seed, fbm, step};

/// The roof of a painted building.
pub const SLATE: u32 = 0x3C3F48;

/// Metres by which a round tower is drawn nearer than its middle stands.
const NEARER: f32 = 2.5;

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

/// The middle of a round tower's foot in the frame, and the frame units of a metre there.
fn foot(site: &Site) -> ([f32; 2], f32) {
    let (house, camera) = (site.house, site.scene.camera);
    let at = camera.project(house.x, site.base - 0.5, house.z);
    (at, camera.focal / house.z)
}

/// A part of a round tower between two heights, with its half widths there, shaded around as a cylinder.
fn band(
    site: &Site,
    canvas: &mut Canvas,
    class: Class,
    [from, to]: [f32; 2],
    [half0, half1]: [f32; 2],
    albedo: Colour,
) {
    let (foot, size) = foot(site);
    let sun = [site.light.sun[0], site.light.sun[2]];
    canvas.class = Some(class);
    let (y0, y1) = (foot[1] - from * size, foot[1] - to * size);
    let (w0, w1) = (half0 * size, half1 * size);
    let points = [
        [foot[0] - w0, y0],
        [foot[0] + w0, y0],
        [foot[0] + w1, y1],
        [foot[0] - w1, y1],
    ];
    let lamps = site.lamps(albedo);
    canvas.polygon(&points, site.house.z - NEARER, |x, y| {
        let t = ((y0 - y) / (y0 - y1)).clamp(0.0, 1.0);
        let across = ((x - foot[0]) / (w0 + (w1 - w0) * t)).clamp(-1.0, 1.0);
        let normal = [across, 0.15, -(1.0 - across * across).sqrt()];
        let lit = (normal[0] * sun[0] + normal[2] * sun[1] + 0.35).clamp(0.0, 1.0);
        let colour = std::array::from_fn(|c| {
            albedo[c] * (site.light.beam[c] * lit + site.light.shade[c] * 0.8) + lamps[c]
        });
        (site.seen(colour), 1.0)
    });
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
    let mut band =
        |class, heights, halves, albedo| band(site, canvas, class, heights, halves, albedo);
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
        let (foot, size) = foot(site);
        let z = house.z - NEARER;
        let at = [foot[0], foot[1] - (tall + 1.45) * size];
        beams(canvas, at, z, size);
        figures::lamp(canvas, at, z, size);
    }
}

/// A round tower with a pointed roof and dark windows.
pub fn tower(site: &Site, canvas: &mut Canvas) {
    let (tall, half) = (site.house.height, site.house.width / 2.0);
    let snow = if site.scene.snow { 0.7 } else { 0.0 };
    let wall = hex(site.house.paint.unwrap_or(0xD8D2C8));
    band(
        site,
        canvas,
        Class::Wall,
        [0.0, tall],
        [half, 0.92 * half],
        wall,
    );
    let gallery = [0.86 * tall, tall];
    band(
        site,
        canvas,
        Class::Wall,
        gallery,
        [1.14 * half; 2],
        scale(wall, 0.86),
    );
    let roof = mix(hex(SLATE), SNOW, snow);
    let top = [tall, tall + 2.6 * half];
    band(site, canvas, Class::Roof, top, [1.3 * half, 0.05], roof);
    slits(site, canvas, &[0.28, 0.6]);
}

/// Windows one above the other, at parts of the height; lit after sunset.
fn slits(site: &Site, canvas: &mut Canvas, at: &[f32]) {
    let late = site.scene.night || site.scene.hour == Hour::Dusk;
    let glass = if late {
        hex(0xFFC75A)
    } else {
        site.seen(scale(hex(0x2E3440), site.light.day))
    };
    let (foot, size) = foot(site);
    canvas.class = Some(Class::Window);
    let half = 0.13 * site.house.width * size;
    for part in at {
        let y = foot[1] - part * site.house.height * size;
        let pane = [
            [foot[0] - half, y - 1.5 * half],
            [foot[0] + half, y - 1.5 * half],
            [foot[0] + half, y + 1.5 * half],
            [foot[0] - half, y + 1.5 * half],
        ];
        canvas.polygon(&pane, site.house.z - 2.0 * NEARER, |_, _| (glass, 1.0));
    }
}

/// A tower that narrows to a cap, with four sails.
pub fn windmill(site: &Site, canvas: &mut Canvas) {
    let (tall, half) = (site.house.height, site.house.width / 2.0);
    let snow = if site.scene.snow { 0.7 } else { 0.0 };
    let wall = hex(site.house.paint.unwrap_or(0xE8E0D0));
    band(
        site,
        canvas,
        Class::Wall,
        [0.0, tall],
        [half, 0.62 * half],
        wall,
    );
    let cap = mix(hex(SLATE), SNOW, snow);
    let top = [tall, tall + 0.8 * half];
    band(
        site,
        canvas,
        Class::Roof,
        top,
        [0.72 * half, 0.25 * half],
        cap,
    );
    slits(site, canvas, &[0.3]);
    let (foot, size) = foot(site);
    let z = site.house.z - 3.0 * NEARER;
    let hub = [foot[0], foot[1] - tall * size];
    let long = 0.78 * tall * size;
    let turn = Seed::stream(site.house.seed, 2).range(0.25, 1.3);
    let shown = |code: u32| {
        let front = site.turned([0.0, 0.0, -1.0]);
        let lit = site.light.on(hex(code), front, 0.9);
        site.seen(add(lit, site.lamps(hex(code))))
    };
    let (spar, cloth) = (shown(0x3E2C20), shown(0xD9C9A4));
    canvas.class = Some(Class::Wall);
    for arm in 0..4 {
        let (sin, cos) = (turn + arm as f32 * std::f32::consts::FRAC_PI_2).sin_cos();
        let at = |along: f32, across: f32| {
            let (along, across) = (along * long, across * long);
            [
                hub[0] + cos * along - sin * across,
                hub[1] + sin * along + cos * across,
            ]
        };
        let sail = [at(0.22, 0.0), at(1.0, 0.0), at(1.0, 0.25), at(0.22, 0.25)];
        canvas.polygon(&sail, z, |_, _| (cloth, 1.0));
        canvas.stroke(at(0.0, 0.0), at(1.0, 0.0), z, [0.06 * long; 2], spar, 1.0);
    }
    canvas.dab(
        hub[0],
        hub[1],
        z,
        0.07 * long,
        0.07 * long,
        0.0,
        0.1,
        spar,
        1.0,
    );
}
