//! Weight files: the manifest of what the page ships, and the strict reading of safetensors.
//!
//! A file is hostile until checked: size, header length, number of tensors, names, shapes, values.
//! Reading has two stages so that a file of half a gigabyte needs only the bytes in use:
//! [`Header::parse`] and [`Header::check`] on the first kilobytes, then [`Weights`] on the ranges
//! that a network asks for.

mod checkpoint;
mod pth;

use std::collections::BTreeMap;
use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, Metadata};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::protocol::ModelInfo;

pub use checkpoint::{Checkpoint, write_checkpoint};
pub use pth::{MAX_WHOLE, safetensors_of};

/// The largest header read, in bytes. Torchvision's largest network needs 5 KB.
pub const MAX_HEADER: u64 = 1 << 20;
/// The largest file taken, in bytes: torchvision's vgg19 has 575 MB.
pub const MAX_FILE: u64 = 640 << 20;
/// The most tensors in a file.
pub const MAX_TENSORS: usize = 4096;

/// The metadata key of what Easel notes in its files: settings, and of a run what else it is.
pub const NOTE: &str = "easel";

/// The models that the page ships, from `weights/manifest.json`.
pub fn manifest() -> Vec<ModelInfo> {
    serde_json::from_str(include_str!("../weights/manifest.json"))
        .expect("tests/weights.rs reads the same manifest")
}

/// Compares a downloaded file with its manifest entry.
///
/// # Errors
/// `weights-truncated` if the size differs, `weights-hash` if the contents do.
pub fn verify(model: &ModelInfo, bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() as u64 != model.bytes {
        let detail = format!("{} bytes instead of {}", bytes.len(), model.bytes);
        return Err(bad(&model.file, "weights-truncated", detail));
    }
    let found = sha256(bytes);
    if found != model.sha256 {
        let detail = format!("SHA-256 is {found} instead of {}", model.sha256);
        return Err(bad(&model.file, "weights-hash", detail));
    }
    Ok(())
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn bad(name: &str, code: &'static str, detail: String) -> Error {
    Error::BadWeights {
        name: name.into(),
        code,
        detail,
    }
}

/// A tensor that an architecture knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its name in the file.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Whether it is used. Others may be there or not, but with this shape.
    pub used: bool,
}

/// The checked header of a safetensors file.
#[derive(Debug)]
pub struct Header {
    name: String,
    metadata: Metadata,
    /// Where the data begin, in bytes.
    start: u64,
}

impl Header {
    /// How long the header is, from the file's first 9 bytes: 8 of length and the header's brace.
    ///
    /// # Errors
    /// `weights-unknown`, `weights-header`, `weights-truncated`.
    pub fn length(name: &str, first: &[u8], file: u64) -> Result<u64, Error> {
        if file > MAX_FILE {
            let detail = format!("{file} bytes; at most {MAX_FILE} are read");
            return Err(bad(name, "weights-header", detail));
        }
        if first.get(8).is_some_and(|brace| *brace != b'{') {
            let detail = "not a safetensors file".into();
            return Err(bad(name, "weights-unknown", detail));
        }
        let Some(length) = first.first_chunk().map(|b| u64::from_le_bytes(*b)) else {
            let detail = format!("{file} bytes are too few for a safetensors file");
            return Err(bad(name, "weights-truncated", detail));
        };
        if length > MAX_HEADER {
            let detail = format!("a header of {length} bytes; at most {MAX_HEADER} are read");
            return Err(bad(name, "weights-header", detail));
        }
        if 8 + length > file {
            let detail = format!("the header alone has {length} bytes, the file {file}");
            return Err(bad(name, "weights-truncated", detail));
        }
        Ok(length)
    }

    /// Reads the header's text, the bytes from 8 to 8 + [`Header::length`].
    ///
    /// # Errors
    /// `weights-unknown` if it is no safetensors header, `weights-header` if it is a broken one,
    /// `weights-truncated` if the data end early.
    pub fn parse(name: &str, text: &[u8], file: u64) -> Result<Self, Error> {
        if text.first() != Some(&b'{') {
            let detail = "not a safetensors file".into();
            return Err(bad(name, "weights-unknown", detail));
        }
        let metadata: Metadata = serde_json::from_slice(text)
            .map_err(|e| bad(name, "weights-header", format!("the header is broken: {e}")))?;
        let tensors = metadata.tensors().len();
        if tensors > MAX_TENSORS {
            let detail = format!("{tensors} tensors; at most {MAX_TENSORS} are read");
            return Err(bad(name, "weights-header", detail));
        }
        let start = 8 + text.len() as u64;
        let end = start + metadata.data_len() as u64;
        if end != file {
            let detail = format!("{file} bytes instead of the {end} the header speaks of");
            return Err(bad(name, "weights-truncated", detail));
        }
        Ok(Self {
            name: name.into(),
            metadata,
            start,
        })
    }

