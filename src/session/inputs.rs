//! Reading what the page sends beside a request: pictures, weights, checkpoints, as Blobs.

use std::collections::{BTreeMap, BTreeSet};

use js_sys::{Array, ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageBitmap, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::data::decode::{self, MAX_BYTES, MAX_PIXELS, Picture};
use crate::data::own::{self, Collection, MAX_FILE, MAX_PREPARED, Prepared, PreparedPairs};
use crate::error::Error;
use crate::models::Architecture;
use crate::weights::{Header, MAX_WHOLE, Weights};

fn unexpected(e: JsValue) -> Error {
    Error::Unexpected(format!("{e:?}"))
}

/// A file by role, with the name that the user knows.
#[derive(Clone, Debug)]
pub struct Input {
    pub name: String,
    pub blob: Blob,
}

impl Input {
    /// What tells a file from others without reading it: name, size and when it was changed. Nothing of a bare Blob.
    pub fn stamp(&self) -> Option<String> {
        let changed = Reflect::get(&self.blob, &"lastModified".into())
            .ok()?
            .as_f64()?;
        Some(format!("{}/{}/{changed}", self.name, self.blob.size()))
    }
}

/// The files of a run by role: `content`, `style.0` and further, `init`, `network`, `data`, `a`, `b`.
#[derive(Debug, Default)]
pub struct Inputs(Vec<(String, Input)>);

impl Inputs {
    /// From the object that travels beside `start`. A Blob without a name is called by its role, by
    /// which www/views/stylize.js knows a sample.
    pub fn take(object: &JsValue) -> Self {
        let get = |key: &str| Reflect::get(object, &key.into()).ok();
        let input = |value: JsValue, role: &str| {
            let blob: Blob = value.dyn_into().ok()?;
            let name = Reflect::get(&blob, &"name".into())
                .ok()
                .and_then(|n| n.as_string());
            let name = name.unwrap_or_else(|| role.into());
            Some(Input { name, blob })
        };
        let mut all = Vec::new();
        for role in ["content", "init", "network", "data", "a", "b"] {
            let found = get(role).and_then(|value| input(value, role));
            all.extend(found.map(|input| (role.to_owned(), input)));
        }
        let styles = array(object, "styles");
        let found = styles.iter().filter_map(|value| input(value, "style"));
        let found = found.enumerate();
        all.extend(found.map(|(i, input)| (format!("style.{i}"), input)));
        Self(all)
    }

    /// The file of a role.
    pub fn get(&self, role: &str) -> Option<&Input> {
        self.0
            .iter()
            .find(|(r, _)| r == role)
            .map(|(_, input)| input)
    }

    /// Takes the file of a role out.
    pub fn remove(&mut self, role: &str) -> Option<Input> {
        let at = self.0.iter().position(|(r, _)| r == role)?;
        Some(self.0.remove(at).1)
    }

    /// The files of a role that several can have, in order.
    pub fn list(&self, role: &str) -> Vec<&Input> {
        let numbered = (0..).map_while(|i| self.get(&format!("{role}.{i}")));
        numbered.collect()
    }

    /// All files by role, for a checkpoint.
    ///
    /// # Errors
    /// `Unexpected` if the browser cannot read one.
    pub async fn bytes(&self) -> Result<BTreeMap<String, (String, Vec<u8>)>, Error> {
        let mut read = BTreeMap::new();
        for (role, input) in &self.0 {
            let bytes = read_blob(&input.blob).await?;
            read.insert(role.clone(), (input.name.clone(), bytes));
        }
        Ok(read)
    }

    /// The inverse of [`Self::bytes`].
    pub fn from_bytes(all: BTreeMap<String, (String, Vec<u8>)>) -> Self {
        let file = |(role, (name, bytes)): (String, (String, Vec<u8>))| {
            let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
            let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
            Some((role, Input { name, blob }))
        };
        Self(all.into_iter().filter_map(file).collect())
    }
}

fn array(object: &JsValue, key: &str) -> Array {
    let list = Reflect::get(object, &key.into()).ok();
    let list = list.filter(Array::is_array);
    list.map(|list| Array::from(&list)).unwrap_or_default()
}

/// The files beside a request for a data set; one that is no file is empty.
pub fn files(object: &JsValue) -> Vec<Blob> {
    let file = |value: JsValue| value.dyn_into().ok().or_else(|| Blob::new().ok());
    array(object, "files").iter().filter_map(file).collect()
}

/// Gathers files, read one after the other. `between` lets messages in, and stops it by an error.
///
/// # Errors
/// Those of `between`.
pub async fn gather(
    mut all: Collection,
    names: &[String],
    files: &[Blob],
    between: impl AsyncFn(&Collection) -> Result<(), Error>,
) -> Result<Collection, Error> {
    for i in own::order(files.len()) {
        between(&all).await?;
        let (blob, name) = (&files[i], names.get(i).map_or("", String::as_str));
        if blob.size() > MAX_FILE as f64 {
            all.refuse(name, "too-large");
            continue;
        }
        // A file may have been moved or forbidden since it was chosen.
        let Ok(bytes) = read_blob(blob).await else {
            all.refuse(name, "unreadable");
            continue;
        };
        if all.give(name, bytes) {
            let input = Input {
                name: name.into(),
                blob: blob.clone(),
            };
            match by_browser(&input).await {
                Ok(Some(picture)) => all.take(name, &picture.pixels),
                Ok(None) => all.leave(name, "unsupported"),
                Err(_) => all.leave(name, "too-large"),
            }
        }
        while all.step() {
            between(&all).await?;
        }
    }
    between(&all).await?;
    Ok(all)
}

/// The data set of a run.
///
/// # Errors
/// `BadData`.
pub async fn read_prepared(input: &Input) -> Result<Prepared, Error> {
    Prepared::read(&read_data(input).await?)
}

/// The pairs of a run.
///
/// # Errors
/// `BadData`.
pub async fn read_pairs(input: &Input) -> Result<PreparedPairs, Error> {
    PreparedPairs::read(&read_data(input).await?)
}

async fn read_data(input: &Input) -> Result<Vec<u8>, Error> {
    if input.blob.size() > MAX_PREPARED as f64 {
        return Err(Error::BadData {
            code: "data-broken",
            detail: format!(
                "{} bytes; at most {MAX_PREPARED} are read",
                input.blob.size()
            ),
        });
    }
    read_blob(&input.blob).await
}

/// All bytes of a Blob.
pub async fn read_blob(blob: &Blob) -> Result<Vec<u8>, Error> {
    let buffer = JsFuture::from(blob.array_buffer())
        .await
        .map_err(unexpected)?;
    Ok(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()).to_vec())
}

