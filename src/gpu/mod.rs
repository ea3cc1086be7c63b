//! The device: starting it, reading numbers back together, showing pictures.

mod device;
#[cfg(target_family = "wasm")]
mod present;
mod readback;

pub use device::{Gpu, TASKS, check_limits, start};
#[cfg(target_family = "wasm")]
pub use present::Presenter;
pub use readback::{read_bytes, read_named, read_scalars};
