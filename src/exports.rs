//! What the worker's script sees of the crate.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::protocol::{AdapterInfo, Request};
use crate::session::{Post, Services, Session};

#[allow(
    unsafe_code,
    reason = "the linker's own function, called once before anything else"
)]
mod start {
    use wasm_bindgen::prelude::*;

    unsafe extern "C" {
        fn __wasm_call_ctors();
    }

    /// Burn registers itself in static constructors. Where nobody calls them, the linker wraps every
    /// export to call them all, at every allocation and callback: ten times slower.
    #[wasm_bindgen(start)]
    pub fn start() {
        unsafe { __wasm_call_ctors() };
    }
}

/// The engine of a worker.
#[wasm_bindgen]
pub struct Engine(Session);

#[wasm_bindgen]
impl Engine {
    /// `post(event, bitmap?, blob?)`, `fetch(run, model, file) -> Promise<Uint8Array>`,
    /// `breathe() -> Promise`.
    #[wasm_bindgen(constructor)]
    pub fn new(post: Function, fetch: Function, breathe: Function) -> Self {
        console_error_panic_hook::set_once();
        log::set_logger(&Console).ok();
        log::set_max_level(log::LevelFilter::Warn);
        let post = Post(post);
        Self(Session::new(Services {
            post,
            fetch,
            breathe,
        }))
    }

    /// Starts the device on the adapter that the script has probed.
    pub async fn start(&self, info: JsValue) -> Result<(), JsError> {
        let info: AdapterInfo = serde_wasm_bindgen::from_value(info)?;
        self.0.start(info).await;
        Ok(())
    }

    /// Takes a request of the protocol and what came beside it.
    pub fn handle(
        &self,
        request: JsValue,
        inputs: JsValue,
        checkpoint: JsValue,
    ) -> Result<(), JsError> {
        let request: Request = serde_wasm_bindgen::from_value(request)?;
        self.0.handle(request, inputs, checkpoint);
        Ok(())
    }
}

/// Burn reports a kernel that does not compile only to the log.
struct Console;

impl log::Log for Console {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        let text = JsValue::from(format!("{}: {}", record.target(), record.args()));
        if record.level() == log::Level::Error {
            web_sys::console::error_1(&text);
        } else {
            web_sys::console::warn_1(&text);
        }
    }

    fn flush(&self) {}
}
