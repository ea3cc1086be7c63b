//! The two networks of a run, with their labels.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::models::{
    DcganConfig, DcganDiscriminator, DcganGenerator, LabelledNoise, LabelledPicture,
    MlpDiscriminator, MlpGanConfig, MlpGenerator, UpsamplingGenerator,
};
use crate::protocol::{GanConfig, GanNetwork, GanVariant};
use crate::weights::{Expected, Weights};

/// Both networks before they have weights.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    config: GanConfig,
    /// `[C, H, W]`
    shape: [usize; 3],
    /// More than none with labels.
    classes: Option<usize>,
}

#[allow(clippy::large_enum_variant, reason = "there are two of them in a run")]
#[derive(Module, Debug)]
pub(super) enum GeneratorBody {
    Mlp(MlpGenerator),
    Dcgan(DcganGenerator),
    /// Out of a file, to draw with.
    Upsampling(UpsamplingGenerator),
}

/// From noise, and a label if there are any, to samples.
#[derive(Module, Debug)]
pub(super) struct Generator {
    label: Option<LabelledNoise>,
    body: GeneratorBody,
}

#[allow(clippy::large_enum_variant, reason = "there are two of them in a run")]
#[derive(Module, Debug)]
enum DiscriminatorBody {
    Mlp(MlpDiscriminator),
    Dcgan(DcganDiscriminator),
}

/// From samples, and their labels if there are any, to opinions.
#[derive(Module, Debug)]
pub(super) struct Discriminator {
    label: Option<LabelledPicture>,
    body: DiscriminatorBody,
}

/// What both networks take for one sample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// Values of all weights.
    pub parameters: f64,
    /// Values between layers.
    pub activations: f64,
    /// Floating-point operations of one step for one sample.
    pub flops: f64,
    /// Values of the largest weight.
    pub largest: f64,
}

impl Cost {
    /// A layer whose weight is used at so many pixels and gives `out` values, so many times a step.
    fn add(&mut self, weight: &[usize], pixels: usize, out: usize, times: f64) {
        let values = weight.iter().product::<usize>() as f64;
        self.parameters += values;
        self.activations += out as f64;
        self.flops += 2.0 * values * pixels as f64 * times;
        self.largest = self.largest.max(values);
    }
}

impl Pair {
    pub(super) fn new(config: &GanConfig, shape: [usize; 3], classes: usize) -> Self {
        let labelled = config.variant == GanVariant::Cgan;
        Self {
            config: config.clone(),
            shape,
            classes: labelled.then_some(classes),
        }
    }

    fn size(&self) -> [usize; 2] {
        [self.shape[1], self.shape[2]]
    }

    /// The generator's noise with its label.
    fn latent(&self) -> usize {
        let latent = self.config.latent as usize;
        let labelled = |classes| LabelledNoise::latent(self.config.noise_label, classes, latent);
        self.classes.map_or(latent, labelled)
    }

    fn mlp(&self) -> MlpGanConfig {
        let widths = |list: &[u32]| list.iter().map(|w| *w as usize).collect();
        let form = self.config.picture_label;
        let label = |classes| LabelledPicture::gained_by_row(form, classes, self.size());
        MlpGanConfig {
            picture: self.shape,
            latent: self.latent(),
            label: self.classes.map_or(0, label),
            generator: widths(&self.config.generator_widths),
            discriminator: widths(&self.config.discriminator_widths),
            norm: self.config.norm,
            // Points are anywhere; pictures end at black and white.
            bounded: self.size() != [1, 1],
            dropout: self.config.dropout > 0.0,
        }
    }

    /// Of the generator, or of the discriminator, whose pictures have further channels for the label.
    fn dcgan(&self, channels: usize) -> DcganConfig {
        DcganConfig {
            size: self.shape[1],
            channels: self.shape[0] + channels,
            latent: self.latent(),
            width: self.config.width as usize,
        }
    }

    fn gained(&self) -> usize {
        let form = self.config.picture_label;
        self.classes
            .map_or(0, |classes| LabelledPicture::gained(form, classes))
    }

    /// From the shapes of the weights alone.
    pub(super) fn cost(&self) -> Cost {
        let layers = |all: Vec<Expected>| -> Vec<Vec<usize>> {
            let weights = all.into_iter().map(|e| e.shape);
            weights.filter(|shape| shape.len() > 1).collect()
        };
        let (g, d) = (
            layers(self.expected_generator()),
            layers(self.expected_discriminator()),
        );
        let side = self.shape[1];
        let mut cost = Cost::default();
        // A transposed convolution [in, out, k, k] works at each pixel that goes in, a convolution [out, in, k, k] at each
        // that comes out; both halve the side at each layer, seen from the picture.
        let from_picture = |i: usize, count: usize| (side >> (count - i)).max(1);
        for (i, shape) in g.iter().enumerate() {
            let pixels = if shape.len() == 4 {
                from_picture(i, g.len()).pow(2)
            } else {
                1
            };
            let out = if shape.len() == 4 {
                shape[1] * 4 * pixels
            } else {
                shape[0]
            };
            cost.add(shape, pixels, out, 3.0);
        }
        for (i, shape) in d.iter().enumerate() {
            let pixels = if shape.len() == 4 {
                (side >> (i + 1)).max(1).pow(2)
            } else {
                1
            };
            cost.add(shape, pixels, shape[0] * pixels, 9.0);
        }
        cost
    }

