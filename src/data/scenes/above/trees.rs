//! Trees from above: a crown at most in each cell of a grid, so that those over a point are found at once.

use super::{Land, Point, SPAN};
use crate::data::scenes::Kind;
use crate::data::seed::cell;

/// Metres from one cell to the next.
const CELL: f32 = 6.0;
/// Cells on each side of the middle, up and down and, in a frame of 4:3, to the sides.
const ROWS: i32 = (0.5 * SPAN / CELL) as i32 + 4;
const COLUMNS: i32 = (0.67 * SPAN / CELL) as i32 + 4;

/// The crown of a tree: a dome, or a cone if it is a fir.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crown {
    pub middle: Point,
    pub radius: f32,
    pub fir: bool,
    /// 0 to 1, decides its tint.
    pub tint: f32,
}

impl Crown {
    /// How high it is over a point, in metres above its lowest twigs; none beside it.
    pub fn over(&self, at: Point) -> Option<f32> {
        let (dx, dy) = (at[0] - self.middle[0], at[1] - self.middle[1]);
        let part = 1.0 - (dx * dx + dy * dy) / (self.radius * self.radius);
        let high = match self.fir {
            true => 1.6 * (1.0 - (1.0 - part).max(0.0).sqrt()),
            false => part.max(0.0).sqrt(),
        };
        (part > 0.0).then_some(self.radius * high)
    }
}

/// All of a land's.
#[derive(Debug, Default)]
pub(super) struct Crowns(Vec<Option<Crown>>);

impl Crowns {
    /// Woods, trees in gardens and along borders, palms around an oasis.
    pub fn grow(land: &Land) -> Self {
        let cells = (-ROWS..=ROWS).flat_map(|j| (-COLUMNS..=COLUMNS).map(move |i| (i, j)));
        Self(cells.map(|(i, j)| Self::tree(land, i, j)).collect())
    }

    fn tree(land: &Land, i: i32, j: i32) -> Option<Crown> {
        let random = |salt: u32| cell(i, j, land.seed ^ salt);
        let middle = [
            CELL * (i as f32 + 0.15 + 0.7 * random(0xD0)),
            CELL * (j as f32 + 0.15 + 0.7 * random(0xD1)),
        ];
        let wet = land.wet(middle);
        let dense = land.wooded(middle);
        let wood = step_up(dense);
        let beside = land.built(middle);
        let planted = match land.kind {
            Kind::Desert if land.water.is_some() => 0.7 * near(wet, -1.0, -16.0),
            Kind::Desert => 0.0,
            _ if beside < 16.0 => 0.34,
            _ if land
                .field(middle)
                .is_some_and(|p| p.border < 3.0 && p.hash & 3 == 0) =>
            {
                0.75
            }
            _ if land.field(middle).is_some() => 0.0,
            _ => 0.03 + 0.22 * near(wet, -2.0, -9.0),
        };
        let fir = match land.kind {
            Kind::Winter => true,
            Kind::Lake => random(0xD2) < 0.7,
            Kind::Forest => random(0xD2) < 0.35,
            _ => random(0xD2) < 0.1,
        };
        let radius = (if fir { 2.1 } else { 2.5 }) + 1.5 * random(0xD3);
        let clear = land.road(middle).is_none_or(|(far, _)| far > 0.55 * radius);
        let stands = random(0xD4) < wood.max(planted);
        (stands && clear && wet < -1.5 && beside > 0.8 * radius).then_some(Crown {
            middle,
            radius,
            fir,
            tint: random(0xD5),
        })
    }

    /// The one that is highest over a point.
    pub fn over(&self, at: Point) -> Option<&Crown> {
        let [i, j] = at.map(|x| (x / CELL).floor() as i32);
        let mut best: Option<(f32, &Crown)> = None;
        for j in j - 1..=j + 1 {
            for i in i - 1..=i + 1 {
                if i.abs() > COLUMNS || j.abs() > ROWS {
                    continue;
                }
                let index = (j + ROWS) * (2 * COLUMNS + 1) + i + COLUMNS;
                if let Some(crown) = &self.0[index as usize]
                    && let Some(high) = crown.over(at)
                    && best.is_none_or(|(highest, _)| high > highest)
                {
                    best = Some((high, crown));
                }
            }
        }
        best.map(|(_, crown)| crown)
    }
}

/// How likely a tree stands where a wood is so dense.
fn step_up(dense: f32) -> f32 {
    if dense > 0.0 { 0.9 } else { 0.0 }
}

/// 1 at `from`, 0 from `to` on and before `from`.
fn near(x: f32, from: f32, to: f32) -> f32 {
    if x > from {
        0.0
    } else {
        ((x - to) / (from - to)).clamp(0.0, 1.0)
    }
}