    /// The file's name, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape of a tensor, if the file has it.
    pub fn shape(&self, tensor: &str) -> Option<&[usize]> {
        self.metadata.info(tensor).map(|info| info.shape.as_slice())
    }

    /// All tensors with their shapes, in the order of their names.
    pub fn tensors(&self) -> BTreeMap<String, Vec<usize>> {
        let all = self.metadata.tensors().into_iter();
        all.map(|(name, info)| (name, info.shape.clone())).collect()
    }

    /// What the file's writer noted under `key`.
    pub fn note(&self, key: &str) -> Option<&str> {
        let notes = self.metadata.metadata().as_ref()?;
        notes.get(key).map(String::as_str)
    }

    /// Holds the file against what an architecture knows, and returns where the used tensors lie in
    /// the file, in bytes.
    ///
    /// # Errors
    /// `weights-names` for a missing or unknown name, `weights-shape` for a wrong shape.
    pub fn check(&self, expected: &[Expected]) -> Result<BTreeMap<String, Range<u64>>, Error> {
        let mut ranges = BTreeMap::new();
        for e in expected {
            let Some(info) = self.metadata.info(&e.name) else {
                if e.used {
                    let detail = format!("the tensor {} is missing", e.name);
                    return Err(bad(&self.name, "weights-names", detail));
                }
                continue;
            };
            if info.shape != e.shape {
                let detail = format!(
                    "{} has shape {:?} instead of {:?}",
                    e.name, info.shape, e.shape
                );
                return Err(bad(&self.name, "weights-shape", detail));
            }
            if e.used {
                let (a, b) = info.data_offsets;
                ranges.insert(e.name.clone(), self.start + a as u64..self.start + b as u64);
            }
        }
        let unknown = self.metadata.offset_keys().into_iter();
        if let Some(name) = { unknown }.find(|n| !expected.iter().any(|e| e.name == *n)) {
            let detail = format!("the tensor {name} does not belong to this network");
            return Err(bad(&self.name, "weights-names", detail));
        }
        Ok(ranges)
    }
}

/// A tensor as its file has it.
#[derive(Debug)]
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The tensors that a network uses, as raw bytes.
#[derive(Debug)]
pub struct Weights {
    /// The file's, for messages.
    name: String,
    tensors: BTreeMap<String, Stored>,
}

impl Weights {
    /// Pairs a checked header with the bytes of the ranges it named.
    ///
    /// # Panics
    /// If there are bytes of a tensor that the header does not name.
    pub fn new(header: &Header, data: BTreeMap<String, Vec<u8>>) -> Self {
        let stored = |(name, bytes): (String, Vec<u8>)| {
            let info = header.metadata.info(&name).expect("checked before");
            let (dtype, shape) = (info.dtype, info.shape.clone());
            let stored = Stored {
                dtype,
                shape,
                bytes,
            };
            (name, stored)
        };
        Self {
            name: header.name.clone(),
            tensors: data.into_iter().map(stored).collect(),
        }
    }

    /// Reads a whole file in memory: header, check by `expected`, data.
    ///
    /// # Errors
    /// Those of [`Header`]'s functions, and those of `expected`.
    pub fn read(
        name: &str,
        bytes: &[u8],
        expected: impl FnOnce(&Header) -> Result<Vec<Expected>, Error>,
    ) -> Result<Self, Error> {
        let file = bytes.len() as u64;
        let length = Header::length(name, &bytes[..bytes.len().min(9)], file)?;
        let header = Header::parse(name, &bytes[8..8 + length as usize], file)?;
        let ranges = header.check(&expected(&header)?)?;
        let slice = |r: Range<u64>| bytes[r.start as usize..r.end as usize].to_vec();
        let data = ranges.into_iter().map(|(n, r)| (n, slice(r))).collect();
        Ok(Self::new(&header, data))
    }

