//! The land as a photo out of an aeroplane at noon.

use super::{Land, Parcel, Point, Water, trees::Crown};
use crate::data::scenes::Kind;
use crate::data::scenes::canvas::{Colour, add, hex, mix, scale};
use crate::data::seed::{fbm, noise, step};

/// Unit vector to the sun: to the upper left, as is usual in pictures from above.
const SUN: [f32; 3] = [-0.52, -0.42, 0.744];
/// Metres of shadow on the ground for each of height.
const SHADOW: Point = [0.70, 0.56];
/// Metres of a tree below its crown, for each of its radius.
const TRUNK: f32 = 1.3;

/// Noise of a wave in metres, which fades where a pixel is too large to show it.
fn grain(land: &Land, [x, y]: Point, size: f32, wave: f32, salt: u32) -> f32 {
    let fade = 1.0 - step(wave * 0.3, wave, size);
    match fade > 0.0 {
        true => fade * noise(x / wave, y / wave, land.seed ^ salt),
        false => 0.0,
    }
}

/// The light of a point; `size` is the side of a pixel in metres.
pub(super) fn light(land: &Land, at: Point, size: f32) -> Colour {
    if let Some(crown) = land.crown(at) {
        return leaves(land, crown, at, size);
    }
    if let Some(colour) = roof(land, at, size) {
        return colour;
    }
    let wet = land.wet(at);
    let bridge = land.road(at).is_some_and(|(far, _)| far < 0.6);
    if wet > 0.0 && !bridge {
        return scale(sea(land, at, wet, size), shade(land, at));
    }
    let albedo = ground(land, at, wet, size);
    // Gentle hills.
    let hill = |dx: f32, dy: f32| {
        let (x, y) = (at[0] + dx, at[1] + dy);
        6.0 * fbm(x / 70.0, y / 70.0, 3, land.seed ^ 0xE0)
    };
    let here = hill(0.0, 0.0);
    let slope = [(hill(3.0, 0.0) - here) / 3.0, (hill(0.0, 3.0) - here) / 3.0];
    let lit = lit(albedo, [-slope[0], -slope[1], 1.0]);
    scale(lit, shade(land, at))
}

/// The sun and the sky on a surface; the normal need not be of length 1.
fn lit(albedo: Colour, normal: [f32; 3]) -> Colour {
    let length = normal.iter().map(|c| c * c).sum::<f32>().sqrt();
    let facing = normal.iter().zip(SUN).map(|(a, b)| a * b).sum::<f32>() / length;
    let sun = 1.12 * facing.max(0.0);
    let sky = [0.20, 0.23, 0.28];
    std::array::from_fn(|c| albedo[c] * (sun * [1.0, 0.97, 0.90][c] + sky[c]))
}

/// 1 in the sun, less in the shadow of a house or a tree.
fn shade(land: &Land, at: Point) -> f32 {
    let back = |up: f32| [at[0] - SHADOW[0] * up, at[1] - SHADOW[1] * up];
    let tree = [3.0, 5.5].into_iter().any(|up| {
        let point = back(up);
        let high = land.crown(point).map(|crown| TRUNK * crown.radius);
        high.is_some_and(|low| low + 2.5 > up)
    });
    let house = land.roofs.iter().any(|roof| {
        let heights = [0.35, 0.7, 0.95].into_iter();
        heights
            .map(|part| back(part * roof.height))
            .any(|point| roof.beyond(point) < -1.0)
    });
    if tree || house { 0.42 } else { 1.0 }
}

fn leaves(land: &Land, crown: &Crown, at: Point, size: f32) -> Colour {
    let (dx, dy) = (at[0] - crown.middle[0], at[1] - crown.middle[1]);
    let (green, bright) = match (land.kind, crown.fir) {
        (Kind::Winter, _) => (hex(0x4B5E58), hex(0xE6EDF3)),
        (Kind::Lake, false) => (hex(0x8A6A22), hex(0xB9873A)),
        (Kind::Desert, _) => (hex(0x4E6B2E), hex(0x7E8F45)),
        (_, true) => (hex(0x1F3A24), hex(0x3B5A34)),
        (_, false) => (hex(0x3A5A24), hex(0x71893E)),
    };
    let rough = grain(land, at, size, 0.9, 0xE1) + 0.7 * grain(land, at, size, 2.1, 0xE2);
    let part = (0.45 + 0.5 * (crown.tint - 0.5) + 0.35 * rough).clamp(0.0, 1.0);
    let steep = if crown.fir { 1.25 } else { 0.95 };
    let up = 1.0_f32.max(crown.radius - dx.hypot(dy));
    let albedo = mix(green, bright, part);
    let high = crown.over(at).unwrap_or(0.0) / crown.radius;
    let normal = [
        steep * dx / crown.radius + 0.5 * rough,
        steep * dy / crown.radius + 0.5 * rough,
        0.75 + 0.1 * up,
    ];
    // Little of the sky reaches the lowest twigs.
    scale(lit(albedo, normal), 0.62 + 0.45 * high.min(1.0))
}

