//! A picture in linear light with a depth for each pixel, and the few shapes everything is painted with.
//!
//! Coordinates are those of a frame `4/3` wide and `1` high, y downwards; the frame covers the picture, so that a
//! picture of another shape shows its middle. Every edge is anti-aliased, and what is smaller than a pixel fades
//! instead of flickering: the same picture at 192 and at 1024 pixels.

use super::class::{Class, Parts};
use image::{Rgb, RgbImage};

/// Linear light, red, green, blue; 1 is paper white.
pub type Colour = [f32; 3];

/// Width of the frame when its height is 1.
pub const ASPECT: f32 = 4.0 / 3.0;

/// The linear colour of an sRGB hex code such as `0xFFCC88`.
#[must_use]
pub fn hex(code: u32) -> Colour {
    let channel = |shift: u32| {
        let v = ((code >> shift) & 0xFF) as f32 / 255.0;
        v * v * (0.305_306 * v + 0.682_171) + 0.012_523 * v
    };
    [channel(16), channel(8), channel(0)]
}

/// `a` at 0, `b` at 1.
#[must_use]
pub fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    [
        a[0] + (b[0] - a[0]) * t,
        a[1] + (b[1] - a[1]) * t,
        a[2] + (b[2] - a[2]) * t,
    ]
}

/// A colour made brighter or darker.
#[must_use]
pub fn scale(a: Colour, s: f32) -> Colour {
    [a[0] * s, a[1] * s, a[2] * s]
}

