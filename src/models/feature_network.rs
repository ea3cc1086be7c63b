//! A network whose inner layers measure content and style.

use std::collections::BTreeMap;

use burn::tensor::{
    Device, Tensor,
    module::{avg_pool2d, max_pool2d},
    ops::{AvgPoolOptions, MaxPoolOptions},
};

use super::{
    squeezenet::{self, SqueezeNet},
    vgg::{FEATURES, VGG16, VGG19, Vgg, VggPlan},
};
use crate::error::Error;
use crate::ops::SCRATCH_BYTES;
use crate::protocol::Pooling;
use crate::weights::{Expected, Header, Weights};

/// Activations by layer name, each `[B, C, H, W]`.
pub type Taps = BTreeMap<String, Tensor<4>>;

/// Which network a file of weights belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// One of the VGG family, our own `features` among them.
    Vgg(&'static VggPlan),
    /// SqueezeNet 1.1.
    SqueezeNet,
}

impl Architecture {
    /// By the manifest's name: `features`, `vgg16`, `vgg19`, `squeezenet1_1`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "features" => Some(Self::Vgg(&FEATURES)),
            "vgg16" => Some(Self::Vgg(&VGG16)),
            "vgg19" => Some(Self::Vgg(&VGG19)),
            "squeezenet1_1" => Some(Self::SqueezeNet),
            _ => None,
        }
    }

    /// Recognises a dropped file by its names and shapes.
    ///
    /// # Errors
    /// `weights-unknown` if it is none of the networks above.
    pub fn of(header: &Header) -> Result<Self, Error> {
        let has = |name: &str| header.shape(name).is_some();
        if has("features.3.squeeze.weight") {
            return Ok(Self::SqueezeNet);
        }
        let first = header
            .shape("features.0.weight")
            .and_then(|s| s.first().copied());
        match first {
            Some(16) => Ok(Self::Vgg(&FEATURES)),
            // Layer 16 is a convolution in vgg19 and a pooling in vgg16.
            Some(64) if has("features.16.weight") => Ok(Self::Vgg(&VGG19)),
            Some(64) if has("features.17.weight") => Ok(Self::Vgg(&VGG16)),
            _ => Err(Error::BadWeights {
                name: header.name().into(),
                code: "weights-unknown",
                detail: "neither torchvision's vgg16, vgg19 or squeezenet1_1 nor Easel's features"
                    .into(),
            }),
        }
    }

    /// The tensors its file may hold, and which of them are used.
    pub fn expected(&self) -> Vec<Expected> {
        match self {
            Self::Vgg(plan) => plan.expected(),
            Self::SqueezeNet => squeezenet::expected(),
        }
    }

    /// Builds the network on `device`.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(&self, weights: &Weights, device: &Device) -> Result<FeatureNetwork, Error> {
        Ok(match self {
            Self::Vgg(plan) => FeatureNetwork::Vgg(Vgg::load(plan, weights, device)?.packed()),
            Self::SqueezeNet => FeatureNetwork::SqueezeNet(SqueezeNet::load(weights, device)?),
        })
    }

    /// All layers that can be tapped, shallow to deep.
    pub fn layers(&self) -> Vec<String> {
        match self {
            Self::Vgg(plan) => plan.layers(),
            Self::SqueezeNet => squeezenet::LAYERS.map(String::from).to_vec(),
        }
    }

    /// The layer whose activations stand for the content.
    pub fn content_layer(&self) -> &'static str {
        match self {
            Self::Vgg(plan) => plan.content_layer,
            Self::SqueezeNet => "fire6",
        }
    }

    /// The layers whose Gram matrices stand for the style, with their weights w_l.
    pub fn style_layers(&self) -> Vec<(String, f32)> {
        let even = |names: &[&str]| names.iter().map(|n| (String::from(*n), 1.0)).collect();
        match self {
            Self::Vgg(plan) => even(plan.style_layers),
            Self::SqueezeNet => even(&["relu1", "fire3", "fire6", "fire9", "fire11"]),
        }
    }

    /// What a forward pass of a `width` x `height` picture takes up to the deepest of `layers`.
    pub fn cost(&self, width: usize, height: usize, layers: &[String]) -> Cost {
        match self {
            Self::Vgg(plan) => plan.cost(width, height, layers),
            Self::SqueezeNet => squeezenet::cost(width, height, layers),
        }
    }
}