fn roof(land: &Land, at: Point, size: f32) -> Option<Colour> {
    let roof = land.roofs.iter().find(|roof| roof.beyond(at) < 0.0)?;
    let [along, across] = roof.local(at);
    let kinds = match land.kind {
        Kind::Desert => [0xD9C09A, 0xC9AE86, 0xE6D3B3, 0xB99A73],
        Kind::Winter => [0xE9EEF6, 0xDCE4F0, 0xF1F4FA, 0xC9D3E2],
        Kind::Coast => [0xA8553C, 0x6F767D, 0xB96A4A, 0xC9C4BB],
        _ => [0xA34A34, 0x8A4434, 0xB8674A, 0x6C6660],
    };
    let tile = hex(kinds[(roof.seed % 4) as usize]);
    let flat = land.kind == Kind::Desert;
    let tiles =
        grain(land, [along, across], size, 0.7, roof.seed) + grain(land, at, size, 3.0, 0xE3);
    let albedo = scale(tile, 1.0 + 0.10 * tiles);
    if flat {
        let wall = step(-0.9, -0.3, roof.beyond(at));
        return Some(lit(mix(scale(albedo, 0.82), albedo, wall), [0.0, 0.0, 1.0]));
    }
    // Two slopes from the ridge, and a chimney.
    let [u, v] = roof.ridge;
    let side = across.signum() * 0.75;
    let chimney = (along - 0.28 * roof.sides[0]).abs() < 0.7 && (across - 1.2).abs() < 0.7;
    if chimney {
        return Some(lit(hex(0x5A4A44), [0.0, 0.0, 1.0]));
    }
    let ridge = step(0.5, 0.15, across.abs()) * 0.2;
    Some(scale(lit(albedo, [-v * side, u * side, 1.0]), 1.0 + ridge))
}

fn sea(land: &Land, at: Point, wet: f32, size: f32) -> Colour {
    let (shallow, deep, clear) = match (land.kind, land.water) {
        (Kind::Coast, _) => (hex(0x5FB0A8), hex(0x1B5277), 34.0),
        (Kind::Winter, _) => (hex(0xB9CAD6), hex(0x8FA9BC), 14.0),
        (_, Some(Water::River { .. })) => (hex(0x5E7A68), hex(0x31564F), 7.0),
        _ => (hex(0x4F7F80), hex(0x1F4858), 18.0),
    };
    let waves =
        0.5 * grain(land, at, size, 2.2, 0xE4) + grain(land, [at[0], 2.0 * at[1]], size, 7.0, 0xE5);
    let colour = mix(shallow, deep, step(0.0, clear, wet + 3.0 * waves));
    let mut colour = scale(colour, 1.0 + 0.10 * waves);
    if land.kind == Kind::Coast {
        // Surf in lines along the beach.
        let beat = ((wet + 2.5 * noise(at[0] / 9.0, at[1] / 9.0, land.seed ^ 0xE6)) / 7.0).fract();
        let foam = step(0.72, 0.95, beat) * step(22.0, 1.0, wet);
        colour = mix(colour, hex(0xF2F6F4), 0.75 * foam);
    }
    add(colour, [0.01, 0.012, 0.015])
}

