//! Making the weights that the page ships. Native only.

mod darknet;
pub mod features;
pub mod gan;
pub mod own;
mod pictures;
