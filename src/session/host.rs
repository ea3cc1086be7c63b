//! The browser as the driver's host: events by `postMessage`, pictures as bitmaps and blobs.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use burn::tensor::{Int, Tensor};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use js_sys::{Array, Function, Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{Clamped, JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ImageBitmap, ImageData, ImageEncodeOptions, OffscreenCanvas,
    OffscreenCanvasRenderingContext2d,
};

use super::driver::{Command, Host};
use super::export::networks_file;
use super::inputs::Inputs;
use crate::error::Error;
use crate::gpu::{Presenter, read_bytes, read_named};
use crate::jobs::Job;
use crate::protocol::{Encoding, Event};
use crate::weights::write_checkpoint;

fn unexpected(e: impl std::fmt::Debug) -> Error {
    Error::Unexpected(format!("{e:?}"))
}

/// Sends events to the page.
#[derive(Clone)]
pub struct Post(pub Function);

impl Post {
    /// An event, and what travels beside it.
    pub fn send(&self, event: &Event, bitmap: Option<&ImageBitmap>, blob: Option<&Blob>) {
        let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
        let event = event.serialize(&serializer).expect("events are plain data");
        let bitmap = bitmap.map_or(JsValue::UNDEFINED, |b| b.clone().into());
        let blob = blob.map_or(JsValue::UNDEFINED, |b| b.clone().into());
        if let Err(e) = self.0.call3(&JsValue::NULL, &event, &bitmap, &blob) {
            log::error!("posting an event failed: {e:?}");
        }
    }
}

/// Commands of one run on their way to its loop.
#[derive(Default)]
pub struct Mailbox {
    commands: RefCell<VecDeque<Command>>,
    waiting: RefCell<Option<Function>>,
    /// Whether the run's loop has ended.
    pub over: Cell<bool>,
}

impl Mailbox {
    /// Delivers a command and wakes a paused loop.
    pub fn put(&self, command: Command) {
        self.commands.borrow_mut().push_back(command);
        if let Some(resolve) = self.waiting.borrow_mut().take() {
            let _ = resolve.call0(&JsValue::NULL);
        }
    }
}

/// The host of one run.
pub struct Browser {
    pub run: u32,
    pub post: Post,
    pub mailbox: Rc<Mailbox>,
    /// Shared with later runs; `None` once the browser refused a WebGPU canvas.
    pub presenter: Rc<RefCell<Option<Presenter>>>,
    /// A function that resolves in a new macrotask.
    pub breathe: Function,
    /// The device's speed, for the estimates of later runs.
    pub rate: Rc<Cell<Option<f64>>>,
    pub inputs: Rc<Inputs>,
}

/// Seconds by the browser's clock.
pub fn now() -> f64 {
    js_sys::Date::now() / 1000.0
}

impl Host for Browser {
    fn emit(&self, event: Event) {
        self.post.send(&event, None, None);
    }

    fn now(&self) -> f64 {
        now()
    }

    fn commands(&self) -> Vec<Command> {
        self.mailbox.commands.borrow_mut().drain(..).collect()
    }

    async fn breathe(&self) {
        if let Ok(promise) = self.breathe.call0(&JsValue::NULL) {
            let _ = JsFuture::from(promise.unchecked_into::<Promise>()).await;
        }
    }

    async fn wait(&self) {
        if !self.mailbox.commands.borrow().is_empty() {
            return;
        }
        let promise = Promise::new(&mut |resolve, _| {
            *self.mailbox.waiting.borrow_mut() = Some(resolve);
        });
        let _ = JsFuture::from(promise).await;
    }

    async fn show(&mut self, picture: Tensor<2, Int>, step: u32) -> Result<(), Error> {
        let [h, w] = picture.dims();
        let drawn = self
            .presenter
            .borrow_mut()
            .as_mut()
            .map(|presenter| presenter.draw(picture.clone()));
        let bitmap = match drawn {
            Some(Ok(bitmap)) => bitmap,
            other => {
                if let Some(Err(e)) = other {
                    log::warn!("pictures are read back from now on: {e}");
                    *self.presenter.borrow_mut() = None;
                }
                read_back(picture).await?
            }
        };
        let (run, width, height) = (self.run, w as u32, h as u32);
        let event = Event::Frame {
            run,
            step,
            width,
            height,
        };
        self.post.send(&event, Some(&bitmap), None);
        Ok(())
    }

