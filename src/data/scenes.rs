//! Small procedural worlds: six kinds of landscape, each drawn from a seed, with everything in them known.
//!
//! A [`Scene`] is the layout only: terrain, trees, houses, roads, water, sun and clouds in metres, with the camera at
//! the origin looking along +z, x to the right, y up, water at height 0. Renderings read it and never change it, so that
//! every rendering of one scene shows the same world: a photo, by day or by night, in its own season or in winter, and
//! a map of what each pixel shows.

mod above;
mod buildings;
pub mod canvas;
pub mod class;
mod figures;
mod ground;
mod land;
mod layout;
mod light;
mod plants;
mod sails;
mod terrain;
mod towers;
mod trees;
mod undergrowth;
mod water;
mod windows;

use canvas::{ASPECT, Canvas};
use class::Parts;
use image::{GrayImage, RgbImage};

/// The scenes a page can ask for by name.
pub const NAMES: [&str; 6] = ["lake", "village", "coast", "forest", "desert", "winter"];

/// What sort of landscape a scene is; the order is that of [`NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A mountain lake between firs.
    Lake,
    /// Houses and a church among hills and fields.
    Village,
    /// Cliffs, surf and a lighthouse.
    Coast,
    /// Inside a wood.
    Forest,
    /// Dunes.
    Desert,
    /// Snow, firs and a cabin.
    Winter,
    /// Open land that others put things on; it is not in [`NAMES`].
    Meadow,
}

/// The season the plants show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Season {
    /// Green leaves.
    Summer,
    /// Yellow and red leaves among the green.
    Autumn,
    /// Snow on everything.
    Winter,
}

/// The time of day, which decides the light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hour {
    /// Low, cool light through mist.
    Morning,
    /// High sun.
    Noon,
    /// The golden hour.
    Evening,
    /// After sunset, windows lit.
    Dusk,
}

/// What the sky does, where a scene does not have its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Nothing; the scene keeps its clouds.
    Clear,
    /// The sky full of clouds.
    Cloudy,
    /// Grey, with rain.
    Rain,
    /// Grey, with snow falling.
    Snow,
    /// Nothing far away is seen.
    Fog,
}

/// Where the picture is taken from: `x = 2/3 + focal * X / Z`, `y = horizon - focal * (Y - eye) / Z` in frame units.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    /// Metres above the water.
    pub eye: f32,
    /// Frame y of the horizon.
    pub horizon: f32,
    /// Focal length in frame heights.
    pub focal: f32,
}

impl Camera {
    /// Frame point of a world point; `z` must be positive.
    #[must_use]
    pub fn project(&self, x: f32, y: f32, z: f32) -> [f32; 2] {
        [
            ASPECT / 2.0 + self.focal * x / z,
            self.horizon - self.focal * (y - self.eye) / z,
        ]
    }
}

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Species {
    /// A conical conifer.
    Fir,
    /// A round tree with leaves.
    Broadleaf,
    /// A tall trunk whose crown is out of sight.
    Trunk,
    /// A low round shrub.
    Bush,
    /// A fern on a forest floor.
    Fern,
    /// A palm tree.
    Palm,
}

/// One plant, standing on the ground.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    /// Metres to the right.
    pub x: f32,
    /// Metres away.
    pub z: f32,
    /// Metres from the ground to the top.
    pub height: f32,
    /// What it is.
    pub species: Species,
    /// Decides its twigs and its tint.
    pub seed: u32,
}

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Building {
    /// A plastered house with a tiled roof.
    House,
    /// A house with a steeple.
    Church,
    /// A log cabin.
    Cabin,
    /// A round white tower with red bands.
    Lighthouse,
    /// A round tower with a pointed roof.
    Tower,
    /// A windmill.
    Windmill,
}

