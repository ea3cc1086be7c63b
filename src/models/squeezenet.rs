//! SqueezeNet 1.1 (Iandola et al. 2016) with torchvision's names: a fire module squeezes by a 1x1
//! convolution, then expands by a 1x1 and a 3x3 whose outputs are joined.

use burn::tensor::{Device, Tensor};

use super::feature_network::{Colours, Cost, Taps, pool};
use crate::error::Error;
use crate::nn::Conv2d;
use crate::ops::{Activation, ConvOptions};
use crate::protocol::Pooling;
use crate::weights::{Expected, Weights};

/// Layers that can be tapped: the first ReLU, then each fire module by torchvision's index.
pub const LAYERS: [&str; 9] = [
    "relu1", "fire3", "fire4", "fire6", "fire7", "fire9", "fire10", "fire11", "fire12",
];

/// `(index, input, squeeze, expand)`: expand counts for each of the two halves.
const FIRES: [(usize, usize, usize, usize); 8] = [
    (3, 64, 16, 64),
    (4, 128, 16, 64),
    (6, 128, 32, 128),
    (7, 256, 32, 128),
    (9, 256, 48, 192),
    (10, 384, 48, 192),
    (11, 384, 64, 256),
    (12, 512, 64, 256),
];

/// Fire modules that follow a pooling.
fn pooled(index: usize) -> bool {
    matches!(index, 3 | 6 | 9)
}

/// See [`super::Architecture::expected`].
pub fn expected() -> Vec<Expected> {
    let mut all = Vec::new();
    let mut conv = |name: String, [output, input, k]: [usize; 3], used| {
        let weight = vec![output, input, k, k];
        for (part, shape) in [("weight", weight), ("bias", vec![output])] {
            let name = format!("{name}.{part}");
            all.push(Expected { name, shape, used });
        }
    };
    conv("features.0".into(), [64, 3, 3], true);
    for (i, input, squeeze, expand) in FIRES {
        conv(format!("features.{i}.squeeze"), [squeeze, input, 1], true);
        conv(
            format!("features.{i}.expand1x1"),
            [expand, squeeze, 1],
            true,
        );
        conv(
            format!("features.{i}.expand3x3"),
            [expand, squeeze, 3],
            true,
        );
    }
    conv("classifier.1".into(), [1000, 512, 1], false);
    all
}

/// See [`super::Architecture::cost`].
pub fn cost(width: usize, height: usize, layers: &[String]) -> Cost {
    let mut cost = Cost::default();
    let half = |n: usize| (n.saturating_sub(2)).div_ceil(2);
    let (mut w, mut h) = (half(width), half(height));
    cost.conv(3, 64, 9, w * h);
    let mut left = layers.len() - usize::from(layers.iter().any(|l| l == "relu1"));
    for (i, input, squeeze, expand) in FIRES {
        if left == 0 {
            break;
        }
        if pooled(i) {
            (w, h) = (half(w), half(h));
            cost.pool(input * w * h);
        }
        cost.conv(input, squeeze, 1, w * h);
        cost.conv(squeeze, expand, 1, w * h);
        cost.conv(squeeze, expand, 9, w * h);
        cost.floats += (2 * expand * w * h) as u64;
        left -= usize::from(layers.contains(&format!("fire{i}")));
    }
    cost
}

#[derive(Debug)]
struct Fire {
    index: usize,
    squeeze: Conv2d,
    expand1x1: Conv2d,
    expand3x3: Conv2d,
}

/// The convolutional part; the classifier is not loaded.
#[derive(Debug)]
pub struct SqueezeNet {
    first: Conv2d,
    fires: Vec<Fire>,
    colours: Colours,
}

impl SqueezeNet {
    /// Weights from a checked file.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(weights: &Weights, device: &Device) -> Result<Self, Error> {
        let conv = |name: String, stride, padding| -> Result<Conv2d, Error> {
            let weight = weights.tensor(&format!("{name}.weight"), device)?;
            let bias = weights.tensor(&format!("{name}.bias"), device)?;
            let options = ConvOptions {
                stride,
                padding,
                activation: Activation::Relu,
                ..ConvOptions::default()
            };
            Ok(Conv2d::new(weight, Some(bias), options))
        };
        let mut fires = Vec::new();
        for (index, ..) in FIRES {
            fires.push(Fire {
                index,
                squeeze: conv(format!("features.{index}.squeeze"), 1, 0)?,
                expand1x1: conv(format!("features.{index}.expand1x1"), 1, 0)?,
                expand3x3: conv(format!("features.{index}.expand3x3"), 1, 1)?,
            });
        }
        Ok(Self {
            first: conv("features.0".into(), 2, 0)?,
            fires,
            colours: Colours::new(device),
        })
    }

    /// See [`super::FeatureNetwork::forward`].
    pub fn forward(&self, image: Tensor<4>, layers: &[String], pooling: Pooling) -> Taps {
        let mut taps = Taps::new();
        let [_, _, h, w] = image.dims();
        if h.min(w) < 3 {
            return taps;
        }
        let mut x = self.first.forward(self.colours.normalise(image));
        if layers.iter().any(|l| l == "relu1") {
            taps.insert("relu1".into(), x.clone());
        }
        for fire in &self.fires {
            if taps.len() == layers.len() {
                break;
            }
            if pooled(fire.index) {
                match pool(x, 3, true, pooling) {
                    Some(smaller) => x = smaller,
                    None => break,
                }
            }
            let squeezed = fire.squeeze.forward(x);
            let one = fire.expand1x1.forward(squeezed.clone());
            let three = fire.expand3x3.forward(squeezed);
            x = Tensor::cat(vec![one, three], 1);
            let layer = format!("fire{}", fire.index);
            if layers.contains(&layer) {
                taps.insert(layer, x.clone());
            }
        }
        taps
    }
}
