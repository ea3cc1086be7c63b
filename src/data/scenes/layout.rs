//! Where everything stands in each kind of scene.

mod mountains;

use super::land;
use super::{
    Building, Camera, Figure, Hour, House, Kind, Road, Scene, Season, Species, Thing, Tree, Weather,
};
use crate::data::seed::{Seed, fbm};

/// Builds the world of one kind and seed.
#[must_use]
pub fn scene(kind: Kind, seed: u32) -> Scene {
    let mut scene = bare(kind, seed);
    match kind {
        Kind::Lake => mountains::lake(&mut scene),
        Kind::Village => mountains::village(&mut scene),
        Kind::Coast => coast(&mut scene),
        Kind::Forest => forest(&mut scene),
        Kind::Desert => desert(&mut scene),
        Kind::Winter => mountains::winter(&mut scene),
        Kind::Meadow => {}
    }
    scene.trees.sort_by(|a, b| b.z.total_cmp(&a.z));
    scene.houses.sort_by(|a, b| b.z.total_cmp(&a.z));
    scene
}

/// Unit vector to a sun `azimuth` degrees right of the view and `altitude` degrees high.
fn sun(azimuth: f32, altitude: f32) -> [f32; 3] {
    let (azimuth, altitude) = (azimuth.to_radians(), altitude.to_radians());
    [
        azimuth.sin() * altitude.cos(),
        altitude.sin(),
        azimuth.cos() * altitude.cos(),
    ]
}

/// The terrain, the light and the camera, with nothing on them yet.
fn bare(kind: Kind, seed: u32) -> Scene {
    let mut random = Seed::stream(seed, 1);
    let jitter = random.range(-6.0, 6.0);
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    let clouds = random.range(-0.06, 0.06);
    let (season, hour, eye, horizon, sun, clouds, water) = match kind {
        Kind::Lake => (
            Season::Autumn,
            Hour::Evening,
            4.2,
            0.49,
            sun(-74.0 + jitter, 21.0),
            0.47 + clouds,
            true,
        ),
        Kind::Village => (
            Season::Summer,
            Hour::Dusk,
            19.0,
            0.37,
            sun(38.0 * side + jitter, 5.5),
            0.50 + clouds,
            false,
        ),
        Kind::Coast => (
            Season::Summer,
            Hour::Noon,
            6.5,
            0.50,
            sun(-75.0 + jitter, 38.0),
            0.52 + clouds,
            true,
        ),
        Kind::Forest => (
            Season::Summer,
            Hour::Morning,
            1.8,
            0.52,
            sun(-19.0 + jitter, 27.0),
            0.0,
            false,
        ),
        Kind::Desert => (
            Season::Summer,
            Hour::Evening,
            11.0,
            0.40,
            sun(-68.0 * side + jitter, 19.0),
            0.34 + clouds,
            false,
        ),
        Kind::Winter => (
            Season::Winter,
            Hour::Morning,
            4.0,
            0.47,
            sun(62.0 + jitter, 19.0),
            0.46 + clouds,
            false,
        ),
        // The sun is behind the camera, so that what stands in front is lit.
        Kind::Meadow => (
            Season::Summer,
            Hour::Noon,
            2.6,
            0.62,
            sun(130.0 * side + jitter, 40.0),
            0.0,
            false,
        ),
    };
    Scene {
        kind,
        seed,
        season,
        hour,
        camera: Camera {
            eye,
            horizon,
            focal: 1.1,
        },
        sun,
        clouds,
        water,
        night: false,
        snow: false,
        weather: Weather::Clear,
        trees: Vec::new(),
        houses: Vec::new(),
        roads: Vec::new(),
        figures: Vec::new(),
    }
}

impl Scene {
    fn ground(&self, x: f32, z: f32) -> f32 {
        land::height(self, x, z, 5)
    }

    fn plant(&mut self, seed: u32, x: f32, z: f32, height: f32, species: Species) {
        self.trees.push(Tree {
            x,
            z,
            height,
            species,
            seed,
        });
    }

    /// A point in the visible wedge, uniform in the picture's width and denser far away where more ground is seen.
    fn scatter(random: &mut Seed, near: f32, far: f32) -> (f32, f32) {
        let z = near * (far / near).powf(random.uniform());
        (random.range(-0.72, 0.72) * z, z)
    }
}

