//! Losses as small pure functions of tensors.

pub mod gatys;