    pub(super) fn generator(&self, seed: &mut Seed, device: &Device) -> Generator {
        let (form, latent) = (self.config.noise_label, self.config.latent as usize);
        let label = self
            .classes
            .map(|classes| LabelledNoise::init(form, classes, latent, seed, device));
        let body = match self.config.network {
            GanNetwork::Mlp => GeneratorBody::Mlp(self.mlp().init_generator(seed, device)),
            GanNetwork::Dcgan => GeneratorBody::Dcgan(self.dcgan(0).init_generator(seed, device)),
        };
        Generator { label, body }
    }

    pub(super) fn discriminator(&self, seed: &mut Seed, device: &Device) -> Discriminator {
        let (form, size) = (self.config.picture_label, self.size());
        let label = self
            .classes
            .map(|classes| LabelledPicture::init(form, classes, size, seed, device));
        let body = match self.config.network {
            GanNetwork::Mlp => DiscriminatorBody::Mlp(self.mlp().init_discriminator(seed, device)),
            GanNetwork::Dcgan => {
                let config = self.dcgan(self.gained());
                DiscriminatorBody::Dcgan(config.init_discriminator(seed, device))
            }
        };
        Discriminator { label, body }
    }

    /// The tensors of the generator's file.
    pub(super) fn expected_generator(&self) -> Vec<Expected> {
        let (form, latent) = (self.config.noise_label, self.config.latent as usize);
        let mut all = match self.config.network {
            GanNetwork::Mlp => self.mlp().expected_generator(),
            GanNetwork::Dcgan => self.dcgan(0).expected_generator(),
        };
        all.extend(
            self.classes
                .map(|classes| LabelledNoise::expected(form, classes, latent)),
        );
        all
    }

    /// The tensors of the discriminator's file.
    pub(super) fn expected_discriminator(&self) -> Vec<Expected> {
        let mut all = match self.config.network {
            GanNetwork::Mlp => self.mlp().expected_discriminator(),
            GanNetwork::Dcgan => self.dcgan(self.gained()).expected_discriminator(),
        };
        let form = self.config.picture_label;
        all.extend(
            self.classes
                .map(|classes| LabelledPicture::expected(form, classes, self.size())),
        );
        all
    }

    /// From a file checked by [`Self::expected_generator`].
    pub(super) fn load_generator(
        &self,
        weights: &Weights,
        device: &Device,
    ) -> Result<Generator, Error> {
        let form = self.config.noise_label;
        let label = match self.classes {
            Some(_) => Some(LabelledNoise::load(form, weights, device)?),
            None => None,
        };
        let body = match self.config.network {
            GanNetwork::Mlp => GeneratorBody::Mlp(self.mlp().load_generator(weights, device)?),
            GanNetwork::Dcgan => {
                GeneratorBody::Dcgan(self.dcgan(0).load_generator(weights, device)?)
            }
        };
        Ok(Generator { label, body })
    }

    /// From a file checked by [`Self::expected_discriminator`].
    pub(super) fn load_discriminator(
        &self,
        weights: &Weights,
        device: &Device,
    ) -> Result<Discriminator, Error> {
        let form = self.config.picture_label;
        let label = match self.classes {
            Some(_) => Some(LabelledPicture::load(form, weights, device)?),
            None => None,
        };
        let body = match self.config.network {
            GanNetwork::Mlp => {
                DiscriminatorBody::Mlp(self.mlp().load_discriminator(weights, device)?)
            }
            GanNetwork::Dcgan => {
                let config = self.dcgan(self.gained());
                DiscriminatorBody::Dcgan(config.load_discriminator(weights, device)?)
            }
        };
        Ok(Discriminator { label, body })
    }
}

impl Generator {
    pub(super) fn new(label: Option<LabelledNoise>, body: GeneratorBody) -> Self {
        Self { label, body }
    }

    fn input(&self, noise: Tensor<4>, labels: &Tensor<2>) -> Tensor<4> {
        match &self.label {
            Some(label) => label.forward(noise, labels.clone()),
            None => noise,
        }
    }