async fn read_range(blob: &Blob, from: u64, to: u64) -> Result<Vec<u8>, Error> {
    let part = blob
        .slice_with_f64_and_f64(from as f64, to as f64)
        .map_err(unexpected)?;
    read_blob(&part).await
}

/// Decodes a picture, by the browser if Easel's own decoders do not know the format.
///
/// # Errors
/// `BadImage`.
pub async fn read_picture(input: &Input) -> Result<Picture, Error> {
    if input.blob.size() > MAX_BYTES as f64 {
        return Err(Error::BadImage {
            name: input.name.clone(),
            code: "image-too-large",
            detail: format!("{} bytes; at most {MAX_BYTES} are read", input.blob.size()),
        });
    }
    let bytes = read_blob(&input.blob).await?;
    match decode::decode(&bytes, &input.name) {
        Err(Error::BadImage {
            code: "image-unsupported",
            name,
            detail,
        }) => {
            let decoded = by_browser(input).await?;
            decoded.ok_or(Error::BadImage {
                code: "image-unsupported",
                name,
                detail,
            })
        }
        other => other,
    }
}

/// `None` if the browser does not know the format either.
async fn by_browser(input: &Input) -> Result<Option<Picture>, Error> {
    let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let Ok(promise) = scope.create_image_bitmap_with_blob(&input.blob) else {
        return Ok(None);
    };
    let Ok(bitmap) = JsFuture::from(promise).await else {
        return Ok(None);
    };
    let bitmap: ImageBitmap = bitmap.unchecked_into();
    let (w, h) = (bitmap.width(), bitmap.height());
    if u64::from(w) * u64::from(h) > MAX_PIXELS {
        return Err(Error::BadImage {
            name: input.name.clone(),
            code: "image-too-large",
            detail: format!("{w} x {h} pixels; at most {MAX_PIXELS} are read"),
        });
    }
    let canvas = OffscreenCanvas::new(w, h).map_err(unexpected)?;
    let context = canvas.get_context("2d").map_err(unexpected)?;
    let context = context.ok_or_else(|| Error::Unexpected("no 2d canvas".into()))?;
    let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
    context
        .draw_image_with_image_bitmap(&bitmap, 0.0, 0.0)
        .map_err(unexpected)?;
    let data = context
        .get_image_data(0.0, 0.0, f64::from(w), f64::from(h))
        .map_err(unexpected)?;
    decode::from_rgba(w, h, data.data().0, &input.name).map(Some)
}

/// All of a file of networks, to be read as a whole.
///
/// # Errors
/// `BadWeights` if it is too long.
pub async fn read_weights(input: &Input) -> Result<Vec<u8>, Error> {
    let length = input.blob.size();
    if length > MAX_WHOLE as f64 {
        return Err(Error::BadWeights {
            name: input.name.clone(),
            code: "weights-header",
            detail: format!("{length} bytes; at most {MAX_WHOLE} are read"),
        });
    }
    read_blob(&input.blob).await
}

/// Reads only the header and the tensors in use of a dropped file of weights.
///
/// # Errors
/// `BadWeights`.
pub async fn read_network(input: &Input) -> Result<(Architecture, Weights), Error> {
    let size = input.blob.size() as u64;
    let first = read_range(&input.blob, 0, size.min(9)).await?;
    let length = Header::length(&input.name, &first, size)?;
    let text = read_range(&input.blob, 8, 8 + length).await?;
    let header = Header::parse(&input.name, &text, size)?;
    let architecture = Architecture::of(&header)?;
    let mut data = BTreeMap::new();
    let ranges = header.check(&architecture.expected())?;
    let names: BTreeSet<&String> = ranges.keys().collect();
    for name in names {
        let range = &ranges[name];
        data.insert(
            name.clone(),
            read_range(&input.blob, range.start, range.end).await?,
        );
    }
    Ok((architecture, Weights::new(&header, data)))
}
