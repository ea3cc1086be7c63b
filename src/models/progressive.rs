//! Generator and discriminator of Progressive GAN (Karras et al. 2018, arXiv 1710.10196), which grow by one level at a time:
//! level 0 has 4 px, each next one twice as many.
//!
//! Names and shapes are those of torch.hub's PGAN (facebookresearch/pytorch_GAN_zoo): `formatLayer`, `scaleLayers.0.1`,
//! `toRGBLayers.2`. The arithmetic is the authors' (tkarras/progressive_growing_of_gans), from which the former departs:
//! it multiplies biases by the layer's constant as well, has one gain for all layers, where the authors' is `sqrt(2) / 4` of
//! the first and 1 of the last of either network, and divides by one less in the standard deviation. From the former is the
//! bias of the first layer, one for each of its values and not for each channel. As the paper's table, and unlike the authors'
//! fused kernels, a level of the discriminator halves the picture after its activation.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Dual, EqualizedForm, EqualizedLayers, EqualizedPlan, doubled, pixel_norm};
use crate::ops::Activation;
use crate::weights::{Expected, Weights};

/// Side of the first level, in pixels.
pub const FIRST: usize = 4;
const LEAKY: Activation = Activation::LeakyRelu(0.2);

/// The settings of both networks; the defaults are the paper's: 23.09 M parameters each at 1024 px.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgressiveConfig {
    /// Channels of the pictures.
    pub channels: usize,
    /// Numbers that the generator is given.
    pub latent: usize,
    /// Channels at 2 px, if there were such a level; each next level has half as many.
    pub fmap_base: usize,
    /// The most channels of a level.
    pub fmap_max: usize,
}

impl Default for ProgressiveConfig {
    fn default() -> Self {
        Self {
            channels: 3,
            latent: 512,
            fmap_base: 8192,
            fmap_max: 512,
        }
    }
}

impl ProgressiveConfig {
    /// Channels of a level: `min(fmap_base / 2^(level + 1), fmap_max)`, at least 1.
    #[must_use]
    pub fn width(&self, level: usize) -> usize {
        (self.fmap_base >> (level + 1)).clamp(1, self.fmap_max)
    }

    /// What the generator gains with a level, in the order of use; at the end what turns it into a picture.
    #[must_use]
    pub fn generator_level(&self, level: usize) -> Vec<EqualizedPlan> {
        let width = self.width(level);
        let root = 2.0_f32.sqrt();
        let to_rgb = layer(
            format!("toRGBLayers.{level}"),
            EqualizedForm::Conv,
            [width, self.channels],
            1,
            (1.0, Activation::Linear),
        );
        let inner = |name: String, form, input| layer(name, form, [input, width], 3, (root, LEAKY));
        if level == 0 {
            let pixels = FIRST * FIRST;
            let first = layer(
                "formatLayer".into(),
                EqualizedForm::Dense,
                [self.latent, width * pixels],
                1,
                (root / 4.0, LEAKY),
            );
            let second = inner("groupScale0.0".into(), EqualizedForm::Conv, width);
            return vec![first, second, to_rgb];
        }
        let name = |part: usize| format!("scaleLayers.{}.{part}", level - 1);
        let before = self.width(level - 1);
        vec![
            inner(name(0), EqualizedForm::Doubling, before),
            inner(name(1), EqualizedForm::Conv, width),
            to_rgb,
        ]
    }