    /// `[B, latent, 1, 1]` and labels of `one_hot`, ignored where there are none -> `[B, C, H, W]`, by the running
    /// statistics.
    pub(super) fn forward(&self, noise: Tensor<4>, labels: &Tensor<2>) -> Tensor<4> {
        let x = self.input(noise, labels);
        match &self.body {
            GeneratorBody::Mlp(net) => net.forward(x),
            GeneratorBody::Dcgan(net) => net.forward(x),
            GeneratorBody::Upsampling(net) => net.forward(x),
        }
    }

    /// The same by the statistics of the batch, which move the running ones.
    pub(super) fn forward_train(&mut self, noise: Tensor<4>, labels: &Tensor<2>) -> Tensor<4> {
        let x = self.input(noise, labels);
        match &mut self.body {
            GeneratorBody::Mlp(net) => net.forward_train(x),
            GeneratorBody::Dcgan(net) => net.forward_train(x),
            GeneratorBody::Upsampling(net) => net.forward_train(x),
        }
    }

    pub(super) fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let mut all = match &self.body {
            GeneratorBody::Mlp(net) => net.tensors(),
            GeneratorBody::Dcgan(net) => net.tensors(),
            GeneratorBody::Upsampling(net) => net.tensors(),
        };
        all.extend(self.label.as_ref().map(LabelledNoise::tensor));
        all
    }
}

impl Discriminator {
    /// The masks of one pass.
    pub(super) fn masks(
        &self,
        share: f32,
        batch: usize,
        seed: &mut Seed,
        device: &Device,
    ) -> Vec<Tensor<2>> {
        match &self.body {
            DiscriminatorBody::Mlp(net) => net.masks(share, batch, seed, device),
            DiscriminatorBody::Dcgan(_) => vec![],
        }
    }

    /// `[B, C, H, W]` and labels of `one_hot` -> `[B, 1, 1, 1]` in training.
    pub(super) fn forward_train(
        &mut self,
        samples: Tensor<4>,
        labels: &Tensor<2>,
        masks: &[Tensor<2>],
    ) -> Tensor<4> {
        match (&mut self.body, &self.label) {
            (DiscriminatorBody::Mlp(net), Some(label)) => {
                net.forward_train(label.row(samples, labels.clone()), masks)
            }
            (DiscriminatorBody::Mlp(net), None) => net.forward_train(samples.flatten(1, 3), masks),
            (DiscriminatorBody::Dcgan(net), Some(label)) => {
                net.forward_train(label.channels(samples, labels.clone()))
            }
            (DiscriminatorBody::Dcgan(net), None) => net.forward_train(samples),
        }
    }

    /// [`Self::forward_train`] of two batches. Without batch norms they may go through in one pass.
    pub(super) fn forward_pair(
        &mut self,
        [a, b]: [Tensor<4>; 2],
        [labels_a, labels_b]: [&Tensor<2>; 2],
        [masks_a, masks_b]: [Vec<Tensor<2>>; 2],
    ) -> [Tensor<4>; 2] {
        if let DiscriminatorBody::Dcgan(_) = self.body {
            let a = self.forward_train(a, labels_a, &masks_a);
            return [a, self.forward_train(b, labels_b, &masks_b)];
        }
        let cat = |a: Tensor<2>, b: Tensor<2>| Tensor::cat(vec![a, b], 0);
        let masks = masks_a.into_iter().zip(masks_b);
        let masks: Vec<_> = masks.map(|(a, b)| cat(a, b)).collect();
        let (first, second) = (a.dims()[0], b.dims()[0]);
        let samples = Tensor::cat(vec![a, b], 0);
        let labels = match self.label {
            Some(_) => cat(labels_a.clone(), labels_b.clone()),
            None => labels_a.clone(),
        };
        let both = self.forward_train(samples, &labels, &masks);
        let part = |from, count| both.clone().narrow(0, from, count);
        [part(0, first), part(first, second)]
    }

    /// The same in inference: what the discriminator thinks of any place, for its map.
    pub(super) fn forward(&self, samples: Tensor<4>, labels: &Tensor<2>) -> Tensor<4> {
        match (&self.body, &self.label) {
            (DiscriminatorBody::Mlp(net), Some(label)) => {
                net.forward(label.row(samples, labels.clone()))
            }
            (DiscriminatorBody::Mlp(net), None) => net.forward(samples.flatten(1, 3)),
            (DiscriminatorBody::Dcgan(net), Some(label)) => {
                net.forward(label.channels(samples, labels.clone()))
            }
            (DiscriminatorBody::Dcgan(net), None) => net.forward(samples),
        }
    }

    pub(super) fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let mut all = match &self.body {
            DiscriminatorBody::Mlp(net) => net.tensors(),
            DiscriminatorBody::Dcgan(net) => net.tensors(),
        };
        all.extend(self.label.as_ref().map(LabelledPicture::tensor));
        all
    }
}
