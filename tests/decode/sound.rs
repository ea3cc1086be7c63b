//! Sound files: the pixels and the notes that come out.

use easel::data::decode::{decode, from_rgba};
use image::{Rgba, RgbaImage};

use crate::{bytes, codes, picture, upright, worst};

#[test]
fn lossless_files_come_out_as_they_were_drawn() {
    for name in ["plain.png", "plain.bmp", "lossless.webp", "interlaced.png"] {
        let picture = picture(name);
        assert_eq!(worst(&picture.pixels, &upright()), 0, "{name}");
        assert!(picture.notes.is_empty(), "{name}: {:?}", picture.notes);
    }
}

/// The average difference of a channel.
fn mean(left: &RgbaImage, right: &RgbaImage) -> f64 {
    assert_eq!(left.dimensions(), right.dimensions());
    let differences = left.iter().zip(right.iter()).map(|(a, b)| a.abs_diff(*b));
    differences.map(f64::from).sum::<f64>() / left.len() as f64
}

#[test]
fn lossy_files_come_out_close_to_what_was_drawn() {
    // Measured with image 0.25.10: 0.77, 0.77, 1.92 and 0.71; doubled.
    for (name, tolerance) in [
        ("plain.jpg", 1.6),
        ("progressive.jpg", 1.6),
        ("plain.webp", 3.9),
        ("plain.gif", 1.5),
    ] {
        let picture = picture(name);
        let off = mean(&picture.pixels, &upright());
        assert!(off < tolerance, "{name} is off by {off} on average");
        assert!(picture.notes.is_empty(), "{name}: {:?}", picture.notes);
    }
}

#[test]
fn a_run_length_coded_bmp_shows_its_stripes() {
    let pixels = picture("rle.bmp").pixels;
    assert_eq!(pixels.dimensions(), (24, 16));
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3]];
    for (x, y, pixel) in pixels.enumerate_pixels() {
        assert_eq!(pixel.0[..3], colours[y as usize / 4], "at {x}, {y}");
    }
}

#[test]
fn every_exif_orientation_comes_out_upright() {
    let first = picture("exif-1.jpg");
    assert!(first.notes.is_empty(), "{:?}", first.notes);
    assert_eq!(
        worst(&first.pixels, &picture("plain.jpg").pixels),
        0,
        "1 turns"
    );
    for value in 2..=8 {
        let name = format!("exif-{value}.jpg");
        let turned = picture(&name);
        assert_eq!(codes(&turned), ["turned"], "{name}");
        assert_eq!(turned.notes[0].subject, name);
        // JPEG rounds differently along the other axis. Measured: 7 at worst; doubled.
        let off = worst(&turned.pixels, &first.pixels);
        assert!(off <= 14, "{name} is off by {off}");
    }
    for name in ["exif.png", "exif.webp"] {
        let turned = picture(name);
        assert_eq!(codes(&turned), ["turned"], "{name}");
        assert_eq!(worst(&turned.pixels, &upright()), 0, "{name}");
    }
}

#[test]
fn sixteen_bits_become_eight() {
    let picture = picture("sixteen.png");
    assert_eq!(codes(&picture), ["sixteen-bit"]);
    // Derived: (256 v + 0x55) / 257 is at most 0.67 away from v.
    let off = worst(&picture.pixels, &upright());
    assert!(off <= 1, "off by {off}");
}

/// The colours in the middle of six fields, 16 x 16 each, must be the wanted ones.
fn assert_fields(name: &str, wanted: [[u8; 3]; 6]) {
    let picture = picture(name);
    assert_eq!(codes(&picture), ["cmyk"], "{name}");
    assert_eq!(picture.pixels.dimensions(), (96, 16), "{name}");
    for (field, wanted) in wanted.iter().enumerate() {
        let found = picture.pixels.get_pixel(field as u32 * 16 + 8, 8).0;
        let differences = found.iter().zip(wanted).map(|(a, b)| a.abs_diff(*b));
        // Measured: 1; doubled.
        let off = differences.max().unwrap();
        assert!(
            off <= 2,
            "{name}, field {field}: {found:?} instead of {wanted:?}"
        );
    }
}

#[test]
fn adobe_cmyk_shows_its_colours_and_not_their_negative() {
    let (cyan, magenta, yellow) = ([0, 255, 255], [255, 0, 255], [255, 255, 0]);
    let wanted = [cyan, magenta, yellow, [0; 3], [255; 3], [127; 3]];
    assert_fields("cmyk.jpg", wanted);
}

