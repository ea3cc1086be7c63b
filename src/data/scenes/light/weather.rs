//! Clouds, rain, snow and fog: what they do to the light, and what falls.

use super::super::canvas::{ASPECT, Canvas, Colour, mix, scale};
use super::super::{Scene, Weather};
use super::Light;
use crate::data::seed::Seed;

/// Metres after which two thirds of a thing are lost in fog.
const FOG: f32 = 58.0;

fn grey(colour: Colour, part: f32) -> Colour {
    let value = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2];
    mix(colour, scale([0.94, 1.0, 1.07], value), part)
}

impl Light {
    /// The same light in a weather.
    pub(super) fn in_weather(self, weather: Weather) -> Self {
        let night = self.moon.is_some();
        match weather {
            Weather::Clear => self,
            Weather::Cloudy => Self {
                beam: scale(self.beam, 0.65),
                shade: scale(self.shade, 1.05),
                ..self
            },
            Weather::Rain => self.overcast(if night { 1.5 } else { 0.55 }),
            Weather::Snow => self.overcast(if night { 1.8 } else { 0.85 }),
            Weather::Fog => {
                let dim = if night { 1.6 } else { 0.72 };
                let veil = scale(grey(mix(self.horizon, self.zenith, 0.15), 0.55), dim);
                Self {
                    beam: scale(grey(self.beam, 0.5), 0.6),
                    shade: grey(self.shade, 0.5),
                    zenith: veil,
                    horizon: veil,
                    glow: [0.0; 3],
                    haze: veil,
                    clear: FOG,
                    moon: None,
                    ..self
                }
            }
        }
    }

    /// Under an even layer of cloud; `bright` is how much of the sky's light comes through.
    fn overcast(self, bright: f32) -> Self {
        let sky = |colour: Colour| scale(grey(colour, 0.75), bright);
        let layer = sky(mix(self.horizon, self.zenith, 0.4));
        Self {
            beam: scale(grey(self.beam, 0.6), 0.3),
            shade: scale(grey(self.shade, 0.4), 0.95),
            zenith: sky(self.zenith),
            horizon: sky(self.horizon),
            glow: scale(self.glow, 0.2),
            haze: sky(self.horizon),
            cloud: [scale(layer, 0.75), scale(layer, 1.1)],
            clear: self.clear.min(260.0),
            moon: None,
            ..self
        }
    }

    /// Rain or snow in front of everything.
    pub fn falling(&self, scene: &Scene, canvas: &mut Canvas) {
        let random = &mut Seed::stream(scene.seed, 5);
        canvas.class = None;
        // By night it is seen in what light there is.
        let light = if scene.night { 0.42 } else { 0.95 };
        match scene.weather {
            Weather::Rain => {
                let slant = random.range(0.12, 0.3) * if random.chance(0.5) { 1.0 } else { -1.0 };
                for _ in 0..80 {
                    let from = [random.range(0.0, ASPECT), random.range(-0.1, 1.0)];
                    let long = random.range(0.08, 0.16);
                    let to = [from[0] + slant * long, from[1] + long];
                    let colour = scale([0.66, 0.76, 0.90], light);
                    canvas.stroke(from, to, 0.5, [0.008; 2], colour, 0.5);
                }
            }
            Weather::Snow => {
                for _ in 0..170 {
                    let [x, y] = [random.range(0.0, ASPECT), random.uniform()];
                    let size = random.range(0.006, 0.015);
                    let colour = scale([0.95, 0.97, 1.0], (1.3 * light).min(1.0));
                    canvas.dab(x, y, 0.5, size, size, 0.0, 0.4, colour, 0.95);
                }
            }
            Weather::Clear | Weather::Cloudy | Weather::Fog => {}
        }
    }
}
