//! Layers and optimisers that several models share.

mod adam;
mod conv;
mod dual;
mod equalized;
mod layers;
mod lbfgs;
mod linear;
mod norm;
mod pixels;
mod upsample;

pub use adam::Adam;
pub use conv::{Conv2d, ConvTranspose2d, Init};
pub use dual::Dual;
pub use equalized::{Equalized, EqualizedForm, EqualizedLayers, EqualizedPlan};
pub use layers::{Form, Layer, LayerPlan, Layers, NormKind};
pub use lbfgs::Lbfgs;
pub use linear::{DenseLayers, DensePlan};
pub use norm::{BatchNorm2d, InstanceNorm2d};
pub use pixels::{deviation_map, doubled, halved, pixel_norm};
pub use upsample::UpsampleConv2d;
