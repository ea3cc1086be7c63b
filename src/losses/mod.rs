//! Losses as small pure functions of tensors.

pub mod adversarial;
pub mod gatys;
pub mod stackgan;
pub mod wasserstein;
