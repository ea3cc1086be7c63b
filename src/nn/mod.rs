//! Layers and optimisers that several models share.

mod conv;
mod lbfgs;

pub use conv::{Conv2d, ConvTranspose2d, Init};
pub use lbfgs::Lbfgs;
