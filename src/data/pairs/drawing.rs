//! What is made of a picture: its planes, its luminance, its edges.

use image::RgbImage;

use crate::data::seed::step;

/// Slopes of the luminance, in grey levels a pixel, at which an edge begins to be drawn and at which it is black.
const FAINT: f32 = 3.0;
const BLACK: f32 = 12.0;

/// Red, green and blue apart.
pub fn planes(picture: &RgbImage) -> Vec<u8> {
    let channel = |c: usize| picture.pixels().map(move |p| p.0[c]);
    (0..3).flat_map(channel).collect()
}

/// Rec. 601, 0..=255, row by row.
pub fn luminance(picture: &RgbImage) -> Vec<f32> {
    let grey =
        |[r, g, b]: [u8; 3]| 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
    picture.pixels().map(|p| grey(p.0)).collect()
}

/// The edges of a picture, dark on white, `[H, W]`: the crests of the luminance's slope, as dark as they are steep. The
/// first three steps are Canny's (1986): smoothing, Sobel's slopes, and no pixel that has a steeper neighbour across the
/// edge. There is no hysteresis: how dark a line is takes its place.
#[must_use]
pub fn edges(picture: &RgbImage) -> Vec<u8> {
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let (last_x, last_y) = (w as isize - 1, h as isize - 1);
    // What lies beyond an edge of the picture is as the edge.
    let at = |plane: &[f32], x: isize, y: isize| {
        plane[y.clamp(0, last_y) as usize * w + x.clamp(0, last_x) as usize]
    };
    let every = |value: &dyn Fn(isize, isize) -> f32| -> Vec<f32> {
        let places = (0..h as isize).flat_map(|y| (0..w as isize).map(move |x| (x, y)));
        places.map(|(x, y)| value(x, y)).collect()
    };
    let grey = luminance(picture);
    let smooth = |plane: &[f32], [dx, dy]: [isize; 2]| {
        every(&|x, y| {
            let sides = at(plane, x - dx, y - dy) + at(plane, x + dx, y + dy);
            0.5 * at(plane, x, y) + 0.25 * sides
        })
    };
    let grey = smooth(&smooth(&grey, [1, 0]), [0, 1]);
    let slope = |[dx, dy]: [isize; 2]| {
        let change = |x, y| at(&grey, x + dx, y + dy) - at(&grey, x - dx, y - dy);
        every(&|x, y| {
            let sides = change(x - dy, y - dx) + change(x + dy, y + dx);
            (2.0 * change(x, y) + sides) / 8.0
        })
    };
    let (across, down) = (slope([1, 0]), slope([0, 1]));
    let steep = every(&|x, y| at(&across, x, y).hypot(at(&down, x, y)));
    let line = every(&|x, y| {
        let (gx, gy) = (at(&across, x, y), at(&down, x, y));
        // tan(22.5°): one of four directions.
        let near = |a: f32, b: f32| a.abs() > 0.4142 * b.abs();
        let dx = if near(gx, gy) {
            gx.signum() as isize
        } else {
            0
        };
        let dy = if near(gy, gx) {
            gy.signum() as isize
        } else {
            0
        };
        let here = at(&steep, x, y);
        let crest = here > at(&steep, x + dx, y + dy) && here >= at(&steep, x - dx, y - dy);
        if crest { step(FAINT, BLACK, here) } else { 0.0 }
    });
    line.iter()
        .map(|dark| (255.0 * (1.0 - dark)).round() as u8)
        .collect()
}