#[test]
fn adobe_ycck_shows_its_colours_and_not_their_negative() {
    let (red, green, blue) = ([255, 0, 0], [0, 255, 0], [0, 0, 255]);
    let wanted = [red, green, blue, [0; 3], [255; 3], [128; 3]];
    assert_fields("ycck.jpg", wanted);
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    for name in ["animated.gif", "animated.webp", "animated.png"] {
        let picture = picture(name);
        assert_eq!(codes(&picture), ["first-frame"], "{name}");
        let red = RgbaImage::from_pixel(24, 16, Rgba([255, 0, 0, 255]));
        assert_eq!(worst(&picture.pixels, &red), 0, "{name}");
    }
}

#[test]
fn alpha_is_kept_and_said() {
    let disc = picture("alpha.png");
    assert_eq!(codes(&disc), ["alpha-kept"]);
    assert_eq!(disc.pixels.get_pixel(11, 7).0, [255, 0, 0, 255]);
    assert_eq!(disc.pixels.get_pixel(0, 0).0, [0, 255, 0, 0]);

    let grey = picture("grey-alpha.png");
    assert_eq!(codes(&grey), ["alpha-kept"]);
    assert_eq!(grey.pixels.get_pixel(7, 3).0, [70, 70, 70, 51]);

    let palette = picture("palette.png");
    assert_eq!(codes(&palette), ["alpha-kept"]);
    assert_eq!(palette.pixels.get_pixel(6, 9).0, [0, 255, 0, 255]);
    assert_eq!(palette.pixels.get_pixel(18, 9).0, [10, 20, 30, 0]);
}

#[test]
fn one_bit_is_black_and_white() {
    for (x, y, pixel) in picture("one-bit.png").pixels.enumerate_pixels() {
        let value = if (x + y) % 2 == 0 { 0 } else { 255 };
        assert_eq!(pixel.0, [value, value, value, 255], "at {x}, {y}");
    }
}

#[test]
fn the_smallest_and_the_thinnest_picture_are_read() {
    let one = picture("one.png").pixels;
    assert_eq!(one.dimensions(), (1, 1));
    assert_eq!(one.get_pixel(0, 0).0, [12, 34, 56, 255]);
    let tall = picture("tall.png").pixels;
    assert_eq!(tall.dimensions(), (1, 4000));
    assert_eq!(tall.get_pixel(0, 1616).0, [101, 101, 101, 255]);
}

#[test]
fn a_file_is_told_by_its_content_not_its_name() {
    let named = picture("jpeg-named.png");
    assert_eq!(codes(&named), ["wrong-extension"]);
    assert_eq!(worst(&named.pixels, &picture("plain.jpg").pixels), 0);

    let png = bytes("plain.png");
    let noted = |name: &str| decode(&png, name).unwrap().notes.len();
    for silent in [
        "a.png", "A.PNG", "a.apng", "a", "a.b/c", "a.txt", "2024.11", "",
    ] {
        assert_eq!(noted(silent), 0, "{silent:?}");
    }
    for wrong in ["a.jpg", "A.JPEG", "a.heic", "a.svg", "a.tiff"] {
        assert_eq!(noted(wrong), 1, "{wrong:?}");
    }
}

#[test]
fn pixels_from_the_browser_are_counted() {
    let opaque = from_rgba(24, 16, upright().into_raw(), "photo.heic").unwrap();
    assert_eq!(worst(&opaque.pixels, &upright()), 0);
    assert!(opaque.notes.is_empty(), "{:?}", opaque.notes);
    let clear = from_rgba(1, 1, vec![9, 8, 7, 6], "photo.avif").unwrap();
    assert_eq!(codes(&clear), ["alpha-kept"]);
    assert_eq!(clear.pixels.into_raw(), [9, 8, 7, 6]);

    for (width, height, length, code) in [
        (2, 2, 15, "image-broken"),
        (2, 2, 17, "image-broken"),
        (0, 2, 0, "image-broken"),
        (u32::MAX, u32::MAX, 4, "image-too-large"),
        (32_769, 1, 131_076, "image-too-large"),
    ] {
        let error = from_rgba(width, height, vec![0; length], "p").unwrap_err();
        assert_eq!(error.code(), code, "{width} x {height} from {length} bytes");
    }
}
