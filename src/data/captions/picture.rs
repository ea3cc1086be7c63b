//! The scene that a caption describes: everything it names stands near by and large, so that it is seen at 32 px.

use image::RgbImage;

use super::{Building, Caption, Hour, Paint, Season, Trees, Weather};
use crate::data::dataset::photo;
use crate::data::scenes::{self, House, Road, Scene, Species, Tree};
use crate::data::seed::Seed;

/// Below this size a picture is drawn at twice its size and reduced: what is thinner than a pixel looks better.
const SMALL: u32 = 96;

impl Caption {
    /// A square picture of it, `size` px wide. The seed decides the place, the land and every detail that is not said.
    #[must_use]
    pub fn picture(&self, seed: u32, size: u32) -> RgbImage {
        let scene = self.scene(seed);
        if size < SMALL {
            photo(&scene, size)
        } else {
            scene.photo(size, size)
        }
    }

    fn scene(&self, seed: u32) -> Scene {
        let mut scene = Scene::meadow(seed);
        let random = &mut Seed::stream(seed, 6);
        scene.hour = match self.hour {
            Hour::Day | Hour::Night => scenes::Hour::Noon,
            Hour::Evening => scenes::Hour::Dusk,
        };
        scene.night = self.hour == Hour::Night;
        if self.hour == Hour::Evening {
            let side = scene.sun[0].signum();
            scene.sun = [0.93 * side, 0.2, -0.31];
        }
        match self.season {
            Season::Winter => scene.snow = true,
            season => scene.season = season,
        }
        scene.weather = self.weather;
        scene.clouds = match self.weather {
            Weather::Clear | Weather::Fog => 0.0,
            Weather::Cloudy => random.range(0.72, 0.82),
            Weather::Rain | Weather::Snow => 1.2,
        };
        let house = self
            .building
            .map(|(building, paint)| place(building, paint, random));
        if let Some(house) = house {
            let front = [house.x, house.z - 0.5 * house.width - 0.4];
            if random.chance(0.6) {
                scene.roads.push(path(front, random));
            }
            scene.houses.push(house);
        }
        let species = match self.trees {
            Trees::None => None,
            Trees::Firs => Some(Species::Fir),
            Trees::Oaks => Some(Species::Broadleaf),
            Trees::Palms => Some(Species::Palm),
        };
        if let Some(species) = species {
            plant(&mut scene, species, house, random);
        }
        scene.trees.sort_by(|a, b| b.z.total_cmp(&a.z));
        scene
    }
}

/// The building somewhat left or right of the middle.
fn place(building: Building, paint: Paint, random: &mut Seed) -> House {
    let paint = match paint {
        Paint::Red => 0xC4281E,
        Paint::White => 0xF6F4EE,
        Paint::Blue => 0x2A5FC8,
        Paint::Yellow => 0xF2C21C,
    };
    // Metres away, along, across and high.
    let (z, length, width, height, kind) = match building {
        Building::House => (18.5, 7.6, 5.6, 3.4, scenes::Building::House),
        Building::Church => (34.0, 10.5, 6.4, 5.4, scenes::Building::Church),
        Building::Tower => (26.0, 5.6, 5.6, 10.5, scenes::Building::Tower),
        Building::Windmill => (26.0, 6.6, 6.6, 9.0, scenes::Building::Windmill),
    };
    let z = z * random.range(0.92, 1.1);
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    House {
        x: side * random.range(0.02, 0.17) * z,
        z,
        length,
        width,
        height: height * random.range(0.94, 1.06),
        turn: random.range(-0.5, 0.5),
        building: kind,
        paint: Some(paint),
        seed: random.next_u32(),
    }
}

/// From the camera to a door.
fn path(to: [f32; 2], random: &mut Seed) -> Road {
    let from = [random.range(-2.5, 2.5), 3.0];
    let bend = random.range(-1.5, 1.5);
    let points = (0..12)
        .map(|i| i as f32 / 11.0)
        .map(|t| {
            let aside = bend * (std::f32::consts::PI * t).sin();
            [
                from[0] + (to[0] - from[0]) * t + aside,
                from[1] + (to[1] - from[1]) * t,
            ]
        })
        .collect();
    Road { points, width: 1.6 }
}

/// Trees about half as high as the picture on both sides of the building, and smaller ones of the same kind far away.
fn plant(scene: &mut Scene, species: Species, house: Option<House>, random: &mut Seed) {
    let focal = scene.camera.focal;
    let half = |tall: f32| match species {
        Species::Broadleaf => 0.36 * tall,
        _ => 0.26 * tall,
    };
    // Where the building is, in slopes; trees stay clear of it.
    let taken = house.map(|h| {
        let wide = match h.building {
            scenes::Building::House | scenes::Building::Church => 0.5 * h.length,
            scenes::Building::Windmill => 0.8 * h.width,
            _ => 0.55 * h.width,
        };
        [(h.x - wide) / h.z, (h.x + wide) / h.z]
    });
    let high = if species == Species::Palm { 1.25 } else { 1.0 };
    let mut near = Vec::<[f32; 2]>::new();
    for _ in 0..60 {
        let random = &mut random.split();
        let slope = random.range(-0.42, 0.42);
        let part = high * random.range(0.38, 0.56);
        let reach = half(part) / focal;
        let free = taken
            .is_none_or(|[low, high]| slope + 0.55 * reach < low || slope - 0.55 * reach > high);
        let apart = near
            .iter()
            .all(|[s, r]| (s - slope).abs() > 0.75 * (r + reach));
        if near.len() < 5 && free && apart {
            near.push([slope, reach]);
            let z = random.range(15.0, 24.0);
            scene.trees.push(Tree {
                x: slope * z,
                z,
                height: part * z / focal,
                species,
                seed: random.next_u32(),
            });
        }
    }
    for _ in 0..14 {
        let random = &mut random.split();
        let z = random.range(45.0, 90.0);
        let height = random.range(7.0, 10.0);
        scene.trees.push(Tree {
            x: random.range(-0.5, 0.5) * z,
            z,
            height,
            species,
            seed: random.next_u32(),
        });
    }
}
