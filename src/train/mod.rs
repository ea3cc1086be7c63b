//! Making the weights that the page ships. Native only.

pub mod attributes;
pub mod classifier;
pub mod cyclegan;
mod darknet;
pub mod features;
pub mod gan;
mod lesson;
pub mod own;
pub mod paintings;
mod pictures;
pub mod pix2pix;
pub mod progan;
pub mod run;
pub mod stackgan;