fn coast(scene: &mut Scene) {
    let random = &mut Seed::stream(scene.seed, 2);
    // The tower stands on the headland that reaches farthest to the left in its part of the coast.
    let mut best = (f32::INFINITY, 0.0, 0.0);
    for step in 0..60 {
        let z = 105.0 + step as f32 * 2.2;
        let mut x = -90.0;
        while land::inland(scene.seed, x, z) < 15.0 && x < 140.0 {
            x += 1.0;
        }
        let slope = x / z;
        if slope < best.0 {
            best = (slope, x, z);
        }
    }
    let (_, x, z) = best;
    scene.houses.push(House {
        x,
        z,
        length: 4.6,
        width: 4.6,
        height: 17.0,
        turn: 0.0,
        building: Building::Lighthouse,
        paint: None,
        seed: random.next_u32(),
    });
    scene.houses.push(House {
        x: x + 9.0,
        z: z + 4.0,
        length: 8.0,
        width: 5.0,
        height: 3.2,
        turn: 0.2,
        building: Building::House,
        paint: None,
        seed: random.next_u32(),
    });
    for _ in 0..700 {
        let random = &mut random.split();
        let (bx, bz) = Scene::scatter(random, 30.0, 400.0);
        if land::inland(scene.seed, bx, bz) > 14.0 && random.chance(0.5) {
            let height = random.range(0.7, 2.4);
            scene.plant(random.next_u32(), bx, bz, height, Species::Bush);
        }
    }
    scene.figures.push(Figure {
        x: -34.0 + random.range(-8.0, 8.0),
        z: random.range(90.0, 130.0),
        what: Thing::Boat,
    });
}

fn forest(scene: &mut Scene) {
    let random = &mut Seed::stream(scene.seed, 2);
    let bend = random.range(0.6, 1.3) * if random.chance(0.5) { 1.0 } else { -1.0 };
    let points = (0..30)
        .map(|i| 2.0 + i as f32 * 2.4)
        .map(|z| [bend * ((z / 9.0).sin() * 1.5 - 0.01 * z), z])
        .collect();
    scene.roads.push(Road { points, width: 2.0 });
    let mut spots: Vec<(f32, f32)> = Vec::new();
    for _ in 0..1500 {
        let random = &mut random.split();
        let (x, z) = Scene::scatter(random, 4.2, 75.0);
        let apart = 1.1 + 0.035 * z;
        if scene.roads[0].distance(x, z) > 1.5 + 0.02 * z
            && spots.iter().all(|s| (s.0 - x).hypot(s.1 - z) > apart)
        {
            spots.push((x, z));
            scene.plant(
                random.next_u32(),
                x,
                z,
                random.range(12.0, 24.0),
                Species::Trunk,
            );
        }
    }
    for _ in 0..1500 {
        let random = &mut random.split();
        let (x, z) = Scene::scatter(random, 2.6, 30.0);
        let thick = 0.30 + fbm(x / 3.0, z / 3.0, 2, scene.seed ^ 41);
        if scene.roads[0].distance(x, z) > 0.85 && random.chance(thick) {
            let bush = random.chance(0.08) && z > 7.0;
            let height = if bush {
                random.range(0.6, 1.3)
            } else {
                random.range(0.35, 0.75)
            };
            scene.plant(
                random.next_u32(),
                x,
                z,
                height,
                if bush { Species::Bush } else { Species::Fern },
            );
        }
    }
}

fn desert(scene: &mut Scene) {
    let random = &mut Seed::stream(scene.seed, 2);
    let (mut x, z) = (random.range(-8.0, 2.0), random.range(38.0, 52.0));
    for index in 0..5 {
        scene.figures.push(Figure {
            x,
            z: z + index as f32 * 0.9,
            what: Thing::Camel,
        });
        x += random.range(3.4, 4.3);
    }
    for _ in 0..60 {
        let random = &mut random.split();
        let (x, z) = Scene::scatter(random, 8.0, 90.0);
        if random.chance(0.25) {
            let height = random.range(0.3, 0.7);
            scene.plant(random.next_u32(), x, z, height, Species::Bush);
        }
    }
    let (px, pz) = (
        random.range(0.30, 0.46) * if random.chance(0.5) { 70.0 } else { -70.0 },
        70.0,
    );
    for _ in 0..7 {
        let random = &mut random.split();
        let (dx, dz) = (random.normal() * 3.0, random.normal() * 4.0);
        let height = random.range(6.0, 10.0);
        scene.plant(random.next_u32(), px + dx, pz + dz, height, Species::Palm);
    }
}
