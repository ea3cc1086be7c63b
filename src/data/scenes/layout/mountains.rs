//! The scenes with mountains behind them: lake, village, winter.

use super::super::{Building, Figure, House, Road, Scene, Species, Thing, land};
use crate::data::seed::{Seed, fbm};

/// Woods around a lake, a jetty and a boat.
pub fn lake(scene: &mut Scene) {
    let random = &mut Seed::stream(scene.seed, 2);
    for _ in 0..5200 {
        let random = &mut random.split();
        let (x, z) = Scene::scatter(random, 55.0, 900.0);
        let land = land::beyond_shore(scene.seed, x, z);
        let thick =
            fbm(x / 70.0, z / 70.0, 3, scene.seed ^ 40) + 0.22 + (60.0 - land).max(0.0) / 240.0;
        if land > 1.5 && random.chance(thick.max(0.0) * 2.0) && scene.ground(x, z) < 260.0 {
            let species = if random.chance(0.13) {
                Species::Broadleaf
            } else {
                Species::Fir
            };
            let height = random.range(9.0, 20.0) * if species == Species::Fir { 1.0 } else { 0.6 };
            scene.plant(random.next_u32(), x, z, height, species);
        }
    }
    // A group that frames the picture on one side.
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    for (x, z, height) in [
        (7.6, 12.2, 10.5),
        (9.3, 14.6, 13.0),
        (6.7, 11.0, 5.0),
        (10.8, 15.2, 9.5),
    ] {
        scene.plant(
            random.next_u32(),
            side * x + random.range(-0.4, 0.4),
            z,
            height * random.range(0.9, 1.1),
            Species::Fir,
        );
    }
    for _ in 0..6 {
        let random = &mut random.split();
        let x = side * random.range(3.6, 8.5);
        scene.plant(
            random.next_u32(),
            x,
            random.range(9.5, 11.5),
            random.range(0.5, 1.0),
            Species::Bush,
        );
    }
    scene.figures.push(Figure {
        x: -side * random.range(2.2, 3.2),
        z: 10.5,
        what: Thing::Jetty,
    });
    scene.figures.push(Figure {
        x: -side * random.range(-3.0, 6.0),
        z: random.range(26.0, 36.0),
        what: Thing::Boat,
    });
}

