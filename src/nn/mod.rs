//! Layers and optimisers that several models share.

mod adam;
mod bands;
mod conv;
mod dual;
mod equalized;
mod layers;
mod lbfgs;
mod linear;
mod norm;
mod pixels;
mod upsample;
mod wired;

pub use adam::Adam;
pub use bands::BandedRun;
pub use conv::{Conv2d, ConvTranspose2d, Init};
pub use dual::Dual;
pub use equalized::{Equalized, EqualizedForm, EqualizedLayers, EqualizedPlan};
pub use layers::{Form, Layer, LayerPlan, Layers, NormKind};
pub use lbfgs::Lbfgs;
pub use linear::{DenseLayers, DensePlan};
pub use norm::{BatchNorm2d, InstanceNorm2d};
pub use pixels::{deviation_map, doubled, halved, pixel_norm};
pub use upsample::UpsampleConv2d;
pub use wired::{Cut, Input, Limits, Wire, Wired};
