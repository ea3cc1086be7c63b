//! Windows and doors of gabled buildings.

use super::buildings::Site;
use super::canvas::{Canvas, hex, mix, scale};
use super::class::Class;
use super::{Building, Hour};
use crate::data::seed::Seed;

/// Draws them on every wall that is seen, and lights some of them when it is late.
pub fn draw(site: &Site, canvas: &mut Canvas, random: &mut Seed) {
    let house = site.house;
    let (l, w, h) = (house.length / 2.0, house.width / 2.0, house.height);
    // Drawn from a stream of its own: what else the house has must not depend on the hour it is seen at.
    let after_dark = &mut Seed::stream(house.seed, 1);
    let evening = site.scene.hour == Hour::Dusk || house.building == Building::Cabin;
    let floors = if h > 3.9 { 2 } else { 1 };
    let mut pane = |canvas: &mut Canvas,
                    random: &mut Seed,
                    middle: [f32; 3],
                    across: [f32; 2],
                    normal: [f32; 3]| {
        let turned = site.turned(normal);
        let p = site.world(middle[0], middle[1], middle[2]);
        if p[0] * turned[0] + p[2] * turned[2] >= 0.0 {
            return;
        }
        let lit = if evening {
            random.chance(0.72).then(|| random.uniform())
        } else if site.scene.night {
            after_dark.chance(0.72).then(|| after_dark.uniform())
        } else {
            None
        };
        let glass = lit.map_or_else(
            || site.seen(scale(hex(0x3D4B5E), 0.6 * site.light.day)),
            |pale| scale(mix(hex(0xFFB648), hex(0xFFE09A), pale), 1.5),
        );
        let frame = site.seen(site.light.on(hex(0xEDE6DA), turned, 0.6));
        let size = if house.building == Building::Church {
            [0.9, 2.4]
        } else {
            [0.95, 1.15]
        };
        canvas.class = Some(Class::Window);
        site.pane(
            canvas,
            middle,
            across,
            [size[0] + 0.28, size[1] + 0.28],
            frame,
        );
        site.pane(canvas, middle, across, size, glass);
        site.pane(canvas, middle, across, [0.09, size[1]], frame);
        site.pane(canvas, middle, across, [size[0], 0.08], frame);
        // Its glow would change the colour of the walls.
        if lit.is_some() && house.paint.is_none() {
            let at = site.scene.camera.project(p[0], p[1], p[2]);
            let size = site.scene.camera.focal / p[2];
            canvas.class = None;
            canvas.dab(
                at[0],
                at[1],
                p[2] - 4.0,
                2.2 * size,
                2.0 * size,
                0.0,
                1.9,
                hex(0xFFB055),
                if site.scene.night { 0.10 } else { 0.16 },
            );
        }
    };
    for floor in 0..floors {
        let up = if floors == 2 {
            h * (0.27 + 0.48 * floor as f32)
        } else {
            h * 0.55
        };
        let count = (house.length / 2.7) as i32;
        for i in 0..count {
            let a = -l + (i as f32 + 0.5) / count as f32 * house.length;
            for side in [-1.0, 1.0] {
                if floor == 0 && i == count / 2 {
                    let door = site.turned([0.0, 0.0, side]);
                    let p = site.world(a, side * w, 1.0);
                    if p[0] * door[0] + p[2] * door[2] < 0.0 {
                        let wood = site.seen(site.light.on(hex(0x5A3722), door, 0.8));
                        canvas.class = Some(Class::Window);
                        site.pane(
                            canvas,
                            [a, side * (w + 0.02), 1.05],
                            [1.0, 0.0],
                            [1.15, 2.1],
                            wood,
                        );
                    }
                    continue;
                }
                pane(
                    canvas,
                    random,
                    [a, side * (w + 0.02), up],
                    [1.0, 0.0],
                    [0.0, 0.0, side],
                );
            }
        }
        for side in [-1.0, 1.0] {
            for b in [-0.25, 0.25] {
                pane(
                    canvas,
                    random,
                    [side * (l + 0.02), b * house.width, up],
                    [0.0, 1.0],
                    [side, 0.0, 0.0],
                );
            }
        }
    }
}