    async fn image(&mut self, ticket: u32, encoding: Encoding, picture: Tensor<2, Int>) {
        let run = self.run;
        match encode(picture, &encoding).await {
            Ok(blob) => self
                .post
                .send(&Event::Image { run, ticket }, None, Some(&blob)),
            Err(error) => self.refuse(ticket, &error),
        }
    }

    async fn checkpoint(&mut self, ticket: u32, job: &dyn Job) {
        let run = self.run;
        match self.save(job).await {
            Ok(blob) => self
                .post
                .send(&Event::Checkpoint { run, ticket }, None, Some(&blob)),
            Err(error) => self.refuse(ticket, &error),
        }
    }

    async fn weights(&mut self, ticket: u32, job: &dyn Job) {
        let run = self.run;
        let file = networks_file(job).await;
        match file.and_then(|bytes| blob(&bytes, "application/octet-stream")) {
            Ok(blob) => self
                .post
                .send(&Event::Weights { run, ticket }, None, Some(&blob)),
            Err(error) => self.refuse(ticket, &error),
        }
    }

    fn measured(&self, rate: f64) {
        self.rate.set(Some(rate));
    }
}

impl Browser {
    fn refuse(&self, ticket: u32, error: &Error) {
        let error = error.failure();
        self.emit(Event::Failed {
            run: Some(self.run),
            ticket: Some(ticket),
            error,
        });
    }

    async fn save(&self, job: &dyn Job) -> Result<Blob, Error> {
        let snapshot = job.save();
        let tensors = read_named(snapshot.tensors).await?;
        let inputs = self.inputs.bytes().await?;
        let bytes = write_checkpoint(&snapshot.config, &snapshot.meta, &inputs, &tensors)?;
        blob(&bytes, "application/octet-stream")
    }
}

/// Bytes as a Blob.
pub fn blob(bytes: &[u8], mime: &str) -> Result<Blob, Error> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts).map_err(unexpected)?;
    let size = blob.size();
    blob.slice_with_f64_and_f64_and_content_type(0.0, size, mime)
        .map_err(unexpected)
}

/// RGBA bytes as a PNG.
pub fn png(bytes: &[u8], w: u32, h: u32) -> Result<Blob, Error> {
    let mut file = Vec::new();
    let encoder = PngEncoder::new(&mut file);
    encoder
        .write_image(bytes, w, h, ExtendedColorType::Rgba8)
        .map_err(unexpected)?;
    blob(&file, "image/png")
}

fn image_data(bytes: &mut [u8], w: u32, h: u32) -> Result<ImageData, Error> {
    ImageData::new_with_u8_clamped_array_and_sh(Clamped(bytes), w, h).map_err(unexpected)
}

/// The path beside the presenter: four bytes per pixel come back.
async fn read_back(picture: Tensor<2, Int>) -> Result<ImageBitmap, Error> {
    let [h, w] = picture.dims();
    let mut bytes = read_bytes(picture).await?;
    let data = image_data(&mut bytes, w as u32, h as u32)?;
    let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let promise = scope
        .create_image_bitmap_with_image_data(&data)
        .map_err(unexpected)?;
    let bitmap = JsFuture::from(promise).await.map_err(unexpected)?;
    Ok(bitmap.unchecked_into())
}

/// PNG by our own encoder, exact to the bit; JPEG and WebP by the browser's.
async fn encode(picture: Tensor<2, Int>, encoding: &Encoding) -> Result<Blob, Error> {
    let [h, w] = picture.dims();
    let (w, h) = (w as u32, h as u32);
    let mut bytes = read_bytes(picture).await?;
    if encoding.mime == "image/png" {
        return png(&bytes, w, h);
    }
    let canvas = OffscreenCanvas::new(w, h).map_err(unexpected)?;
    let context = canvas.get_context("2d").map_err(unexpected)?;
    let context = context.ok_or_else(|| Error::Unexpected("no 2d canvas".into()))?;
    let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
    let data = image_data(&mut bytes, w, h)?;
    context
        .put_image_data(&data, 0.0, 0.0)
        .map_err(unexpected)?;
    let options = ImageEncodeOptions::new();
    options.set_type(&encoding.mime);
    options.set_quality(encoding.quality);
    let promise = canvas
        .convert_to_blob_with_options(&options)
        .map_err(unexpected)?;
    Ok(JsFuture::from(promise)
        .await
        .map_err(unexpected)?
        .unchecked_into())
}
