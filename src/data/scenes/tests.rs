mod labels;

use super::{NAMES, Scene};
use image::RgbImage;

fn photo(name: &str, seed: u32, width: u32, height: u32) -> RgbImage {
    Scene::new(name, seed)
        .expect("a scene of this name")
        .photo(width, height)
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    for name in NAMES {
        let first = photo(name, 1, 64, 48);
        assert_eq!(first.as_raw(), photo(name, 1, 64, 48).as_raw(), "{name}");
        assert_ne!(first.as_raw(), photo(name, 2, 64, 48).as_raw(), "{name}");
    }
}

#[test]
fn only_the_six_names_are_scenes() {
    for name in ["", "Lake", "mosaic", "lake "] {
        assert!(Scene::new(name, 0).is_none(), "{name:?}");
    }
}

#[test]
fn a_photo_has_the_size_that_was_asked_for() {
    for name in NAMES {
        for (width, height) in [(1, 1), (2, 7), (33, 5), (5, 31)] {
            assert_eq!(
                photo(name, 3, width, height).dimensions(),
                (width, height),
                "{name}"
            );
        }
    }
}

/// Standard deviation of the grey values, 0 to 127.5.
fn contrast(image: &RgbImage) -> f32 {
    let greys: Vec<f32> = image
        .pixels()
        .map(|p| p.0.iter().map(|&c| f32::from(c)).sum::<f32>() / 3.0)
        .collect();
    let mean = greys.iter().sum::<f32>() / greys.len() as f32;
    (greys.iter().map(|g| (g - mean).powi(2)).sum::<f32>() / greys.len() as f32).sqrt()
}

#[test]
fn no_photo_is_flat_dark_or_burnt_out() {
    for name in NAMES {
        for seed in 0..3 {
            let image = photo(name, seed, 96, 72);
            // The least contrast measured over 20 seeds of each kind was 22.1.
            assert!(
                contrast(&image) > 15.0,
                "{name} {seed}: contrast {}",
                contrast(&image)
            );
            let burnt = image.pixels().filter(|p| p.0 == [255; 3]).count();
            let black = image.pixels().filter(|p| p.0 == [0; 3]).count();
            assert!(
                burnt + black < 96 * 72 / 20,
                "{name} {seed}: {burnt} burnt, {black} black"
            );
        }
    }
}

/// Mean of the colours in each of 8 x 6 boxes.
fn boxes(image: &RgbImage) -> Vec<f32> {
    let (width, height) = image.dimensions();
    let mut sums = vec![0.0; 8 * 6 * 3];
    for (x, y, pixel) in image.enumerate_pixels() {
        let at = (y * 6 / height * 8 + x * 8 / width) as usize * 3;
        for (channel, &value) in pixel.0.iter().enumerate() {
            sums[at + channel] += f32::from(value) * 48.0 / (width * height) as f32;
        }
    }
    sums
}

/// Mean difference of two pictures box by box, in grey values.
fn distance(a: &RgbImage, b: &RgbImage) -> f32 {
    let (a, b) = (boxes(a), boxes(b));
    a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
}

#[test]
fn the_composition_depends_on_the_seed_but_not_on_the_size() {
    for name in NAMES {
        let large = photo(name, 5, 384, 288);
        // Small trees have fewer twigs: up to 3.3 in three seeds of each kind. Other seeds: 8.1 at least.
        let size = distance(&photo(name, 5, 192, 144), &large);
        assert!(size < 5.0, "{name}: {size} between sizes");
        let seed = distance(&photo(name, 6, 384, 288), &large);
        assert!(seed > 6.0, "{name}: {seed} between seeds");
    }
}

// `sin` and `powf` may differ in the last bit on other machines.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#[test]
fn photos_are_those_that_networks_were_trained_on() {
    // FNV-1a (Fowler, Noll and Vo).
    let hash = |bytes: &[u8]| {
        bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    };
    for (name, seed, width, height, expected) in [
        ("lake", 1, 64, 48, 0x68D8_DA49_17A8_A5CC),
        ("lake", 4, 128, 128, 0x52B4_2CD5_0B9B_F567),
        ("village", 1, 64, 48, 0x52FB_4F0D_B500_4B53),
        ("village", 4, 128, 128, 0x39D8_DA99_1B1C_6630),
        ("coast", 1, 64, 48, 0x45FB_E697_FE17_B3A3),
        ("coast", 4, 128, 128, 0xF064_9961_66A0_5A3E),
        ("forest", 1, 64, 48, 0xD790_FC45_0BAA_0C55),
        ("forest", 4, 128, 128, 0x20E2_CFC8_8352_DF2E),
        ("desert", 1, 64, 48, 0xD54B_3CFA_193A_50C4),
        ("desert", 4, 128, 128, 0xCFC9_1A08_40E7_FADD),
        ("winter", 1, 64, 48, 0x658B_759C_391A_999B),
        ("winter", 4, 128, 128, 0x0269_08BB_2B66_0742),
    ] {
        let found = hash(photo(name, seed, width, height).as_raw());
        assert_eq!(found, expected, "{name} {seed}: {found:#018X}");
    }
}