/// A road down to houses around a church, trees and hedges.
pub fn village(scene: &mut Scene) {
    let random = &mut Seed::stream(scene.seed, 2);
    let bend = if random.chance(0.5) { 1.0 } else { -1.0 };
    let points = (0..40)
        .map(|i| {
            let z = 6.0 + i as f32 * 5.0;
            [
                bend * (7.5 * (z / 21.0 + 0.6).sin() * (1.0 - z / 230.0) + 0.03 * z),
                z,
            ]
        })
        .collect();
    scene.roads.push(Road { points, width: 3.6 });
    let road = scene.roads[0].clone();
    let middle = |z: f32| {
        road.points
            .iter()
            .min_by(|a, b| (a[1] - z).abs().total_cmp(&(b[1] - z).abs()))
            .map_or(0.0, |p| p[0])
    };
    let place = |scene: &mut Scene,
                 x: f32,
                 z: f32,
                 length: f32,
                 width: f32,
                 height: f32,
                 turn: f32,
                 building: Building,
                 seed: u32| {
        let clear = |h: &House| (h.x - x).hypot(h.z - z) > (h.length + length) * 0.62;
        if scene.houses.iter().all(clear) && road.distance(x, z) > width * 0.75 + 2.0 {
            scene.houses.push(House {
                x,
                z,
                length,
                width,
                height,
                turn,
                building,
                paint: None,
                seed,
            });
        }
    };
    let church = middle(84.0) + bend * 13.0;
    place(
        scene,
        church,
        92.0,
        15.0,
        7.5,
        7.0,
        0.35 * bend,
        Building::Church,
        random.next_u32(),
    );
    for _ in 0..260 {
        let random = &mut random.split();
        let z = 50.0 + 105.0 * random.uniform();
        let away = random.range(6.0, 12.0) + random.below(4) as f32 * 9.0;
        let x = middle(z) + if random.chance(0.5) { away } else { -away };
        if scene.houses.len() < 30 && x.abs() < 0.62 * z {
            let (length, width) = (random.range(8.0, 12.5), random.range(5.5, 7.5));
            let turn = random.range(-0.45, 0.45) + if random.chance(0.35) { 1.45 } else { 0.0 };
            place(
                scene,
                x,
                z,
                length,
                width,
                random.range(2.9, 4.6),
                turn,
                Building::House,
                random.next_u32(),
            );
        }
    }
    for _ in 0..900 {
        let random = &mut random.split();
        let (x, z) = Scene::scatter(random, 20.0, 420.0);
        let edge = z > 70.0 || (x / z).abs() > 0.36;
        let clear = edge
            && scene.houses.iter().all(|h| {
                (h.x - x).hypot(h.z - z) > h.length * 0.75
                    && !(z < h.z && (h.x - x).abs() < 5.0 && h.z - z < 14.0)
            });
        let thick = fbm(x / 60.0, z / 60.0, 3, scene.seed ^ 40) * if z > 150.0 { 1.5 } else { 0.5 }
            + if z > 150.0 { 0.25 } else { 0.12 };
        if clear && scene.roads[0].distance(x, z) > 5.0 && random.chance(thick) {
            let species = if random.chance(0.2) && z > 60.0 {
                Species::Fir
            } else if random.chance(0.25) {
                Species::Bush
            } else {
                Species::Broadleaf
            };
            let height = match species {
                Species::Bush => random.range(1.2, 2.2),
                Species::Fir => random.range(9.0, 14.0),
                _ => random.range(5.0, 9.5),
            };
            scene.plant(random.next_u32(), x, z, height, species);
        }
    }
    // One tree near by closes the picture at the side away from the first bend of the road.
    scene.plant(
        random.next_u32(),
        -bend * 8.6,
        16.5,
        9.5,
        Species::Broadleaf,
    );
}

/// A cabin in a clearing among firs, and the path to it.
pub fn winter(scene: &mut Scene) {
    let random = &mut Seed::stream(scene.seed, 2);
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    let cabin = (side * 4.2, 33.0);
    let points = (0..25)
        .map(|i| 3.0 + i as f32 * 1.15)
        .map(|z| {
            [
                side * (2.6 * (z / 8.5).sin() + 4.2 * (z / 31.0) * (z / 31.0) - 0.9),
                z,
            ]
        })
        .collect();
    scene.roads.push(Road { points, width: 1.5 });
    scene.houses.push(House {
        x: cabin.0,
        z: cabin.1,
        length: 8.5,
        width: 6.0,
        height: 2.9,
        turn: -0.42 * side,
        building: Building::Cabin,
        paint: None,
        seed: random.next_u32(),
    });
    for _ in 0..2600 {
        let random = &mut random.split();
        let (x, z) = Scene::scatter(random, 11.0, 420.0);
        let clearing = 5.0 + 0.12 * z;
        let open = z < 62.0 && (x.abs() < clearing || (x - cabin.0).hypot(z - cabin.1) < 8.5);
        let thick = 0.16
            + 0.9 * fbm(x / 30.0, z / 30.0, 3, scene.seed ^ 40).max(-0.1)
            + if z > 60.0 { 0.25 } else { 0.0 };
        if !open && random.chance(thick) && scene.ground(x, z) < 130.0 {
            let height = random.range(5.0, 13.0);
            scene.plant(random.next_u32(), x, z, height, Species::Fir);
        }
    }
    for (x, z, height) in [(-6.4, 11.5, 9.5), (-8.0, 14.0, 11.5), (7.4, 13.0, 8.0)] {
        scene.plant(
            random.next_u32(),
            side * x + random.range(-0.4, 0.4),
            z,
            height * random.range(0.9, 1.1),
            Species::Fir,
        );
    }
}
