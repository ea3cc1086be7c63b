//! Houses, a church and a cabin: boxes with gable roofs in true perspective.

use super::canvas::{Canvas, Colour, add, hex, scale};
use super::class::Class;
use super::light::Light;
use super::{Building, Hour, House, Scene, land, towers, windows};
use crate::data::seed::{Seed, fbm, noise};

type Point = [f32; 3];

/// One building on its place: local axes are `a` along the ridge, `b` across (negative is towards the viewer for a turn
/// of 0) and height.
pub struct Site<'a> {
    pub scene: &'a Scene,
    pub light: &'a Light,
    pub house: &'a House,
    pub base: f32,
}

impl Site<'_> {
    /// The world point of a local one.
    pub fn world(&self, a: f32, b: f32, up: f32) -> Point {
        let (sin, cos) = self.house.turn.sin_cos();
        [
            self.house.x + a * cos - b * sin,
            self.base + up,
            self.house.z + a * sin + b * cos,
        ]
    }

    /// A local direction in the world.
    pub fn turned(&self, normal: [f32; 3]) -> [f32; 3] {
        let (sin, cos) = self.house.turn.sin_cos();
        [
            normal[0] * cos - normal[2] * sin,
            normal[1],
            normal[0] * sin + normal[2] * cos,
        ]
    }

    /// Fills a face given by local corners if it looks at the camera. `paint` gives the colour of the face for the part
    /// of the way from its first corner to its second and to its last.
    pub fn face(
        &self,
        canvas: &mut Canvas,
        corners: &[[f32; 3]],
        normal: [f32; 3],
        mut paint: impl FnMut(f32, f32) -> Colour,
    ) -> bool {
        let points: Vec<Point> = corners
            .iter()
            .map(|c| self.world(c[0], c[1], c[2]))
            .collect();
        let normal = self.turned(normal);
        let eye = self.scene.camera.eye;
        let view =
            points[0][0] * normal[0] + (points[0][1] - eye) * normal[1] + points[0][2] * normal[2];
        if view >= 0.0 || points.iter().any(|p| p[2] < 1.0) {
            return false;
        }
        let frame: Vec<[f32; 2]> = points
            .iter()
            .map(|p| self.scene.camera.project(p[0], p[1], p[2]))
            .collect();
        let z = points.iter().map(|p| p[2]).fold(f32::INFINITY, f32::min);
        let (o, u, v) = (frame[0], frame[1], frame[frame.len() - 1]);
        let (u, v) = ([u[0] - o[0], u[1] - o[1]], [v[0] - o[0], v[1] - o[1]]);
        let area = u[0] * v[1] - u[1] * v[0];
        let area = if area.abs() < 1e-9 { 1e-9 } else { area };
        canvas.polygon(&frame, z, |x, y| {
            let (dx, dy) = (x - o[0], y - o[1]);
            let albedo = paint(
                (dx * v[1] - dy * v[0]) / area,
                (u[0] * dy - u[1] * dx) / area,
            );
            let lit = add(self.light.on(albedo, normal, 0.9), self.lamps(albedo));
            (self.seen(lit), 1.0)
        });
        true
    }

    /// What lamps add to the light on a painted building, at night most.
    pub fn lamps(&self, albedo: Colour) -> Colour {
        let strength = match (self.house.paint, self.scene.night, self.scene.hour) {
            (None, ..) => 0.0,
            (_, true, _) => 0.34,
            (_, _, Hour::Dusk) => 0.25,
            _ => 0.0,
        };
        scale(albedo, strength)
    }

    /// A light as it is seen through the air.
    pub fn seen(&self, colour: Colour) -> Colour {
        self.light.through(
            colour,
            self.house.x / self.house.z,
            self.base + 2.0,
            self.house.z,
        )
    }

    /// A rectangle on the wall `b = side`, with its own light when it shines.
    pub fn pane(
        &self,
        canvas: &mut Canvas,
        middle: [f32; 3],
        across: [f32; 2],
        size: [f32; 2],
        colour: Colour,
    ) {
        let corner = |s: f32, t: f32| {
            let p = self.world(
                middle[0] + across[0] * s * size[0],
                middle[1] + across[1] * s * size[0],
                middle[2] + t * size[1],
            );
            self.scene.camera.project(p[0], p[1], p[2])
        };
        let z = self.world(middle[0], middle[1], 0.0)[2] - 3.0;
        let points = [
            corner(-0.5, -0.5),
            corner(0.5, -0.5),
            corner(0.5, 0.5),
            corner(-0.5, 0.5),
        ];
        canvas.polygon(&points, z, |_, _| (colour, 1.0));
    }
}

