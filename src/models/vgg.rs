//! VGG (Simonyan and Zisserman 2015): blocks of 3x3 convolutions with ReLU, halved between blocks.
//! Names and layout are torchvision's: `features.N.weight`, where poolings and ReLUs count.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::feature_network::{Colours, Cost, Taps, pool};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{Conv2d, Init};
use crate::ops::{Activation, ConvOptions, PadMode};
use crate::protocol::Pooling;
use crate::weights::{Expected, Weights};

/// A member of the family.
#[derive(Debug, PartialEq, Eq)]
pub struct VggPlan {
    /// `(convolutions, channels)` of each block.
    pub blocks: &'static [(usize, usize)],
    /// The layer of the content loss.
    pub content_layer: &'static str,
    /// The layers of the style loss.
    pub style_layers: &'static [&'static str],
    /// Torchvision's classifier, which such a file may carry: `(index, [out, in])`.
    pub classifier: &'static [(usize, [usize; 2])],
}

/// Our own: a quarter of vgg13's widths, 1.18 M parameters.
pub static FEATURES: VggPlan = VggPlan {
    blocks: &[(2, 16), (2, 32), (2, 64), (2, 128), (2, 256)],
    content_layer: "relu4_2",
    style_layers: &["relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2"],
    classifier: &[],
};

const CLASSIFIER: &[(usize, [usize; 2])] =
    &[(0, [4096, 25088]), (3, [4096, 4096]), (6, [1000, 4096])];