/// One building, its gable along its own length.
#[derive(Clone, Copy, Debug)]
pub struct House {
    /// Metres to the right, of the middle.
    pub x: f32,
    /// Metres away, of the middle.
    pub z: f32,
    /// Metres along the ridge.
    pub length: f32,
    /// Metres across.
    pub width: f32,
    /// Metres up to the eaves, or of the whole tower.
    pub height: f32,
    /// Radians by which the ridge is turned from the x axis.
    pub turn: f32,
    /// What it is.
    pub building: Building,
    /// The sRGB code of its walls where its seed does not decide it; then it has a slate roof, and lamps shine on it after
    /// dark.
    pub paint: Option<u32>,
    /// Decides its colours and windows.
    pub seed: u32,
}

/// A road or path along the ground.
#[derive(Clone, Debug)]
pub struct Road {
    /// Points `(x, z)` in order of growing `z`.
    pub points: Vec<[f32; 2]>,
    /// Metres across.
    pub width: f32,
}

impl Road {
    /// Distance in metres from the middle of the road; infinite beyond its ends.
    #[must_use]
    pub fn distance(&self, x: f32, z: f32) -> f32 {
        let mut nearest = f32::INFINITY;
        for pair in self.points.windows(2) {
            if z >= pair[0][1] - 4.0 && z <= pair[1][1] + 4.0 {
                let (dx, dz) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
                let t = (((x - pair[0][0]) * dx + (z - pair[0][1]) * dz) / (dx * dx + dz * dz))
                    .clamp(0.0, 1.0);
                nearest = nearest.min((x - pair[0][0] - dx * t).hypot(z - pair[0][1] - dz * t));
            }
        }
        nearest
    }
}

/// A person or an animal, or a thing of their size.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Metres to the right.
    pub x: f32,
    /// Metres away.
    pub z: f32,
    /// What it is.
    pub what: Thing,
}

/// What a [`Figure`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A walking camel with its rider.
    Camel,
    /// A rowing boat.
    Boat,
    /// A wooden jetty that leads away from the camera.
    Jetty,
    /// A boat under sail.
    Sails {
        /// Whether they are striped.
        striped: bool,
    },
}

/// A small world.
#[derive(Clone, Debug)]
pub struct Scene {
    /// What sort of landscape.
    pub kind: Kind,
    /// Every detail follows from it.
    pub seed: u32,
    /// What the plants show.
    pub season: Season,
    /// What the light shows.
    pub hour: Hour,
    /// Where it is seen from.
    pub camera: Camera,
    /// Unit vector to the sun.
    pub sun: [f32; 3],
    /// Part of the sky behind clouds, 0 to 1.
    pub clouds: f32,
    /// True when ground below height 0 is under water.
    pub water: bool,
    /// True after dark, whatever the hour; what stands where still follows the hour.
    pub night: bool,
    /// True when snow has fallen on what `season` shows.
    pub snow: bool,
    /// What the sky does.
    pub weather: Weather,
    /// Plants, farthest first.
    pub trees: Vec<Tree>,
    /// Buildings, farthest first.
    pub houses: Vec<House>,
    /// Roads and paths.
    pub roads: Vec<Road>,
    /// People, animals, boats.
    pub figures: Vec<Figure>,
}

impl Scene {
    /// The scene of a name in [`NAMES`] and a seed; none for another name.
    #[must_use]
    pub fn new(name: &str, seed: u32) -> Option<Self> {
        let kind = match name {
            "lake" => Kind::Lake,
            "village" => Kind::Village,
            "coast" => Kind::Coast,
            "forest" => Kind::Forest,
            "desert" => Kind::Desert,
            "winter" => Kind::Winter,
            _ => return None,
        };
        Some(layout::scene(kind, seed))
    }

    /// Open land with nothing on it, at noon in summer.
    #[must_use]
    pub fn meadow(seed: u32) -> Self {
        layout::scene(Kind::Meadow, seed)
    }

    /// The same place by night: moonlight, a dark sky with moon and stars, lamps and lit windows. Its photo shows the same
    /// things as the photo of this scene, pixel by pixel, and its shadows fall the same way.
    #[must_use]
    pub fn by_night(&self) -> Self {
        Self {
            night: true,
            ..self.clone()
        }
    }