    /// Takes those whose names begin with `prefix` out, without it.
    pub fn part(&mut self, prefix: &str) -> Self {
        let taken = self
            .tensors
            .extract_if(.., |name, _| name.starts_with(prefix));
        Self {
            name: self.name.clone(),
            tensors: { taken }
                .map(|(name, stored)| (name[prefix.len()..].to_owned(), stored))
                .collect(),
        }
    }

    /// Puts other numbers in the place of a tensor's.
    ///
    /// # Errors
    /// Those of [`Self::values`].
    ///
    /// # Panics
    /// If the tensor was not among those checked as used.
    pub fn change(
        &mut self,
        name: &str,
        change: impl FnOnce(Vec<f32>) -> Vec<f32>,
    ) -> Result<(), Error> {
        let values = change(self.values(name)?);
        let stored = self.tensors.get_mut(name).expect("checked before");
        stored.dtype = Dtype::F32;
        stored.bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Ok(())
    }

    /// One tensor as f32 on `device`.
    ///
    /// # Errors
    /// Those of [`Self::values`].
    ///
    /// # Panics
    /// If the tensor was not among those checked as used.
    pub fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Result<Tensor<D>, Error> {
        let values = self.values(name)?;
        let data = TensorData::new(values, self.tensors[name].shape.clone());
        Ok(Tensor::from_data(data, device))
    }

    /// The numbers of one tensor.
    ///
    /// # Errors
    /// `weights-not-finite` if a value is infinite or not a number; `weights-header` if the type of
    /// number is not f32, f16 or bf16.
    ///
    /// # Panics
    /// If the tensor was not among those checked as used.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, Error> {
        let Stored { dtype, bytes, .. } = &self.tensors[name];
        let values: Vec<f32> = match dtype {
            Dtype::F32 => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
            Dtype::F16 => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| half::f16::from_le_bytes(*b).to_f32())
                .collect(),
            Dtype::BF16 => bytes
                .as_chunks()
                .0
                .iter()
                .map(|b| half::bf16::from_le_bytes(*b).to_f32())
                .collect(),
            other => {
                let detail = format!("{name} is of type {other:?}; f32, f16 and bf16 are read");
                return Err(bad(&self.name, "weights-header", detail));
            }
        };
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            let detail = format!("{name} holds {} at position {i}", values[i]);
            return Err(bad(&self.name, "weights-not-finite", detail));
        }
        Ok(values)
    }
}

/// Writes tensors as a safetensors file in f16.
///
/// # Errors
/// `Unexpected` if a value does not fit a finite f16.
pub fn write_f16(
    tensors: &[(String, TensorData)],
    metadata: BTreeMap<String, String>,
) -> Result<Vec<u8>, Error> {
    let mut halves = Vec::new();
    for (name, data) in tensors {
        let mut bytes = Vec::new();
        for value in data.iter::<f32>() {
            let half = half::f16::from_f32(value);
            if !half.is_finite() {
                return Err(Error::Unexpected(format!(
                    "{name} holds {value}, too large for f16"
                )));
            }
            bytes.extend(half.to_le_bytes());
        }
        halves.push((name.as_str(), data.shape().to_vec(), bytes));
    }
    write(Dtype::F16, &halves, metadata)
}

/// Writes tensors as a safetensors file in f32.
///
/// # Errors
/// `Unexpected` if it cannot be written.
pub fn write_f32(
    tensors: &[(String, TensorData)],
    metadata: BTreeMap<String, String>,
) -> Result<Vec<u8>, Error> {
    let bytes = |(name, data): &(String, TensorData)| {
        let bytes = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
        (name.clone(), data.shape().to_vec(), bytes)
    };
    let all: Vec<_> = tensors.iter().map(bytes).collect();
    write(Dtype::F32, &all, metadata)
}

fn write(
    dtype: Dtype,
    tensors: &[(impl AsRef<str>, Vec<usize>, Vec<u8>)],
    metadata: BTreeMap<String, String>,
) -> Result<Vec<u8>, Error> {
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, shape, bytes)| {
            let view = safetensors::tensor::TensorView::new(dtype, shape.clone(), bytes)?;
            Ok::<_, safetensors::SafeTensorError>((name.as_ref(), view))
        })
        .collect();
    views
        .and_then(|views| safetensors::serialize(views, Some(metadata.into_iter().collect())))
        .map_err(|e| Error::Unexpected(e.to_string()))
}
