//! Draws the ground: each column of the picture walks away from the camera over the height field and paints what rises
//! above what it has seen so far.

use super::Scene;
use super::canvas::{ASPECT, Canvas, Colour};
use super::class::Class;
use super::ground::Ground;
use super::land;
use super::light::Light;
use crate::data::seed::step;

const NEAR: f32 = 1.5;
const FAR: f32 = 6000.0;
/// How much farther each step of a column is than the one before: near by, among mountains whose crests must not be
/// missed, and over ground that lies out of sight.
const STRIDE: f32 = 1.01;
const MOUNTAIN_STRIDE: f32 = 1.005;
const HIDDEN_STRIDE: f32 = 1.03;

/// Below this many pixels across, nobody sees what is left out.
const SMALL: usize = 160;

/// How finely the ground is looked at.
struct Care {
    stride: f32,
    mountain_stride: f32,
    hidden_stride: f32,
    /// Columns and rows of [`Shadow`].
    shadow: [usize; 2],
}

impl Care {
    fn of(canvas: &Canvas) -> Self {
        let small = canvas.width < SMALL;
        let stride = |s: f32| if small { s.powi(3) } else { s };
        Self {
            stride: stride(STRIDE),
            mountain_stride: stride(MOUNTAIN_STRIDE),
            hidden_stride: stride(HIDDEN_STRIDE),
            shadow: if small { [32, 48] } else { [88, 128] },
        }
    }
}

/// Where the water is: its world point for each wet pixel, and none elsewhere.
pub type Wet = Vec<Option<[f32; 2]>>;

/// Heights below which the ground lies in the shadow of other ground, on a grid over the visible wedge.
struct Shadow {
    heights: Vec<f32>,
    across: usize,
    away: usize,
}

impl Shadow {
    /// Slope at the edges of the grid; the frame itself ends near 0.61.
    const WIDE: f32 = 0.75;

    fn new(scene: &Scene, [across, away]: [usize; 2]) -> Self {
        let mut heights = Vec::with_capacity(across * away);
        let flat = scene.sun[0].hypot(scene.sun[2]).max(1e-3);
        let (dx, dz, rise) = (
            scene.sun[0] / flat,
            scene.sun[2] / flat,
            scene.sun[1] / flat,
        );
        for row in 0..away {
            let z = NEAR * (FAR / NEAR).powf(row as f32 / (away - 1) as f32);
            for column in 0..across {
                let x = z * Self::WIDE * (column as f32 / (across - 1) as f32 * 2.0 - 1.0);
                let mut distance = 1.0 + z * 0.012;
                let mut top = f32::NEG_INFINITY;
                while distance < 2500.0 && distance < z * 4.0 + 200.0 {
                    let height = land::height(scene, x + dx * distance, z + dz * distance, 3);
                    top = top.max(height - distance * rise);
                    distance *= 1.55;
                }
                heights.push(top);
            }
        }
        Self {
            heights,
            across,
            away,
        }
    }

    /// 1 in full sun, 0 in shadow.
    fn lit(&self, x: f32, y: f32, z: f32) -> f32 {
        let u = ((x / z / Self::WIDE + 1.0) / 2.0).clamp(0.0, 1.0) * (self.across - 1) as f32;
        let v = ((z / NEAR).ln() / (FAR / NEAR).ln()).clamp(0.0, 1.0) * (self.away - 1) as f32;
        let (i, j) = (
            (u as usize).min(self.across - 2),
            (v as usize).min(self.away - 2),
        );
        let (u, v) = (u - i as f32, v - j as f32);
        let at = |di: usize, dj: usize| self.heights[(j + dj) * self.across + i + di];
        let near = at(0, 0) + (at(1, 0) - at(0, 0)) * u;
        let far = at(0, 1) + (at(1, 1) - at(0, 1)) * u;
        let top = near + (far - near) * v;
        let soft = 0.25 + z * 0.012;
        step(-soft, soft, y - top)
    }
}

/// Draws ground and marks the water.
pub fn draw(scene: &Scene, light: &Light, canvas: &mut Canvas) -> Wet {
    let care = Care::of(canvas);
    let shadow = Shadow::new(scene, care.shadow);
    let camera = scene.camera;
    let mut wet: Wet = vec![None; canvas.pixels.len()];
    let bottom = canvas.height as f32;
    for column in 0..canvas.width {
        let right = (canvas.x(column as f32 + 0.5) - ASPECT / 2.0) / camera.focal;
        let sky: Vec<Colour> = (0..canvas.height)
            .map(|row| canvas.pixels[row * canvas.width + column])
            .collect();
        // Rows below `seen` are painted already.
        let mut seen = bottom;
        let mut z = NEAR;
        let mut stride = care.stride;
        while z < FAR && seen > 0.0 {
            let x = right * z;
            let octaves = if z < 60.0 { 5 } else { 6 };
            let mut height = land::height(scene, x, z, octaves);
            let under = scene.water && height < 0.0;
            if under {
                height = 0.0;
            }
            let top = canvas.row(camera.project(x, height, z)[1]);
            // Far below what is seen already: walk faster, and go back when the ground comes up after all.
            if top > seen + 6.0 {
                stride = care.hidden_stride;
            } else {
                let fine = if z < 250.0 {
                    care.stride
                } else {
                    care.mountain_stride
                };
                if stride == care.hidden_stride {
                    z = z / stride * fine;
                    stride = fine;
                    continue;
                }
                stride = fine;
            }
            // Paint only when a third of a pixel has been gained: far ground has many steps in each pixel.
            if top < seen - 0.34 {
                let first = top.max(0.0) as usize;
                let last = (seen.ceil() as usize).min(canvas.height);
                let ground = Ground::at(scene, x, z, height);
                for (row, sky) in sky.iter().enumerate().take(last).skip(first) {
                    let cover = (seen.min(row as f32 + 1.0) - top.max(row as f32)).clamp(0.0, 1.0);
                    let at = row * canvas.width + column;
                    // Where on the ground this row looks: on the flat it is nearer in the lower rows.
                    let down = (canvas.y(row as f32 + 0.5) - camera.horizon) / camera.focal;
                    let near = if down > 1e-4 {
                        ((camera.eye - height) / down).clamp(z / care.stride / 1.02, z)
                    } else {
                        z
                    };
                    if under {
                        wet[at] = Some([right * near, near]);
                    }
                    let here = [right * near, camera.eye - down * near, near];
                    let across = near / camera.focal * canvas.pixel();
                    let away =
                        across * (near / (camera.eye - here[1]).abs().max(0.1)).clamp(1.0, 12.0);
                    let (colour, class) = if under {
                        (light.haze(right, 0.0), Class::Water)
                    } else {
                        let (cover, normal) = ground.surface(scene, here, [across, away]);
                        let lit = shadow.lit(x, here[1], z) * land::dapple(scene, here[0], near);
                        let lit = light.on(cover.albedo, normal, lit);
                        (light.through(lit, right, here[1], near), cover.class)
                    };
                    // The parts of a row add up to one, and what they leave is sky.
                    for channel in 0..3 {
                        canvas.pixels[at][channel] += cover * (colour[channel] - sky[channel]);
                    }
                    canvas.parts.before_sky(at, class, cover);
                    if under || cover > 0.4 || canvas.depth[at] == f32::INFINITY {
                        canvas.depth[at] = near;
                    }
                }
                seen = top;
            }
            z *= stride;
        }
    }
    wet
}
