//! Layers and optimisers that several models share.

mod adam;
mod conv;
mod layers;
mod lbfgs;
mod linear;
mod norm;
mod upsample;

pub use adam::Adam;
pub use conv::{Conv2d, ConvTranspose2d, Init};
pub use layers::{Form, Layer, LayerPlan, Layers, NormKind};
pub use lbfgs::Lbfgs;
pub use linear::{DenseLayers, DensePlan};
pub use norm::{BatchNorm2d, InstanceNorm2d};
pub use upsample::UpsampleConv2d;