/// Draws one building.
pub fn draw(scene: &Scene, light: &Light, canvas: &mut Canvas, house: &House) {
    // The lowest corner decides, so that no wall floats.
    let mut base = f32::INFINITY;
    for (a, b) in [
        (-0.5, -0.5),
        (0.5, -0.5),
        (0.5, 0.5),
        (-0.5, 0.5),
        (0.0, 0.0),
    ] {
        base = base.min(land::height(
            scene,
            house.x + a * house.length,
            house.z + b * house.width,
            5,
        ));
    }
    let site = Site {
        scene,
        light,
        house,
        base,
    };
    match house.building {
        Building::Lighthouse => towers::lighthouse(&site, canvas),
        Building::Tower => towers::tower(&site, canvas),
        Building::Windmill => towers::windmill(&site, canvas),
        _ => gabled(&site, canvas),
    }
}

/// A box with a gable roof, windows, a door, a chimney; a church has a steeple at its left end.
fn gabled(site: &Site, canvas: &mut Canvas) {
    let house = site.house;
    let random = &mut Seed::new(house.seed);
    let cabin = house.building == Building::Cabin;
    let church = house.building == Building::Church;
    let snow = site.scene.snowy();
    let plaster = [0xF1E6D2, 0xE8D3AE, 0xDDB892, 0xEFE9DF, 0xD9C7B8][random.below(5)];
    let wall = if let Some(paint) = house.paint {
        hex(paint)
    } else if cabin {
        hex(0x7A4E2E)
    } else if church {
        hex(0xF0EAE0)
    } else {
        hex(plaster)
    };
    let tile = if cabin {
        hex(0x5B4436)
    } else {
        // Drawn for a painted one, too: the random numbers after it are those of all houses.
        let tiles = [0x9C4A34, 0xB05A3C, 0x87402F, 0x6E5548][random.below(4)];
        hex(house.paint.map_or(tiles, |_| towers::SLATE))
    };
    let (l, w, h) = (house.length / 2.0, house.width / 2.0, house.height);
    let ridge = h + house.width
        * if cabin {
            0.50
        } else {
            random.range(0.42, 0.58)
        };
    let seed = house.seed;
    let plank = |s: f32, t: f32| {
        let grain = if cabin {
            0.30 * (t * h / 0.32 * std::f32::consts::TAU).cos()
                + 0.15 * noise(s * 9.0, t * h * 3.0, seed)
        } else {
            0.10 * fbm(s * 9.0, t * 6.0, 3, seed)
        };
        scale(wall, (1.0 + grain) * (0.80 + 0.20 * (t * 3.0).min(1.0)))
    };
    canvas.class = Some(Class::Wall);
    for side in [-1.0, 1.0] {
        site.face(
            canvas,
            &[
                [-l, side * w, 0.0],
                [l, side * w, 0.0],
                [l, side * w, h],
                [-l, side * w, h],
            ],
            [0.0, 0.0, side],
            plank,
        );
        let gable = [
            [side * l, -w, 0.0],
            [side * l, w, 0.0],
            [side * l, w, h],
            [side * l, 0.0, ridge],
            [side * l, -w, h],
        ];
        site.face(canvas, &gable, [side, 0.0, 0.0], plank);
    }
    windows::draw(site, canvas, random);
    canvas.class = Some(Class::Roof);
    let over = 0.35;
    let slope = (ridge - h) / w;
    let length = (1.0 + slope * slope).sqrt();
    for side in [1.0, -1.0] {
        let eave = h - over * slope;
        let corners = [
            [-l - over, side * (w + over), eave],
            [l + over, side * (w + over), eave],
            [l + over, 0.0, ridge],
            [-l - over, 0.0, ridge],
        ];
        let tiles = |s: f32, t: f32| {
            if snow {
                return scale(hex(0xF2F5FA), 1.0 + 0.05 * fbm(s * 6.0, t * 3.0, 3, seed));
            }
            let rows = 0.13 * (t * 16.0 * std::f32::consts::TAU).cos();
            scale(tile, 1.0 + rows + 0.45 * fbm(s * 14.0, t * 10.0, 3, seed))
        };
        site.face(
            canvas,
            &corners,
            [0.0, 1.0 / length, side * slope / length],
            tiles,
        );
        // Snow lies thick: its edge is seen under the slope.
        if snow && side < 0.0 {
            let edge = [
                corners[0],
                corners[1],
                [corners[1][0], corners[1][1], eave + 0.32],
                [corners[0][0], corners[0][1], eave + 0.32],
            ];
            canvas.class = canvas.class.filter(|_| !site.scene.snow);
            site.face(canvas, &edge, [0.0, 0.0, -1.0], |_, _| hex(0xE3EAF6));
            canvas.class = Some(Class::Roof);
        }
    }
    if church {
        towers::steeple(site, canvas, ridge, tile, wall);
    } else {
        chimney(site, canvas, random, ridge);
    }
}