/// The albedo of dry land.
fn ground(land: &Land, at: Point, wet: f32, size: f32) -> Colour {
    let [x, y] = at;
    let fine = grain(land, at, size, 0.8, 0xE7) + grain(land, at, size, 2.4, 0xE8);
    let broad = fbm(x / 40.0, y / 40.0, 4, land.seed ^ 0xE9);
    let blend = |a: u32, b: u32, t: f32| mix(hex(a), hex(b), t.clamp(0.0, 1.0));
    let mut albedo = match land.kind {
        Kind::Desert => {
            // Dunes with the wind, softly lit from one side.
            let crest = ((x * 0.8 + y * 0.6 + 16.0 * broad) / 19.0).sin();
            scale(
                blend(0xCF9257, 0xE8BF86, 0.5 + 0.8 * broad),
                1.0 + 0.09 * crest,
            )
        }
        Kind::Winter => blend(0xDCE4EE, 0xF6F8FC, 0.55 + 0.8 * broad),
        Kind::Forest => blend(0x4A5A2A, 0x82803F, 0.45 + broad + 0.2 * fine),
        Kind::Lake => blend(0x6C7636, 0xA39A4E, 0.5 + broad + 0.15 * fine),
        _ => blend(0x5E7F36, 0x94A050, 0.45 + broad + 0.15 * fine),
    };
    if let Some(parcel) = land.field(at) {
        albedo = crop(land, &parcel, at, size);
    } else if land.wooded(at) > 0.0 {
        let floor = if land.kind == Kind::Winter {
            0xB9C3CC
        } else {
            0x3B4526
        };
        albedo = mix(albedo, hex(floor), 0.8);
    } else if land.built(at) < 7.0 {
        let garden = if land.kind == Kind::Desert {
            0xC2A06F
        } else {
            0x6F8F45
        };
        let mown = if land.kind == Kind::Winter {
            0xE7ECF3
        } else {
            garden
        };
        albedo = mix(albedo, hex(mown), 0.6);
    }
    albedo = scale(albedo, 1.0 + 0.08 * fine);
    let bank = match land.sandy(wet) && land.kind != Kind::Desert {
        true => mix(hex(0xB79F73), hex(0xE9D8AC), step(-1.0, -5.0, wet)),
        false => blend(0x7D7356, 0x9A8E6A, 0.5 + broad),
    };
    let reach = if land.sandy(wet) && land.kind == Kind::Coast {
        11.0
    } else {
        1.8
    };
    let oasis = land.kind == Kind::Desert;
    let shore = if oasis { hex(0x7C8A45) } else { bank };
    let reach = if oasis { 9.0 } else { reach };
    albedo = mix(albedo, shore, step(-reach - 2.0, -reach, wet + 0.8 * fine));
    match land.road(at) {
        Some((far, way)) => paved(land, albedo, [far, way.half], fine, size),
        None => albedo,
    }
}

/// Rows of what a farmer has sown.
fn crop(land: &Land, parcel: &Parcel, at: Point, size: f32) -> Colour {
    const CROPS: [u32; 7] = [
        0x6E9440, 0x9CAB55, 0xCFBB72, 0xB3946A, 0x86693F, 0x7FA650, 0xD9CB86,
    ];
    let pick = |shift: u32| parcel.hash.rotate_left(shift) % 7;
    let sown = hex(CROPS[pick(5) as usize]);
    let turned = parcel.hash & 64 > 0;
    let [a, b] = land.along;
    let across = if turned {
        at[0] * a + at[1] * b
    } else {
        at[1] * a - at[0] * b
    };
    let fade = 1.0 - step(0.9, 2.6, size);
    let furrow = fade * (across * std::f32::consts::TAU / 2.9).sin();
    let patchy = fbm(at[0] / 22.0, at[1] / 22.0, 3, land.seed ^ parcel.hash);
    let worn = mix(sown, hex(0x7C7346), 0.35 * step(0.0, 0.5, patchy));
    let colour = scale(worn, 1.0 + 0.09 * furrow + 0.12 * patchy);
    // A strip of grass along the border.
    mix(hex(0x66803C), colour, step(0.6, 2.2, parcel.border))
}

/// A road `far` from its edge over the ground, which is negative on it.
fn paved(land: &Land, below: Colour, [far, half]: [f32; 2], fine: f32, size: f32) -> Colour {
    let soft = 0.5 * size;
    let (surface, worn) = match land.kind {
        Kind::Forest => (hex(0x9C8560), hex(0x6F6A3C)),
        Kind::Desert => (hex(0xB98F62), hex(0xC7A070)),
        Kind::Winter => (hex(0xA9B0BA), hex(0xC9D0DA)),
        _ => (hex(0x86837E), hex(0x98948C)),
    };
    let middle = far + half;
    let wheels = step(0.35, 0.0, (middle / half - 0.45).abs());
    let mut road = mix(surface, worn, 0.7 * wheels);
    if half > 4.0 && land.kind != Kind::Winter {
        let line = step(0.35 + soft, 0.1, middle) * (1.0 - step(0.5, 1.6, size));
        road = mix(road, hex(0xE9E6DC), 0.8 * line);
    }
    let verge = mix(below, worn, 0.45 * step(1.6, 0.2, far));
    mix(
        verge,
        scale(road, 1.0 + 0.06 * fine),
        step(soft, -soft, far),
    )
}