    /// What the discriminator gains with a level, in the order of use.
    #[must_use]
    pub fn discriminator_level(&self, level: usize) -> Vec<EqualizedPlan> {
        let width = self.width(level);
        let root = 2.0_f32.sqrt();
        let (conv, dense) = (EqualizedForm::Conv, EqualizedForm::Dense);
        let from_rgb = layer(
            format!("fromRGBLayers.{level}"),
            conv,
            [self.channels, width],
            1,
            (root, LEAKY),
        );
        if level == 0 {
            let name = |part: &str| part.to_owned();
            // With the map of deviations.
            let first = [width + 1, width];
            return vec![
                from_rgb,
                layer(name("groupScaleZero.0"), conv, first, 3, (root, LEAKY)),
                layer(
                    name("groupScaleZero.1"),
                    dense,
                    [width; 2],
                    FIRST,
                    (root, LEAKY),
                ),
                layer(
                    name("decisionLayer"),
                    dense,
                    [width, 1],
                    1,
                    (1.0, Activation::Linear),
                ),
            ];
        }
        let name = |part: usize| format!("scaleLayers.{}.{part}", level - 1);
        let behind = self.width(level - 1);
        vec![
            from_rgb,
            layer(name(0), conv, [width; 2], 3, (root, LEAKY)),
            layer(name(1), conv, [width, behind], 3, (root, LEAKY)),
        ]
    }

    fn generator(&self, level: usize) -> Vec<EqualizedPlan> {
        (0..=level).flat_map(|l| self.generator_level(l)).collect()
    }

    fn discriminator(&self, level: usize) -> Vec<EqualizedPlan> {
        (0..=level)
            .flat_map(|l| self.discriminator_level(l))
            .collect()
    }

    /// The tensors of the generator's file, grown up to a level.
    #[must_use]
    pub fn expected_generator(&self, level: usize) -> Vec<Expected> {
        EqualizedLayers::expected(&self.generator(level))
    }

    /// The tensors of the discriminator's file, grown up to a level.
    #[must_use]
    pub fn expected_discriminator(&self, level: usize) -> Vec<Expected> {
        EqualizedLayers::expected(&self.discriminator(level))
    }

    /// Fresh weights `N(0, 1)` of the first level, biases 0.
    pub fn init_generator(&self, seed: &mut Seed, device: &Device) -> ProgressiveGenerator {
        ProgressiveGenerator {
            layers: EqualizedLayers::init(self.generator(0), seed, device),
            config: *self,
            level: 0,
        }
    }

    /// See [`Self::init_generator`].
    pub fn init_discriminator(&self, seed: &mut Seed, device: &Device) -> ProgressiveDiscriminator {
        ProgressiveDiscriminator {
            layers: EqualizedLayers::init(self.discriminator(0), seed, device),
            level: 0,
        }
    }

    /// Weights from a file checked by [`Self::expected_generator`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load_generator(
        &self,
        level: usize,
        weights: &Weights,
        device: &Device,
    ) -> Result<ProgressiveGenerator, Error> {
        Ok(ProgressiveGenerator {
            layers: EqualizedLayers::load(self.generator(level), weights, device)?,
            config: *self,
            level,
        })
    }

    /// Weights from a file checked by [`Self::expected_discriminator`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load_discriminator(
        &self,
        level: usize,
        weights: &Weights,
        device: &Device,
    ) -> Result<ProgressiveDiscriminator, Error> {
        Ok(ProgressiveDiscriminator {
            layers: EqualizedLayers::load(self.discriminator(level), weights, device)?,
            level,
        })
    }
}

fn layer(
    name: String,
    form: EqualizedForm,
    channels: [usize; 2],
    kernel: usize,
    (gain, activation): (f32, Activation),
) -> EqualizedPlan {
    EqualizedPlan {
        name,
        form,
        channels,
        kernel,
        gain,
        activation,
    }
}

/// From noise to pictures.
#[derive(Module, Debug)]
pub struct ProgressiveGenerator {
    /// Three of each level.
    layers: EqualizedLayers,
    #[module(skip)]
    config: ProgressiveConfig,
    #[module(skip)]
    level: usize,
}

