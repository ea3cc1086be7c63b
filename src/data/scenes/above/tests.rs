use image::RgbImage;

use super::super::{NAMES, Scene};

fn scene(name: &str, seed: u32) -> Scene {
    Scene::new(name, seed).expect("a scene of this name")
}

/// Of pixels of a map, how many are near a colour.
fn share(map: &RgbImage, colour: [u8; 3]) -> f32 {
    let near = |p: &&image::Rgb<u8>| (0..3).all(|c| p.0[c].abs_diff(colour[c]) < 24);
    map.pixels().filter(near).count() as f32 / map.pixels().len() as f32
}

#[test]
fn every_kind_of_land_has_on_its_maps_what_belongs_to_it() {
    let mean = |name: &str, colour: [u8; 3]| {
        let maps = (0..6).map(|seed| share(&scene(name, seed).map(48, 48), colour));
        maps.sum::<f32>() / 6.0
    };
    let [water, wood, field] = [[0x86, 0xBF, 0xEA], [0x9C, 0xCB, 0x86], [0xEF, 0xD9, 0x8A]];
    let house = [0x8B, 0x5D, 0x50];
    for (name, colour, low, high) in [
        ("lake", water, 0.1, 0.7),
        ("coast", water, 0.1, 0.7),
        ("village", field, 0.1, 0.8),
        ("village", house, 0.01, 0.2),
        ("forest", wood, 0.4, 0.95),
        ("winter", wood, 0.1, 0.9),
        ("desert", wood, 0.0, 0.001),
        ("forest", field, 0.0, 0.001),
    ] {
        let seen = mean(name, colour);
        assert!(
            (low..=high).contains(&seen),
            "{name}: {seen} of it is {colour:?}"
        );
    }
}

#[test]
fn a_photo_from_above_shows_what_its_map_does_at_every_size() {
    for name in NAMES {
        let scene = scene(name, 3);
        for side in [1, 33] {
            assert_eq!(scene.aerial(side, 7).dimensions(), (side, 7), "{name}");
            assert_eq!(scene.map(side, 7).dimensions(), (side, 7), "{name}");
        }
        // Where the map is blue, the photo has water, which is darker or bluer than the land.
        let [map, photo] = [scene.map(96, 96), scene.aerial(96, 96)];
        assert_ne!(photo.as_raw(), self::scene(name, 4).aerial(96, 96).as_raw());
        let mut sums = [[0.0; 2]; 2];
        for (m, p) in map.pixels().zip(photo.pixels()) {
            let wet = usize::from(m.0[2] > 200 && m.0[0] < 160);
            sums[wet][0] += f32::from(p.0[2]) - f32::from(p.0[0]);
            sums[wet][1] += 1.0;
        }
        let [land, water] = sums.map(|[sum, count]| sum / count);
        if sums[1][1] > 100.0 {
            assert!(
                water > land + 10.0,
                "{name}: blue over red {water} on water, {land} on land"
            );
        }
        // The composition is the same at twice the size.
        let large = image::imageops::thumbnail(&scene.aerial(192, 192), 96, 96);
        let apart = photo.as_raw().iter().zip(large.as_raw());
        let apart = apart.map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>();
        let mean = apart / photo.as_raw().len() as f32;
        assert!(mean < 14.0, "{name}: {mean} grey levels between two sizes");
    }
}