fn chimney(site: &Site, canvas: &mut Canvas, random: &mut Seed, ridge: f32) {
    let a =
        site.house.length * random.range(0.15, 0.32) * if random.chance(0.5) { 1.0 } else { -1.0 };
    let brick = hex(0x8A5A48);
    let (s, top) = (0.42, ridge + 0.95);
    for (corners, normal) in [
        (
            [
                [a - s, -s, ridge - 0.6],
                [a + s, -s, ridge - 0.6],
                [a + s, -s, top],
                [a - s, -s, top],
            ],
            [0.0, 0.0, -1.0],
        ),
        (
            [
                [a - s, s, ridge - 0.6],
                [a - s, -s, ridge - 0.6],
                [a - s, -s, top],
                [a - s, s, top],
            ],
            [-1.0, 0.0, 0.0],
        ),
        (
            [
                [a + s, -s, ridge - 0.6],
                [a + s, s, ridge - 0.6],
                [a + s, s, top],
                [a + s, -s, top],
            ],
            [1.0, 0.0, 0.0],
        ),
    ] {
        site.face(canvas, &corners, normal, |_, _| brick);
    }
    let smoking = if site.house.building == Building::Cabin {
        1.0
    } else {
        0.4
    };
    if !random.chance(smoking) || site.scene.hour == Hour::Noon {
        return;
    }
    canvas.class = None;
    let drift = random.range(0.5, 1.1) * -site.scene.sun[0].signum();
    for puff in 0..26 {
        let t = puff as f32 / 26.0;
        let p = site.world(a, 0.0, top + 7.0 * t);
        let at = site.scene.camera.project(
            p[0] + drift * 5.0 * t * t + 0.35 * random.normal() * t,
            p[1],
            p[2],
        );
        let size = site.scene.camera.focal / p[2] * (0.3 + 1.5 * t);
        let grey = site.seen(add(
            scale(site.light.shade, 0.75),
            scale(site.light.beam, 0.28),
        ));
        canvas.dab(
            at[0],
            at[1],
            p[2] - 2.0,
            size,
            size * 0.8,
            0.0,
            1.8,
            grey,
            0.20 * (1.0 - t),
        );
    }
}
