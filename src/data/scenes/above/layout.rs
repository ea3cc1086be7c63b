//! Where water, roads, houses and trees are.

use super::trees::Crowns;
use super::{Land, Point, Roof, SPAN, Water, Way, apart};
use crate::data::scenes::Kind;
use crate::data::seed::{Seed, noise};

/// Metres from the middle that are laid out: beyond the corners of a frame of 4:3.
const REACH: f32 = 0.85 * SPAN;
/// Metres from one point of a road to the next.
const STRIDE: f32 = 9.0;

/// The land of a kind of scene and a seed.
pub(super) fn land(kind: Kind, seed: u32) -> Land {
    let random = &mut Seed::stream(seed, 40);
    let mut land = Land {
        kind,
        seed,
        water: water(kind, random),
        ways: Vec::new(),
        roofs: Vec::new(),
        crowns: Crowns::default(),
        along: direction(random),
    };
    roads(&mut land, &mut Seed::stream(seed, 41));
    houses(&mut land, &mut Seed::stream(seed, 42));
    land.crowns = Crowns::grow(&land);
    land
}

fn direction(random: &mut Seed) -> Point {
    let (sin, cos) = random.range(0.0, std::f32::consts::TAU).sin_cos();
    [cos, sin]
}

fn water(kind: Kind, random: &mut Seed) -> Option<Water> {
    let towards = direction(random);
    let far = random.range(0.0, 1.0);
    let lake = |far: f32, radius: f32| Water::Lake {
        middle: [far * towards[0], far * towards[1]],
        radius,
    };
    let river = |half: f32| Water::River {
        along: towards,
        aside: 110.0 * (far - 0.5),
        half,
    };
    match kind {
        Kind::Lake => Some(lake(25.0 + 75.0 * far, random.range(52.0, 88.0))),
        Kind::Coast => Some(Water::Sea {
            towards,
            from: -30.0 + 80.0 * far,
        }),
        Kind::Village | Kind::Meadow => random.chance(0.6).then(|| river(random.range(6.0, 11.0))),
        Kind::Forest => random.chance(0.5).then(|| river(random.range(4.0, 8.0))),
        Kind::Winter => Some(match random.chance(0.5) {
            true => lake(90.0 * far, random.range(22.0, 40.0)),
            false => river(random.range(6.0, 10.0)),
        }),
        Kind::Desert => random
            .chance(0.7)
            .then(|| lake(70.0 * far, random.range(13.0, 24.0))),
    }
}

/// A road from a point on, as far as the land goes or up to water; rivers are crossed.
fn walk(land: &Land, from: Point, heading: Point, length: f32, seed: u32) -> Vec<Point> {
    let river = matches!(land.water, Some(Water::River { .. }));
    let (mut at, mut points) = (from, vec![from]);
    for i in 0..(length / STRIDE) as usize {
        let turn = 0.55 * noise(i as f32 / 5.5, 0.5, seed);
        let (sin, cos) = turn.sin_cos();
        let step = [
            heading[0] * cos - heading[1] * sin,
            heading[1] * cos + heading[0] * sin,
        ];
        at = [at[0] + STRIDE * step[0], at[1] + STRIDE * step[1]];
        if !river && land.wet(at) > -9.0 || at[0].hypot(at[1]) > 1.2 * REACH {
            break;
        }
        points.push(at);
    }
    points
}

