//! The land as a map.

use super::{Land, Point};
use crate::data::scenes::canvas::{Colour, hex, mix};
use crate::data::seed::step;

/// Metres of a road's border.
const BORDER: f32 = 1.1;

/// The colour of a point; `size` is the side of a pixel in metres.
pub(super) fn ink(land: &Land, at: Point, size: f32) -> Colour {
    // 1 within a line, fading over a pixel.
    let within = |beyond: f32| step(0.5 * size, -0.5 * size, beyond);
    let wet = land.wet(at);
    let mut colour = match land.sandy(wet) {
        true => hex(0xF3E3B3),
        false => hex(0xEFEBDD),
    };
    if land.field(at).is_some() {
        colour = hex(0xEFD98A);
    }
    let sand = land.sandy(wet);
    if !sand && land.wooded(at) > 0.0 && land.built(at) > 6.0 {
        colour = hex(0x9CCB86);
    }
    colour = mix(colour, hex(0x86BFEA), within(-wet));
    if let Some((far, _)) = land.road(at) {
        // Main roads lie over lanes.
        let main = land.ways.iter().filter(|way| way.main);
        let main = main
            .map(|way| way.distance(at) - way.half)
            .fold(f32::INFINITY, f32::min);
        colour = mix(colour, hex(0x8F8B85), within(far - BORDER));
        colour = mix(colour, hex(0xFFFFFF), within(far));
        colour = mix(colour, hex(0xF3A53A), within(main));
    }
    mix(colour, hex(0x8B5D50), within(land.built(at)))
}
