//! Networks, one file per paper.

mod feature_network;
mod squeezenet;
mod vgg;

pub use feature_network::{Architecture, Cost, FeatureNetwork, Taps};
pub use squeezenet::SqueezeNet;
pub use vgg::{FEATURES, VGG16, VGG19, Vgg, VggPlan};
