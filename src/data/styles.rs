//! Six procedural works of art to take a style from: rich texture at several scales, a palette of their own, and no empty
//! place, which is what Gram matrices of a picture need.

mod brush;
mod dots;
mod hatching;
mod mosaic;
mod stained_glass;
mod waves;

use image::RgbImage;

/// The styles a page can ask for by name.
pub const NAMES: [&str; 6] = [
    "mosaic",
    "waves",
    "hatching",
    "stained-glass",
    "brush",
    "dots",
];

/// Draws the style of a name in [`NAMES`]; none for another name. The composition does not depend on the size; the picture
/// shows the middle of a 4:3 frame.
#[must_use]
pub fn draw(name: &str, width: u32, height: u32, seed: u32) -> Option<RgbImage> {
    let paint = match name {
        "mosaic" => mosaic::draw,
        "waves" => waves::draw,
        "hatching" => hatching::draw,
        "stained-glass" => stained_glass::draw,
        "brush" => brush::draw,
        "dots" => dots::draw,
        _ => return None,
    };
    Some(paint(width, height, seed))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, draw};
    use image::RgbImage;

    fn picture(name: &str, seed: u32, width: u32, height: u32) -> RgbImage {
        draw(name, width, height, seed).expect("a style of this name")
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
        for name in NAMES {
            let first = picture(name, 1, 64, 48);
            assert_eq!(first.as_raw(), picture(name, 1, 64, 48).as_raw(), "{name}");
            assert_ne!(first.as_raw(), picture(name, 2, 64, 48).as_raw(), "{name}");
        }
    }

    #[test]
    fn only_the_six_names_are_styles() {
        for name in ["", "Mosaic", "lake", "stained glass"] {
            assert!(draw(name, 8, 8, 0).is_none(), "{name:?}");
        }
    }

    #[test]
    fn a_picture_has_the_size_that_was_asked_for() {
        for name in NAMES {
            for (width, height) in [(1, 1), (2, 7), (33, 5), (5, 31)] {
                assert_eq!(
                    picture(name, 3, width, height).dimensions(),
                    (width, height),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn every_part_of_every_style_has_texture() {
        for name in NAMES {
            let image = picture(name, 4, 320, 240);
            // The least deviation of grey in any of 8 x 6 boxes; the least measured over ten seeds was 8.8 of 255.
            for box_y in 0..6 {
                for box_x in 0..8 {
                    let greys: Vec<f32> = (0..40 * 40)
                        .map(|i| image.get_pixel(box_x * 40 + i % 40, box_y * 40 + i / 40))
                        .map(|p| p.0.iter().map(|&c| f32::from(c)).sum::<f32>() / 3.0)
                        .collect();
                    let mean = greys.iter().sum::<f32>() / 1600.0;
                    let deviation =
                        (greys.iter().map(|g| (g - mean).powi(2)).sum::<f32>() / 1600.0).sqrt();
                    assert!(
                        deviation > 3.0,
                        "{name}: deviation {deviation} in box {box_x}, {box_y}"
                    );
                }
            }
        }
    }
}
