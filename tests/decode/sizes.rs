//! `fit` and `resize`.

use easel::data::decode::{fit, resize};
use image::imageops::{self, FilterType};
use image::{Rgba, RgbaImage};

use crate::worst;

#[test]
fn fit_keeps_the_aspect_and_never_loses_a_side() {
    const MOST: u32 = u32::MAX;
    for ((width, height), long_side, wanted) in [
        ((4000, 3000), 384, (384, 288)),
        ((3000, 4000), 384, (288, 384)),
        ((24, 16), 384, (384, 256)),
        ((100, 100), 7, (7, 7)),
        ((3, 2), 100, (100, 67)),
        ((1, 4000), 384, (1, 384)),
        ((32_768, 1), 4096, (4096, 1)),
        ((2, 1), 3, (3, 2)),
        ((MOST, MOST - 1), MOST, (MOST, MOST - 1)),
        ((5, 5), 0, (1, 1)),
        ((0, 0), 9, (9, 1)),
    ] {
        let found = fit(width, height, long_side);
        assert_eq!(found, wanted, "{width} x {height} to {long_side}");
    }
}

#[test]
fn resizing_keeps_a_flat_colour_and_gives_the_size_asked_for() {
    let colour = Rgba([12, 200, 99, 255]);
    let flat = RgbaImage::from_pixel(24, 16, colour);
    for (width, height) in [(7, 5), (24, 16), (60, 41), (1, 1), (1, 300)] {
        let wanted = RgbaImage::from_pixel(width, height, colour);
        let off = worst(&resize(&flat, width, height), &wanted);
        assert_eq!(off, 0, "{width} x {height}");
    }
}

#[test]
fn resizing_keeps_a_gradient_where_it_was() {
    // Value 8 at the centre of the first pixel, 4 more per pixel.
    let ramp = RgbaImage::from_fn(60, 4, |x, _| Rgba([8 + x as u8 * 4, 0, 0, 255]));
    let half = resize(&ramp, 30, 2);
    // The border repeats, which bends the gradient within three pixels of it.
    for x in 3..27 {
        // Between two pixels: 8 + 4 (2 x + 0.5). Derived: rounding only.
        let wanted = 10 + 8 * x as u8;
        let found = half.get_pixel(x, 1)[0];
        assert!(found.abs_diff(wanted) <= 1, "{found}, not {wanted}, at {x}");
    }
}

#[test]
fn averaging_first_hardly_differs_from_the_filter_alone() {
    // Noise in the left half, black and white stripes 7 pixels wide in the right one.
    let hash = |x: u32, y: u32| (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761) >> 24;
    let hard = RgbaImage::from_fn(1000, 700, |x, y| {
        let value = if x < 500 { hash(x, y) } else { x / 7 % 2 * 255 };
        Rgba([value as u8, 255 - value as u8, (y / 7 % 2 * 255) as u8, 255])
    });
    for (width, height) in [(124, 87), (61, 43), (10, 7)] {
        let wanted = imageops::resize(&hard, width, height, FilterType::Lanczos3);
        let off = worst(&resize(&hard, width, height), &wanted);
        // Measured: 4 at worst; doubled.
        assert!(off <= 8, "{width} x {height} is off by {off}");
    }
}

#[test]
fn the_colour_of_transparent_pixels_does_not_bleed() {
    // Left half opaque red, right half transparent green.
    let halves = RgbaImage::from_fn(400, 40, |x, _| {
        if x < 200 {
            Rgba([255, 0, 0, 255])
        } else {
            Rgba([0, 255, 0, 0])
        }
    });
    // The narrowest is averaged first, the widest is enlarged.
    for side in [9, 27, 90, 900] {
        let resized = resize(&halves, side, 9);
        for (x, y, pixel) in resized
            .enumerate_pixels()
            .filter(|(.., pixel)| pixel[3] > 0)
        {
            assert_eq!(pixel.0[..3], [255, 0, 0], "at {x}, {y} of {side}");
        }
        assert_eq!(resized.get_pixel(0, 0)[3], 255, "{side}");
        assert_eq!(resized.get_pixel(side - 1, 0)[3], 0, "{side}");
    }
}

#[test]
fn faint_pixels_keep_their_colour_through_a_resize() {
    let faint = RgbaImage::from_pixel(8, 8, Rgba([201, 77, 5, 2]));
    for pixel in resize(&faint, 5, 3).pixels() {
        assert_eq!(pixel.0, [201, 77, 5, 2]);
    }
}
