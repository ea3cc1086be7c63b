//! The running job and the one loop that drives it. The browser half owns the device, the loaded
//! models, canvases and messages; the loop itself knows none of them and is tested natively.

#[cfg(target_family = "wasm")]
mod browser;
mod caption;
mod driver;
mod export;
#[cfg(target_family = "wasm")]
mod host;
#[cfg(target_family = "wasm")]
mod inputs;

#[cfg(target_family = "wasm")]
pub use browser::{Services, Session};
pub use caption::caption;
pub use driver::{Command, Host, drive};
pub use export::networks_file;
#[cfg(target_family = "wasm")]
pub use host::Post;