    /// The same place in winter: snow on the ground, on roofs and plants. Its photo shows the same things as the photo of
    /// this scene, pixel by pixel; leaves are frosted, not fallen. A scene that is in winter anyway stays as it is.
    #[must_use]
    pub fn in_winter(&self) -> Self {
        Self {
            snow: self.season != Season::Winter,
            ..self.clone()
        }
    }

    /// The same place with a large boat under sail, plain or striped; pixel by pixel it is the same boat. Made for scenes
    /// with water.
    #[must_use]
    pub fn with_sails(&self, striped: bool) -> Self {
        let mut scene = self.clone();
        scene.figures.push(sails::boat(self, striped));
        scene
    }

    /// Whether there is snow, the scene's own or some that has fallen on it.
    fn snowy(&self) -> bool {
        self.snow || self.season == Season::Winter
    }

    /// A photo-like rendering. The composition does not depend on the size; the picture shows the middle of a 4:3 frame.
    #[must_use]
    pub fn photo(&self, width: u32, height: u32) -> RgbImage {
        let light = light::Light::new(self);
        let mut canvas = Canvas::new(width, height, [0.0; 3]);
        self.draw(&light, &mut canvas);
        light.air(self, &mut canvas);
        light.falling(self, &mut canvas);
        canvas.finish()
    }

    /// The label map of [`Self::photo`] at the same size: each pixel holds the number of the [`Class`](class::Class)
    /// that most of its colour in the photo comes from. It depends on the layout alone: by night and in winter it is
    /// the same.
    #[must_use]
    pub fn labels(&self, width: u32, height: u32) -> GrayImage {
        let mut canvas = Canvas::new(width, height, [0.0; 3]);
        canvas.parts = Parts::new(canvas.pixels.len());
        self.draw(&light::Light::new(self), &mut canvas);
        GrayImage::from_raw(
            canvas.width as u32,
            canvas.height as u32,
            canvas.parts.largest(),
        )
        .expect("one number for each pixel")
    }

    /// [`Self::labels`] in the colours of the classes.
    #[must_use]
    pub fn label_picture(&self, width: u32, height: u32) -> RgbImage {
        class::picture(&self.labels(width, height))
    }

    /// Everything but the lens.
    fn draw(&self, light: &light::Light, canvas: &mut Canvas) {
        light.sky(self, canvas);
        let wet = terrain::draw(self, light, canvas);
        plants::shadows(self, light, canvas);
        self.objects(light, canvas, false);
        if self.water {
            water::draw(self, light, canvas, &wet);
            self.objects(light, canvas, true);
        }
    }

    /// Everything that stands on the ground, farthest first; `near` are the things whose reflection is out of the
    /// picture, drawn after the water.
    fn objects(&self, light: &light::Light, canvas: &mut Canvas, near: bool) {
        const NEAR: f32 = 16.0;
        let wanted = |z: f32| !self.water || (z < NEAR) == near;
        let mut order: Vec<(f32, usize, u8)> = Vec::new();
        order.extend(
            self.trees
                .iter()
                .enumerate()
                .filter(|(_, t)| wanted(t.z))
                .map(|(i, t)| (t.z, i, 0)),
        );
        order.extend(
            self.houses
                .iter()
                .enumerate()
                .filter(|(_, h)| wanted(h.z))
                .map(|(i, h)| (h.z, i, 1)),
        );
        order.extend(
            self.figures
                .iter()
                .enumerate()
                .filter(|(_, f)| wanted(f.z))
                .map(|(i, f)| (f.z, i, 2)),
        );
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, index, sort) in order {
            match sort {
                0 => plants::draw(self, light, canvas, &self.trees[index]),
                1 => buildings::draw(self, light, canvas, &self.houses[index]),
                _ => figures::draw(self, light, canvas, &self.figures[index]),
            }
        }
        if near || !self.water {
            plants::grass(self, light, canvas);
        }
    }
}

#[cfg(test)]
mod tests;
