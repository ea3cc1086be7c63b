//! Pictures: reading what users bring, drawing what Easel brings.

pub mod color;
pub mod decode;
pub mod scenes;
pub mod seed;
pub mod styles;
