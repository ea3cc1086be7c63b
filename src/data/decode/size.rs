//! Other sizes for a picture.

use image::imageops::{self, FilterType};
use image::{ImageBuffer, Rgba, RgbaImage};

use super::is_opaque;

/// The size with the same aspect whose long side is `long_side`, rounded to the nearest pixel, each
/// side at least 1. It may be larger than the picture.
pub fn fit(width: u32, height: u32, long_side: u32) -> (u32, u32) {
    let (long, short) = (
        u64::from(width.max(height)).max(1),
        u64::from(width.min(height)),
    );
    let rounded = (short * u64::from(long_side) + long / 2) / long;
    // No more than `long_side`, as `short` is no more than `long`.
    let short = u32::try_from(rounded).unwrap_or(long_side).max(1);
    let long = long_side.max(1);
    if width >= height {
        (long, short)
    } else {
        (short, long)
    }
}

/// Resamples with Lanczos3, in the picture's own (gamma-encoded) values.
///
/// Pixels weigh by their alpha, so the colour hidden in transparent pixels does not bleed into
/// their neighbours. A much larger picture is averaged down to [`ENOUGH`] times the size first.
pub fn resize(picture: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    let columns = cells(picture.width(), width);
    let rows = cells(picture.height(), height);
    if (columns, rows) == picture.dimensions() && is_opaque(picture) {
        return imageops::resize(picture, width, height, FilterType::Lanczos3);
    }
    let weighed = premultiplied(picture, columns, rows);
    let resized = imageops::resize(&weighed, width, height, FilterType::Lanczos3);
    RgbaImage::from_fn(width, height, |x, y| straight(*resized.get_pixel(x, y)))
}

/// How many pixels per wanted pixel the filter is given. Averaging is some ten times faster than
/// the filter, and at four the results differ by a few steps of 255 at hard edges.
const ENOUGH: u32 = 4;

/// How many cells a side is averaged to: whole pixels each, no fewer than [`ENOUGH`] times `wanted`.
fn cells(side: u32, wanted: u32) -> u32 {
    let pixels = side / wanted.saturating_mul(ENOUGH).max(1);
    side / pixels.max(1)
}

/// The averages of `columns` x `rows` cells, premultiplied; in 16 bits, so that faint pixels keep
/// their 8 bits of colour.
fn premultiplied(picture: &RgbaImage, columns: u32, rows: u32) -> ImageBuffer<Rgba<u16>, Vec<u16>> {
    let (width, height) = picture.dimensions();
    let edge = |side: u32, cells: u32, cell: u32| {
        (u64::from(side) * u64::from(cell) / u64::from(cells)) as usize
    };
    let line = width as usize * 4;
    ImageBuffer::from_fn(columns, rows, |column, row| {
        let across = edge(width, columns, column) * 4..edge(width, columns, column + 1) * 4;
        let down = edge(height, rows, row)..edge(height, rows, row + 1);
        let count = (across.len() / 4 * down.len()) as u64;
        let mut sums = [0_u64; 4];
        for lines in down.map(|y| &picture.as_raw()[y * line..][..line]) {
            for pixel in lines[across.clone()].chunks_exact(4) {
                let alpha = u64::from(pixel[3]);
                for (sum, channel) in sums.iter_mut().zip(pixel) {
                    *sum += u64::from(*channel) * alpha;
                }
                // The alpha itself is not weighed.
                sums[3] += alpha * 255 - alpha * alpha;
            }
        }
        let whole = 255 * count;
        Rgba(sums.map(|sum| ((sum * 257 + whole / 2) / whole) as u16))
    })
}

fn straight(pixel: Rgba<u16>) -> Rgba<u8> {
    let [red, green, blue, alpha] = pixel.0.map(u32::from);
    if alpha == 0 {
        return Rgba([0; 4]);
    }
    // Lanczos overshoots at edges, so a channel may exceed its alpha.
    let lift = |channel: u32| ((channel * 255 + alpha / 2) / alpha).min(255) as u8;
    Rgba([
        lift(red),
        lift(green),
        lift(blue),
        ((alpha + 128) / 257) as u8,
    ])
}
