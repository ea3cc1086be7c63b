//! Easel: stylize pictures and train small GANs on the visitor's own GPU.
//!
//! Layers, top to bottom; imports point only downwards (`tests/layers.rs`):
//! `exports`, `session`, `jobs`, `train` and `native_bench`, `models`, `losses` and `quality`, `nn`, `data` and `weights`, `ops`, `gpu`,
//! `protocol` and `error`.

pub mod data;
pub mod error;
pub mod gpu;
pub mod jobs;
pub mod losses;
pub mod models;
#[cfg(not(target_family = "wasm"))]
pub mod native_bench;
pub mod nn;
pub mod ops;
pub mod protocol;
pub mod quality;
pub mod session;
#[cfg(not(target_family = "wasm"))]
pub mod train;
pub mod weights;

#[cfg(all(target_family = "wasm", feature = "bench"))]
mod bench;
#[cfg(target_family = "wasm")]
mod exports;