fn roads(land: &mut Land, random: &mut Seed) {
    // Of several roads the longest: where a lake lies, most end soon.
    let longest = (0..10).map(|_| {
        let heading = direction(random);
        let aside = random.range(-55.0, 55.0);
        let from = [-heading[1] * aside, heading[0] * aside];
        let seed = random.next_u32();
        let there = walk(land, from, heading, 400.0, seed);
        let mut back = walk(land, from, [-heading[0], -heading[1]], 400.0, seed ^ 1);
        let dry = land.wet(from) < -9.0;
        back.reverse();
        back.extend(&there[1..]);
        if dry { back } else { Vec::new() }
    });
    let points = longest.max_by_key(Vec::len).unwrap_or_default();
    if points.len() < 3 {
        return;
    }
    let wild = matches!(land.kind, Kind::Forest | Kind::Desert);
    let main = Way {
        half: if wild { 2.6 } else { 4.2 },
        main: !wild,
        points,
    };
    let lanes = match land.kind {
        Kind::Village => 4 + random.below(3),
        Kind::Coast | Kind::Lake => 2 + random.below(3),
        _ => 1 + random.below(2),
    };
    land.ways.push(main);
    for lane in 0..lanes {
        let random = &mut random.split();
        // The second half of the lanes may branch off from others.
        let from = if lane < 2 {
            0
        } else {
            random.below(land.ways.len())
        };
        let points = &land.ways[from].points;
        let inner: Vec<usize> = (1..points.len() - 1)
            .filter(|i| points[*i][0].hypot(points[*i][1]) < 0.6 * SPAN)
            .collect();
        if inner.is_empty() {
            continue;
        }
        let i = inner[random.below(inner.len())];
        let (a, b) = (points[i - 1], points[i + 1]);
        let side = if random.chance(0.5) { 1.0 } else { -1.0 };
        let long = apart(a, b).max(1e-3);
        let across = [side * (a[1] - b[1]) / long, side * (b[0] - a[0]) / long];
        let length = random.range(60.0, 210.0);
        let points = walk(land, points[i], across, length, random.next_u32());
        if points.len() > 3 {
            land.ways.push(Way {
                points,
                half: if wild { 1.9 } else { 2.8 },
                main: false,
            });
        }
    }
}

fn houses(land: &mut Land, random: &mut Seed) {
    let often = match land.kind {
        Kind::Village => 0.85,
        Kind::Coast => 0.6,
        Kind::Lake => 0.45,
        Kind::Winter => 0.35,
        Kind::Forest | Kind::Desert | Kind::Meadow => 0.12,
    };
    // A village thins out from its middle.
    let middle = [random.range(-40.0, 40.0), random.range(-40.0, 40.0)];
    for way in 0..land.ways.len() {
        for i in 1..land.ways[way].points.len() {
            for side in [-1.0, 1.0] {
                let random = &mut random.split();
                let points = &land.ways[way].points;
                let (a, b) = (points[i - 1], points[i]);
                let long = apart(a, b).max(1e-3);
                let ridge = [(b[0] - a[0]) / long, (b[1] - a[1]) / long];
                let sides = [random.range(10.0, 17.0), random.range(8.0, 11.0)];
                let off =
                    side * (land.ways[way].half + 4.0 + sides[1] / 2.0 + random.range(0.0, 5.0));
                let middle_of = [b[0] - ridge[1] * off, b[1] + ridge[0] * off];
                let thin = (-(apart(middle_of, middle) / 95.0).powi(2)).exp();
                let roof = Roof {
                    middle: middle_of,
                    sides,
                    height: random.range(6.5, 9.5),
                    ridge: if random.chance(0.3) {
                        [-ridge[1], ridge[0]]
                    } else {
                        ridge
                    },
                    seed: random.next_u32(),
                };
                if random.chance(often * (0.25 + 0.75 * thin)) && free(land, &roof) {
                    land.roofs.push(roof);
                }
            }
        }
    }
}

/// Whether a house can stand there: on dry land, beside the roads, away from others.
fn free(land: &Land, roof: &Roof) -> bool {
    let reach = roof.sides[0].hypot(roof.sides[1]) / 2.0;
    let clear = |other: &Roof| {
        let reaches = reach + other.sides[0].hypot(other.sides[1]) / 2.0;
        apart(roof.middle, other.middle) > 0.92 * reaches
    };
    land.wet(roof.middle) < -reach - 3.0
        && land
            .road(roof.middle)
            .is_none_or(|(far, _)| far > roof.sides[1] / 2.0 + 1.5)
        && land.roofs.iter().all(clear)
}