/// A network with its weights.
#[derive(Debug)]
pub enum FeatureNetwork {
    /// See [`Vgg`].
    Vgg(Vgg),
    /// See [`SqueezeNet`].
    SqueezeNet(SqueezeNet),
}

impl FeatureNetwork {
    /// Recognises a file of weights and builds its network.
    ///
    /// # Errors
    /// Those of [`Architecture::of`], [`Weights::read`] and [`Architecture::load`].
    pub fn read(name: &str, file: &[u8], device: &Device) -> Result<(Architecture, Self), Error> {
        let mut architecture = None;
        let weights = Weights::read(name, file, |header| {
            let found = Architecture::of(header)?;
            architecture = Some(found);
            Ok(found.expected())
        })?;
        let architecture = architecture.ok_or(Error::Unexpected("no network".into()))?;
        Ok((architecture, architecture.load(&weights, device)?))
    }

    /// The activations of `layers` for RGB pictures `[B, 3, H, W]` in 0..1. A layer for which the
    /// picture is too small (a pooling would leave nothing) is left out, with all after it.
    pub fn forward(&self, image: Tensor<4>, layers: &[String], pooling: Pooling) -> Taps {
        match self {
            Self::Vgg(net) => net.forward(image, layers, pooling),
            Self::SqueezeNet(net) => net.forward(image, layers, pooling),
        }
    }
}

/// What a forward pass takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Floating-point operations, a multiply-add counted as two.
    pub flops: f64,
    /// Numbers kept for the backward pass.
    pub floats: u64,
    /// Numbers in the largest single tensor.
    pub largest: u64,
    /// Numbers that the kernels of the largest layer keep between their launches.
    pub scratch: u64,
    /// Numbers of the filters and of their packed copies.
    pub filters: u64,
}

impl Cost {
    /// Adds a convolution `input -> output` channels with `taps` weights per pair at `pixels`, and
    /// the activation after it. For stride 1 and 9 taps, Winograd's domain holds 36 numbers for 16 pixels and filters
    /// grow from 9 numbers to 36; otherwise there is a matrix of all windows.
    pub(super) fn conv(&mut self, input: usize, output: usize, taps: usize, pixels: usize) {
        let scratch = match taps {
            9 => (input + output) * pixels * 9 / 4,
            _ => (taps * input + output) * pixels,
        };
        self.scratch = self
            .scratch
            .max(scratch as u64)
            .min(SCRATCH_BYTES as u64 / 4);
        self.filters += (input * output * taps) as u64;
        self.flops += 2.0 * (input * output * taps) as f64 * pixels as f64;
        let floats = (output * pixels) as u64;
        self.floats += 2 * floats;
        self.largest = self.largest.max(floats);
    }

    /// Adds a pooling that leaves `floats` numbers, and remembers where they came from.
    pub(super) fn pool(&mut self, floats: usize) {
        self.floats += 2 * floats as u64;
    }
}

/// ImageNet's mean and deviation per channel, `[1, 3, 1, 1]`, as torchvision uses them. They stay on the GPU: uploaded at
/// every pass, they would make Burn submit what it has recorded.
#[derive(Debug)]
pub(super) struct Colours {
    mean: Tensor<4>,
    deviation: Tensor<4>,
}

impl Colours {
    pub(super) fn new(device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let channels =
            |values: [f32; 3]| Tensor::<1>::from_floats(values, &device).reshape([1, 3, 1, 1]);
        Self {
            mean: channels([0.485, 0.456, 0.406]),
            deviation: channels([0.229, 0.224, 0.225]),
        }
    }

    /// RGB in 0..1 as the networks take it.
    pub(super) fn normalise(&self, image: Tensor<4>) -> Tensor<4> {
        (image - self.mean.clone()) / self.deviation.clone()
    }
}

/// Pooling with stride 2; `None` if nothing would be left.
pub(super) fn pool(x: Tensor<4>, kernel: usize, ceil: bool, pooling: Pooling) -> Option<Tensor<4>> {
    let [_, _, h, w] = x.dims();
    (h.min(w) >= kernel).then(|| match pooling {
        Pooling::Max => {
            let options = MaxPoolOptions::new([kernel; 2]).with_stride([2; 2]);
            max_pool2d(x, options.with_ceil_mode(ceil))
        }
        Pooling::Average => {
            let options = AvgPoolOptions::new([kernel; 2]).with_stride([2; 2]);
            avg_pool2d(x, options.with_ceil_mode(ceil))
        }
    })
}
