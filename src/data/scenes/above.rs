//! The land of a scene from above: a plan of what lies where, drawn as an aerial photo and as a map.
//!
//! The photo of a scene shows a wedge of its world; a bird sees the land around. It is laid out from the scene's kind and
//! seed: a lake or a river or the sea, woods, fields, a road with lanes, and houses along them. Coordinates are metres
//! from the middle, x to the right and y down, as in the picture; both renderings read the same plan.

mod aerial;
mod layout;
mod map;
mod trees;

use super::canvas::{ASPECT, Canvas, Colour};
use super::{Kind, Scene};
use crate::data::seed::{cell, fbm, lattice, noise};
use image::RgbImage;
use trees::Crown;

/// Metres from the upper to the lower edge of a picture.
pub(super) const SPAN: f32 = 240.0;
/// Metres from one parcel of land to the next.
const PARCEL: f32 = 62.0;

/// Metres.
type Point = [f32; 2];

fn apart(a: Point, b: Point) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Where water lies.
#[derive(Clone, Copy, Debug)]
enum Water {
    Lake {
        middle: Point,
        radius: f32,
    },
    /// Towards a direction, from so far on.
    Sea {
        towards: Point,
        from: f32,
    },
    /// Along a direction, at most so far from the middle.
    River {
        along: Point,
        aside: f32,
        half: f32,
    },
}

/// A road.
#[derive(Clone, Debug)]
struct Way {
    points: Vec<Point>,
    /// Metres from its middle to its edge.
    half: f32,
    /// Drawn on a map as a main road.
    main: bool,
}

impl Way {
    /// Metres from its middle.
    fn distance(&self, [x, y]: Point) -> f32 {
        let mut nearest = f32::INFINITY;
        for pair in self.points.windows(2) {
            let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
            let (px, py) = (x - pair[0][0], y - pair[0][1]);
            let part = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            let (ox, oy) = (px - dx * part, py - dy * part);
            nearest = nearest.min(ox * ox + oy * oy);
        }
        nearest.sqrt()
    }
}

/// A building.
#[derive(Clone, Copy, Debug)]
struct Roof {
    middle: Point,
    /// Metres along the ridge and across it.
    sides: [f32; 2],
    /// Metres up to the ridge.
    height: f32,
    /// Unit vector of the ridge.
    ridge: Point,
    seed: u32,
}

impl Roof {
    /// Metres along the ridge and across, from the middle.
    fn local(&self, at: Point) -> Point {
        let (dx, dy) = (at[0] - self.middle[0], at[1] - self.middle[1]);
        let [u, v] = self.ridge;
        [dx * u + dy * v, dy * u - dx * v]
    }

    /// Metres beyond its walls; negative within.
    fn beyond(&self, at: Point) -> f32 {
        let [a, b] = self.local(at);
        (a.abs() - self.sides[0] / 2.0).max(b.abs() - self.sides[1] / 2.0)
    }
}

/// A piece of land that one farmer has.
#[derive(Clone, Copy, Debug)]
struct Parcel {
    /// Uniform bits of its own.
    hash: u32,
    /// Metres to its border.
    border: f32,
}

/// What lies where.
#[derive(Debug)]
struct Land {
    kind: Kind,
    seed: u32,
    water: Option<Water>,
    ways: Vec<Way>,
    roofs: Vec<Roof>,
    crowns: trees::Crowns,
    /// The direction of furrows, a unit vector.
    along: Point,
}

impl Land {
    /// Metres from the shore on the water; negative on land.
    fn wet(&self, [x, y]: Point) -> f32 {
        let seed = self.seed ^ 0xA0;
        let Some(water) = self.water else {
            return f32::NEG_INFINITY;
        };
        match water {
            Water::Lake { middle, radius } => {
                let rough = 0.45 * fbm(x / 75.0, y / 75.0, 4, seed);
                radius * (1.0 + rough) - apart([x, y], middle)
            }
            Water::Sea { towards, from } => {
                let rough = 26.0 * fbm(x / 80.0, y / 80.0, 5, seed);
                x * towards[0] + y * towards[1] + rough - from
            }
            Water::River { along, aside, half } => {
                let (u, v) = (x * along[0] + y * along[1], y * along[0] - x * along[1]);
                let bend =
                    aside + 34.0 * noise(u / 95.0, 1.3, seed) + 9.0 * noise(u / 31.0, 4.3, seed);
                half * (1.0 + 0.3 * noise(u / 24.0, 7.7, seed)) - (v - bend).abs()
            }
        }
    }