impl ProgressiveGenerator {
    /// `[B, latent, 1, 1]` drawn from `N(0, 1)`, each brought to the length `sqrt(latent)` -> `[B, channels, S, S]`, about
    /// -1..1 but not bounded. `alpha` in 0..=1 is how much of the newest level there is: the rest is the picture of the one
    /// before, doubled.
    ///
    /// # Panics
    /// If the noise has another shape.
    pub fn forward(&self, noise: Tensor<4>, alpha: f32) -> Tensor<4> {
        let [b, latent, h, w] = noise.dims();
        assert_eq!([latent, h, w], [self.config.latent, 1, 1], "the noise");
        let layers = &self.layers.layers;
        let first = layers[0].forward(pixel_norm(noise));
        let width = self.config.width(0);
        let mut x = pixel_norm(first.reshape([b, width, FIRST, FIRST]));
        x = pixel_norm(layers[1].forward(x));
        let mut before = None;
        for level in 1..=self.level {
            if level == self.level && alpha < 1.0 {
                before = Some(layers[3 * level - 1].forward(x.clone()));
            }
            x = pixel_norm(layers[3 * level].forward(x));
            x = pixel_norm(layers[3 * level + 1].forward(x));
        }
        let picture = layers[3 * self.level + 2].forward(x);
        match before {
            Some(before) => picture * alpha + doubled(before) * (1.0 - alpha),
            None => picture,
        }
    }

    /// With one more level, drawn from the seed.
    #[must_use]
    pub fn grown(self, seed: &mut Seed, device: &Device) -> Self {
        let level = self.level + 1;
        let plan = self.config.generator_level(level);
        Self {
            layers: self.layers.grown(plan, seed, device),
            level,
            ..self
        }
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}

/// From pictures to scores.
#[derive(Module, Debug)]
pub struct ProgressiveDiscriminator {
    /// Four of the first level, then three of each.
    layers: EqualizedLayers,
    #[module(skip)]
    level: usize,
}

impl ProgressiveDiscriminator {
    /// `[B, channels, S, S]` in -1..1 -> scores `[B, 1, 1, 1]`. `alpha` as in [`ProgressiveGenerator::forward`]: the rest is
    /// what the level before makes of the picture, halved. The batch consists of `parts` of the same size that do not see
    /// each other.
    ///
    /// # Panics
    /// If the pictures have another size.
    pub fn forward(&self, image: Tensor<4>, alpha: f32, parts: usize) -> Tensor<4> {
        self.forward_dual(Dual::plain(image), alpha, parts).value
    }

    /// [`Self::forward`] with its derivative along the direction of the pictures, if there is one.
    ///
    /// # Panics
    /// If the pictures have another size.
    pub fn forward_dual(&self, image: Dual, alpha: f32, parts: usize) -> Dual {
        let [_, _, h, w] = image.value.dims();
        let side = FIRST << self.level;
        assert_eq!([h, w], [side; 2], "the size of the pictures");
        let layers = &self.layers.layers;
        let at =
            |level: usize, part: usize| &layers[part + if level == 0 { 0 } else { 3 * level + 1 }];
        let before = (self.level > 0 && alpha < 1.0)
            .then(|| at(self.level - 1, 0).forward_dual(image.clone().halved()));
        let mut x = at(self.level, 0).forward_dual(image);
        for level in (1..=self.level).rev() {
            x = at(level, 1).forward_dual(x);
            x = at(level, 2).forward_dual(x).halved();
            if level == self.level
                && let Some(before) = before.clone()
            {
                x = x.faded(before, alpha);
            }
        }
        x = at(0, 1).forward_dual(x.with_deviation(parts));
        x = at(0, 2).forward_dual(x);
        at(0, 3).forward_dual(x)
    }

    /// With one more level, drawn from the seed.
    #[must_use]
    pub fn grown(self, config: &ProgressiveConfig, seed: &mut Seed, device: &Device) -> Self {
        let level = self.level + 1;
        let plan = config.discriminator_level(level);
        Self {
            layers: self.layers.grown(plan, seed, device),
            level,
        }
    }

    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        self.layers.tensors()
    }
}