/// The sum of two lights.
#[must_use]
pub fn add(a: Colour, b: Colour) -> Colour {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// The picture while it is painted.
pub struct Canvas {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Linear light, row by row.
    pub pixels: Vec<Colour>,
    /// Distance of what is seen in each pixel; infinite for the sky.
    pub depth: Vec<f32>,
    /// What is being painted; nothing for shadows, smoke and light, which change the colour alone, not the depth.
    pub class: Option<Class>,
    /// What the pixels show, if that is wanted.
    pub parts: Parts,
    scale: f32,
    left: f32,
    top: f32,
}

impl Canvas {
    /// A canvas of one colour, infinitely far away.
    #[must_use]
    pub fn new(width: u32, height: u32, colour: Colour) -> Self {
        let (width, height) = (width.max(1) as usize, height.max(1) as usize);
        let scale = (width as f32 / ASPECT).max(height as f32);
        Self {
            width,
            height,
            pixels: vec![colour; width * height],
            depth: vec![f32::INFINITY; width * height],
            class: None,
            parts: Parts::default(),
            scale,
            left: (width as f32 - scale * ASPECT) / 2.0,
            top: (height as f32 - scale) / 2.0,
        }
    }

    /// Side of a pixel in frame units.
    #[must_use]
    pub fn pixel(&self) -> f32 {
        1.0 / self.scale
    }

    /// Frame x of a column given in pixels; the middle of column `i` is `i + 0.5`.
    #[must_use]
    pub fn x(&self, column: f32) -> f32 {
        (column - self.left) / self.scale
    }

    /// Frame y of a row given in pixels.
    #[must_use]
    pub fn y(&self, row: f32) -> f32 {
        (row - self.top) / self.scale
    }

    /// Row in pixels, fractional, of a frame y.
    #[must_use]
    pub fn row(&self, y: f32) -> f32 {
        y * self.scale + self.top
    }

    /// Column in pixels, fractional, of a frame x.
    #[must_use]
    pub fn column(&self, x: f32) -> f32 {
        x * self.scale + self.left
    }

    /// Gives every pixel a colour from its frame coordinates and the colour it has.
    pub fn shade(&mut self, mut paint: impl FnMut(f32, f32, Colour) -> Colour) {
        for row in 0..self.height {
            let y = self.y(row as f32 + 0.5);
            for column in 0..self.width {
                let at = row * self.width + column;
                self.pixels[at] = paint(self.x(column as f32 + 0.5), y, self.pixels[at]);
            }
        }
    }

    /// Lays a colour over one pixel unless something nearer is there already.
    pub fn blend(&mut self, at: usize, z: f32, colour: Colour, alpha: f32) {
        if alpha > 0.002 && z <= self.depth[at] {
            self.pixels[at] = mix(self.pixels[at], colour, alpha.min(1.0));
            if let Some(class) = self.class {
                if alpha > 0.5 {
                    self.depth[at] = z;
                }
                self.parts.over(at, class, alpha.min(1.0));
            }
        }
    }

    /// Rows or columns that a span of frame units can touch, as a range of pixel indices.
    fn span(low: f32, high: f32, count: usize) -> std::ops::Range<usize> {
        let low = (low - 1.0).clamp(0.0, count as f32) as usize;
        let high = (high + 2.0).clamp(0.0, count as f32) as usize;
        low..high.max(low)
    }

    /// An ellipse at `(x, y)` with half axes `a` and `b`, turned by `angle`; `soft` is the part of the radius over which
    /// it fades (0 is a crisp edge).
    #[allow(
        clippy::too_many_arguments,
        reason = "an ellipse has this many numbers, and a struct at each of the calls would hide them"
    )]
    pub fn dab(
        &mut self,
        x: f32,
        y: f32,
        z: f32,
        a: f32,
        b: f32,
        angle: f32,
        soft: f32,
        colour: Colour,
        alpha: f32,
    ) {
        let (cx, cy) = (self.column(x), self.row(y));
        let (a, b) = (a * self.scale, b * self.scale);
        // Smaller than a pixel: keep a pixel's size and fade by the area that is missing.
        let (wide, high) = (a.max(0.6), b.max(0.6));
        let alpha = alpha * (a / wide) * (b / high);
        if alpha < 0.003 {
            return;
        }
        let (sin, cos) = angle.sin_cos();
        let edge = (soft * wide.min(high)).max(0.9);
        // A soft edge reaches beyond the ellipse by half its width.
        let half_x = (wide * cos).hypot(high * sin) + edge * 0.5 * (wide / high).max(1.0);
        let half_y = (wide * sin).hypot(high * cos) + edge * 0.5 * (high / wide).max(1.0);
        let small = wide.min(high);
        for row in Self::span(cy - half_y, cy + half_y, self.height) {
            for column in Self::span(cx - half_x, cx + half_x, self.width) {
                let (dx, dy) = (column as f32 + 0.5 - cx, row as f32 + 0.5 - cy);
                let u = (dx * cos + dy * sin) / wide;
                let v = (dy * cos - dx * sin) / high;
                let out = ((u * u + v * v).sqrt() - 1.0) * small;
                let cover = (0.5 - out / edge).clamp(0.0, 1.0);
                self.blend(row * self.width + column, z, colour, alpha * cover);
            }
        }
    }

    /// A line from `from` to `to` that is `w0` wide at its start and `w1` at its end.
    pub fn stroke(
        &mut self,
        from: [f32; 2],
        to: [f32; 2],
        z: f32,
        widths: [f32; 2],
        colour: Colour,
        alpha: f32,
    ) {
        let (x0, y0) = (self.column(from[0]), self.row(from[1]));
        let (dx, dy) = (self.column(to[0]) - x0, self.row(to[1]) - y0);
        let (w0, w1) = (widths[0] * self.scale / 2.0, widths[1] * self.scale / 2.0);
        let widest = w0.max(w1) + 1.0;
        let length2 = (dx * dx + dy * dy).max(1e-6);
        for row in Self::span(
            y0.min(y0 + dy) - widest,
            y0.max(y0 + dy) + widest,
            self.height,
        ) {
            let py = row as f32 + 0.5 - y0;
            // Only the columns near the line in this row, so that long slanted lines stay cheap.
            let (mut low, mut high) = (x0.min(x0 + dx) - widest, x0.max(x0 + dx) + widest);
            if dy.abs() > 1.0 {
                let reach = widest * (1.0 + (dx / dy).abs());
                let middle = x0 + dx * (py / dy).clamp(0.0, 1.0);
                low = low.max(middle - reach);
                high = high.min(middle + reach);
            }
            for column in Self::span(low, high, self.width) {
                let px = column as f32 + 0.5 - x0;
                let t = ((px * dx + py * dy) / length2).clamp(0.0, 1.0);
                let half = w0 + (w1 - w0) * t;
                let (ox, oy) = (px - dx * t, py - dy * t);
                let squared = ox * ox + oy * oy;
                if squared > widest * widest {
                    continue;
                }
                let distance = squared.sqrt();
                let cover =
                    (half.max(0.5) + 0.5 - distance).clamp(0.0, 1.0) * (half / 0.5).min(1.0);
                self.blend(row * self.width + column, z, colour, alpha * cover);
            }
        }
    }

    /// Fills a polygon; `paint` gives the colour and opacity of a frame point.
    pub fn polygon(
        &mut self,
        points: &[[f32; 2]],
        z: f32,
        mut paint: impl FnMut(f32, f32) -> (Colour, f32),
    ) {
        const LINES: usize = 4;
        let corners: Vec<[f32; 2]> = points
            .iter()
            .map(|p| [self.column(p[0]), self.row(p[1])])
            .collect();
        let low = corners.iter().map(|p| p[1]).fold(f32::INFINITY, f32::min);
        let high = corners
            .iter()
            .map(|p| p[1])
            .fold(f32::NEG_INFINITY, f32::max);
        let mut cover = vec![0.0_f32; self.width];
        let mut crossings: Vec<f32> = Vec::new();
        for row in Self::span(low, high, self.height) {
            let (mut first, mut last) = (self.width, 0);
            for line in 0..LINES {
                let y = row as f32 + (line as f32 + 0.5) / LINES as f32;
                crossings.clear();
                for (i, p) in corners.iter().enumerate() {
                    let q = corners[(i + 1) % corners.len()];
                    if (p[1] <= y) != (q[1] <= y) {
                        crossings.push(p[0] + (q[0] - p[0]) * (y - p[1]) / (q[1] - p[1]));
                    }
                }
                crossings.sort_by(f32::total_cmp);
                for pair in crossings.chunks_exact(2) {
                    let (from, to) = (pair[0].max(0.0), pair[1].min(self.width as f32));
                    if to <= from {
                        continue;
                    }
                    let end = (to.ceil() as usize).min(self.width);
                    for (column, value) in
                        cover.iter_mut().enumerate().take(end).skip(from as usize)
                    {
                        let overlap = to.min(column as f32 + 1.0) - from.max(column as f32);
                        *value += overlap.max(0.0) / LINES as f32;
                    }
                    first = first.min(from as usize);
                    last = last.max(end);
                }
            }
            for (column, cover) in cover.iter_mut().enumerate().take(last).skip(first) {
                if *cover > 0.0 {
                    let (colour, alpha) =
                        paint(self.x(column as f32 + 0.5), self.y(row as f32 + 0.5));
                    self.blend(row * self.width + column, z, colour, alpha * *cover);
                    *cover = 0.0;
                }
            }
        }
    }

    /// The finished picture in sRGB; light above 0.7 is compressed like film does.
    #[must_use]
    pub fn finish(&self) -> RgbImage {
        let film = |v: f32| {
            if v <= 0.7 {
                v
            } else {
                0.7 + 0.3 * (1.0 - (-(v - 0.7) / 0.3).exp())
            }
        };
        // Indexed by the square root, which is nearly how sRGB spaces its codes.
        let table: Vec<u8> = (0..=4096)
            .map(|i| {
                let linear = (i as f32 / 4096.0).powi(2) * 2.0;
                let v = film(linear);
                let code = if v <= 0.003_130_8 {
                    12.92 * v
                } else {
                    1.055 * v.powf(1.0 / 2.4) - 0.055
                };
                (code * 255.0 + 0.5).clamp(0.0, 255.0) as u8
            })
            .collect();
        let encode = |v: f32| table[((v.clamp(0.0, 2.0) * 0.5).sqrt() * 4096.0 + 0.5) as usize];
        let mut image = RgbImage::new(self.width as u32, self.height as u32);
        for (pixel, light) in image.pixels_mut().zip(&self.pixels) {
            *pixel = Rgb([encode(light[0]), encode(light[1]), encode(light[2])]);
        }
        image
    }
}