    /// Above 0 in a wood, up to about 1.
    fn wooded(&self, [x, y]: Point) -> f32 {
        let share = match self.kind {
            Kind::Forest => 0.30,
            Kind::Winter => 0.06,
            Kind::Lake => 0.02,
            Kind::Village | Kind::Meadow => -0.14,
            Kind::Coast => -0.16,
            Kind::Desert => return -1.0,
        };
        2.0 * (fbm(x / 85.0, y / 85.0, 4, self.seed ^ 0xB0) + share)
    }

    /// Metres to the edge of the nearest road, and which; negative on it.
    fn road(&self, at: Point) -> Option<(f32, &Way)> {
        let all = self
            .ways
            .iter()
            .map(|way| (way.distance(at) - way.half, way));
        all.min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Metres to the nearest wall.
    fn built(&self, at: Point) -> f32 {
        let all = self.roofs.iter().map(|roof| roof.beyond(at));
        all.fold(f32::INFINITY, f32::min)
    }

    /// The parcel of a point: that of the nearest middle (Voronoi), seen along the furrows.
    fn parcel(&self, [x, y]: Point) -> Parcel {
        let [a, b] = self.along;
        let (u, v) = ((x * a + y * b) / PARCEL, (y * a - x * b) / (0.7 * PARCEL));
        let (column, row) = (u.floor() as i32, v.floor() as i32);
        let mut nearest = [(f32::INFINITY, 0); 2];
        for i in column - 1..=column + 1 {
            for j in row - 1..=row + 1 {
                let hash = lattice(i, j, self.seed ^ 0xC0);
                let aside = 0.15 + 0.7 * cell(i, j, self.seed ^ 0xC1);
                let down = 0.15 + 0.7 * cell(i, j, self.seed ^ 0xC2);
                // Straight borders along and across the furrows rather than slanted ones.
                let (du, dv) = ((u - i as f32 - aside).abs(), (v - j as f32 - down).abs());
                let far = du.max(dv) + 0.25 * du.min(dv);
                if far < nearest[0].0 {
                    nearest = [(far, hash), nearest[0]];
                } else if far < nearest[1].0 {
                    nearest[1] = (far, hash);
                }
            }
        }
        let [(first, hash), (second, _)] = nearest;
        Parcel {
            hash,
            border: 0.5 * PARCEL * 0.7 * (second - first),
        }
    }

    /// The parcel of a point that is a field.
    fn field(&self, at: Point) -> Option<Parcel> {
        let share = match self.kind {
            Kind::Village => 0.8,
            Kind::Lake => 0.35,
            Kind::Coast => 0.5,
            _ => return None,
        };
        let parcel = self.parcel(at);
        let tilled = ((parcel.hash >> 8) as f32 / 16_777_216.0) < share;
        (tilled && self.built(at) > 11.0 && self.wet(at) < -7.0).then_some(parcel)
    }

    /// Whether the ground is sand, all of it or beside the sea.
    fn sandy(&self, wet: f32) -> bool {
        match (self.kind, self.water) {
            (Kind::Desert, _) => true,
            (_, Some(Water::Sea { .. })) => wet > -13.0,
            _ => false,
        }
    }

    /// The tallest crown over a point.
    fn crown(&self, at: Point) -> Option<&Crown> {
        self.crowns.over(at)
    }

    /// A picture of it; `paint` gives the light of a point, and is told the side of a pixel in metres.
    fn draw(&self, width: u32, height: u32, paint: impl Fn(Point, f32) -> Colour) -> RgbImage {
        let mut canvas = Canvas::new(width, height, [0.0; 3]);
        let size = SPAN * canvas.pixel();
        canvas.shade(|x, y, _| paint([(x - ASPECT / 2.0) * SPAN, (y - 0.5) * SPAN], size));
        canvas.finish()
    }
}

impl Scene {
    /// The land of the scene from above, photo-like, 240 m from the upper to the lower edge. As with
    /// [`photo`](Scene::photo), the composition does not depend on the size.
    #[must_use]
    pub fn aerial(&self, width: u32, height: u32) -> RgbImage {
        let land = layout::land(self.kind, self.seed);
        land.draw(width, height, |at, size| aerial::light(&land, at, size))
    }

    /// The same land as a map: roads white with a border, main roads orange; water blue, woods green, fields yellow,
    /// sand and open land pale, buildings brown.
    #[must_use]
    pub fn map(&self, width: u32, height: u32) -> RgbImage {
        let land = layout::land(self.kind, self.seed);
        land.draw(width, height, |at, size| map::ink(&land, at, size))
    }
}

#[cfg(test)]
mod tests;
