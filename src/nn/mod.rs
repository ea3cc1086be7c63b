//! Layers and optimisers that several models share.

mod conv;
mod lbfgs;

pub use conv::Conv2d;
pub use lbfgs::Lbfgs;