/// Configuration D of the paper.
pub static VGG16: VggPlan = VggPlan {
    blocks: &[(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)],
    content_layer: "relu4_2",
    style_layers: &["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    classifier: CLASSIFIER,
};

/// Configuration E of the paper, the network of Gatys et al.
pub static VGG19: VggPlan = VggPlan {
    blocks: &[(2, 64), (2, 128), (4, 256), (4, 512), (4, 512)],
    content_layer: "relu4_2",
    style_layers: &["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    classifier: CLASSIFIER,
};

/// One convolution of a plan.
struct Place {
    /// `relu1_2`
    layer: String,
    /// torchvision's index
    index: usize,
    input: usize,
    output: usize,
    /// Whether a pooling comes before it.
    pooled: bool,
}

impl VggPlan {
    /// Whether networks of this plan keep packed filters: our own only, see [`Vgg::packed`].
    fn is_packed(&self) -> bool {
        std::ptr::eq(self, &raw const FEATURES)
    }

    fn places(&self) -> Vec<Place> {
        let (mut places, mut index, mut input) = (Vec::new(), 0, 3);
        for (b, &(convs, output)) in self.blocks.iter().enumerate() {
            for c in 0..convs {
                places.push(Place {
                    layer: format!("relu{}_{}", b + 1, c + 1),
                    index,
                    input,
                    output,
                    pooled: b > 0 && c == 0,
                });
                input = output;
                index += 2;
            }
            index += 1;
        }
        places
    }

    /// Names of the layers that are loaded, shallow to deep.
    pub fn layers(&self) -> Vec<String> {
        let places = self.places().into_iter().take(self.used());
        places.map(|p| p.layer).collect()
    }

    /// The deepest layer that content and style can need: later ones are not loaded.
    fn used(&self) -> usize {
        let deepest = self.style_layers.last().expect("a plan has style layers");
        let places = self.places();
        let at = places.iter().position(|p| p.layer == *deepest);
        at.expect("a plan's style layers exist") + 1
    }

    /// See [`super::Architecture::expected`].
    pub fn expected(&self) -> Vec<Expected> {
        let (used, mut all) = (self.used(), Vec::new());
        for (i, p) in self.places().into_iter().enumerate() {
            all.push(Expected {
                name: format!("features.{}.weight", p.index),
                shape: vec![p.output, p.input, 3, 3],
                used: i < used,
            });
            all.push(Expected {
                name: format!("features.{}.bias", p.index),
                shape: vec![p.output],
                used: i < used,
            });
        }
        for (index, [output, input]) in self.classifier {
            all.push(Expected {
                name: format!("classifier.{index}.weight"),
                shape: vec![*output, *input],
                used: false,
            });
            all.push(Expected {
                name: format!("classifier.{index}.bias"),
                shape: vec![*output],
                used: false,
            });
        }
        all
    }

    /// See [`super::Architecture::cost`].
    pub fn cost(&self, mut width: usize, mut height: usize, layers: &[String]) -> Cost {
        let mut cost = Cost::default();
        let mut channels = 3;
        let mut left = layers.len();
        for p in self.places() {
            if left == 0 {
                break;
            }
            if p.pooled {
                (width, height) = (width / 2, height / 2);
                cost.pool(channels * width * height);
            }
            cost.conv(p.input, p.output, 9, width * height);
            channels = p.output;
            left -= usize::from(layers.contains(&p.layer));
        }
        if self.is_packed() {
            // Both passes' filters in Winograd's domain: 36 numbers each for 9.
            cost.filters *= 1 + 2 * 4;
        }
        cost
    }
}

/// Every convolution of the family: 3x3, the output as large as the input, ReLU.
const CONV: ConvOptions = ConvOptions {
    stride: 1,
    padding: 1,
    mode: PadMode::Zeros,
    activation: Activation::Relu,
};

/// The convolutions of a plan, shallow to deep, as far as they are used.
#[derive(Debug)]
pub struct Vgg {
    plan: &'static VggPlan,
    /// The parameters: a `Module`, so that an optimiser can train it.
    pub convs: Vec<Conv2d>,
    colours: Colours,
}

impl Vgg {
    /// Fresh weights.
    pub fn init(plan: &'static VggPlan, seed: &mut Seed, device: &Device) -> Self {
        let places = plan.places().into_iter().take(plan.used());
        let convs = places
            .map(|p| Conv2d::init([p.input, p.output], 3, true, CONV, Init::He, seed, device));
        Self {
            plan,
            convs: convs.collect(),
            colours: Colours::new(device),
        }
    }

    /// From given convolutions.
    ///
    /// # Panics
    /// If there is none.
    pub fn new(plan: &'static VggPlan, convs: Vec<Conv2d>) -> Self {
        let colours = Colours::new(&convs[0].weight.val().device());
        Self {
            plan,
            convs,
            colours,
        }
    }

    /// Weights from a checked file.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(plan: &'static VggPlan, weights: &Weights, device: &Device) -> Result<Self, Error> {
        let mut convs = Vec::new();
        for p in plan.places().into_iter().take(plan.used()) {
            let weight = weights.tensor(&format!("features.{}.weight", p.index), device)?;
            let bias = weights.tensor(&format!("features.{}.bias", p.index), device)?;
            convs.push(Conv2d::new(weight, Some(bias), CONV));
        }
        Ok(Self::new(plan, convs))
    }

    /// The same with its filters packed, as it is not going to learn. Our own network only: that takes eight times the
    /// memory, too much for vgg19.
    pub fn packed(self) -> Self {
        if !self.plan.is_packed() {
            return self;
        }
        let convs = self.convs.into_iter().map(|conv| conv.packed(true));
        Self {
            convs: convs.collect(),
            ..self
        }
    }

    /// The names of the parameters, in the order of [`Self::convs`].
    pub fn names(&self) -> Vec<(String, String)> {
        let places = self.plan.places();
        let name = |i: usize, part: &str| format!("features.{i}.{part}");
        let pairs = places
            .iter()
            .map(|p| (name(p.index, "weight"), name(p.index, "bias")));
        pairs.take(self.convs.len()).collect()
    }

    /// How many parameters there are.
    pub fn parameters(&self) -> usize {
        self.convs.num_params()
    }

    /// One block alone, from what enters it (already pooled; for the first block, RGB in 0..1).
    pub fn block(&self, block: usize, x: Tensor<4>) -> Tensor<4> {
        let before: usize = self.plan.blocks[..block]
            .iter()
            .map(|(convs, _)| convs)
            .sum();
        let x = if block == 0 {
            self.colours.normalise(x)
        } else {
            x
        };
        let convs = self
            .convs
            .iter()
            .skip(before)
            .take(self.plan.blocks[block].0);
        convs.fold(x, |x, conv| conv.forward(x))
    }

    /// See [`super::FeatureNetwork::forward`].
    pub fn forward(&self, image: Tensor<4>, layers: &[String], pooling: Pooling) -> Taps {
        let mut taps = Taps::new();
        let mut x = self.colours.normalise(image);
        for (conv, place) in self.convs.iter().zip(self.plan.places()) {
            if taps.len() == layers.len() {
                break;
            }
            if place.pooled {
                match pool(x, 2, false, pooling) {
                    Some(smaller) => x = smaller,
                    None => break,
                }
            }
            x = conv.forward(x);
            if layers.contains(&place.layer) {
                taps.insert(place.layer, x.clone());
            }
        }
        taps
    }
}
