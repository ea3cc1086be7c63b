//! Pictures: reading what users bring, drawing what Easel brings.

pub mod captioned;
pub mod captions;
pub mod color;
pub mod dataset;
pub mod decode;
pub mod digits;
mod levels;
pub mod own;
pub mod pairs;
pub mod points;
pub mod scenes;
pub mod seed;
pub mod styles;
pub mod unpaired;
