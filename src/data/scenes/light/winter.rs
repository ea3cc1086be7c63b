//! The paler, colder light of winter.

use super::super::canvas::{Colour, mix, scale};
use super::super::{Kind, Scene};
use super::Light;

impl Light {
    /// The same light over snow: less colour in it, and none of the green that leaves give.
    #[must_use]
    pub fn in_winter(self, scene: &Scene) -> Self {
        let forest = scene.kind == Kind::Forest;
        let pale = |colour: Colour, part: f32| {
            let grey = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2];
            mix(colour, scale([0.93, 1.0, 1.14], grey), part)
        };
        let most = if forest { 0.80 } else { 0.55 };
        Self {
            beam: scale(pale(self.beam, 0.45), 0.80),
            shade: scale(pale(self.shade, most), if forest { 1.5 } else { 1.05 }),
            zenith: pale(self.zenith, if forest { 0.80 } else { 0.30 }),
            horizon: pale(self.horizon, most),
            glow: scale(pale(self.glow, most), 0.75),
            haze: pale(self.haze, most),
            cloud: self.cloud.map(|c| pale(c, 0.5)),
            ..self
        }
    }
}
