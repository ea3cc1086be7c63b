//! The middle square of a picture, reduced.

use image::{GrayImage, RgbaImage, imageops};

/// The filter that scenes are reduced with, too.
const FILTER: imageops::FilterType = imageops::FilterType::Triangle;

/// `[3, size, size]`, or `[1, size, size]` if there is no colour in it.
pub(super) fn squared(pixels: &RgbaImage, size: u32) -> Vec<u8> {
    let (w, h) = pixels.dimensions();
    let side = w.min(h);
    let mut square =
        imageops::crop_imm(pixels, (w - side) / 2, (h - side) / 2, side, side).to_image();
    for pixel in square.pixels_mut() {
        let [values @ .., alpha] = &mut pixel.0;
        for value in values {
            let over = u32::from(*value) * u32::from(*alpha) + 255 * (255 - u32::from(*alpha));
            *value = ((over + 127) / 255) as u8;
        }
    }
    if side != size {
        square = imageops::resize(&square, size, size, FILTER);
    }
    let grey = square
        .pixels()
        .all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]);
    let channels = if grey { 1 } else { 3 };
    let planes = (0..channels).flat_map(|c| square.pixels().map(move |p| p.0[c]));
    planes.collect()
}

/// The same for a picture that is grey; one of the right size comes back as it is.
pub(super) fn squared_grey(picture: &GrayImage, size: u32) -> Vec<u8> {
    let (w, h) = picture.dimensions();
    if (w, h) == (size, size) {
        return picture.as_raw().clone();
    }
    let side = w.min(h);
    let square = imageops::crop_imm(picture, (w - side) / 2, (h - side) / 2, side, side);
    if side == size {
        return square.to_image().into_raw();
    }
    imageops::resize(&*square, size, size, FILTER).into_raw()
}
