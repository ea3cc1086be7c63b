//! A run in one file: safetensors whose tensors are the job's state and the bytes of the pictures it
//! was started with, and whose metadata are the settings. Read as strictly as weights.

use std::collections::{BTreeMap, HashMap};

use burn::tensor::TensorData;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};

use super::NOTE;
use crate::error::Error;
use crate::protocol::JobConfig;

/// Raised when an older Easel could not continue a newer file.
const VERSION: u64 = 1;
/// Prefix of the input files among the tensors.
const INPUT: &str = "input.";
/// The largest checkpoint taken, in bytes.
const MAX_FILE: usize = 1 << 30;

/// A run that can go on.
#[derive(Debug)]
pub struct Checkpoint {
    /// Settings, with the live controls as they stood.
    pub config: JobConfig,
    /// What the job's own `load` reads.
    pub meta: Value,
    /// The files the run was started with, by role: `content`, `style.0`, `init`, `network`, `data`.
    pub inputs: BTreeMap<String, (String, Vec<u8>)>,
    /// The job's tensors, flat.
    pub tensors: BTreeMap<String, Vec<f32>>,
}

/// Writes a checkpoint. `inputs` as in [`Checkpoint::inputs`].
///
/// # Errors
/// `Unexpected` if a tensor is not f32.
pub fn write_checkpoint(
    config: &JobConfig,
    meta: &Value,
    inputs: &BTreeMap<String, (String, Vec<u8>)>,
    tensors: &[(String, TensorData)],
) -> Result<Vec<u8>, Error> {
    let unexpected = |e: safetensors::SafeTensorError| Error::Unexpected(e.to_string());
    let mut views = Vec::new();
    for (name, data) in tensors {
        let view = TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes());
        views.push((name.clone(), view.map_err(unexpected)?));
    }
    let names: BTreeMap<&String, &String> = inputs.iter().map(|(k, (n, _))| (k, n)).collect();
    for (role, (_, bytes)) in inputs {
        let view = TensorView::new(Dtype::U8, vec![bytes.len()], bytes);
        views.push((format!("{INPUT}{role}"), view.map_err(unexpected)?));
    }
    let text = json!({ "version": VERSION, "config": config, "job": meta, "names": names });
    let metadata = HashMap::from([(NOTE.to_owned(), text.to_string())]);
    safetensors::serialize(views, Some(metadata)).map_err(unexpected)
}

impl Checkpoint {
    /// Reads what [`write_checkpoint`] wrote.
    ///
    /// # Errors
    /// `BadCheckpoint` for anything else.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let bad = |what: String| Error::BadCheckpoint(what);
        if bytes.len() > MAX_FILE {
            return Err(bad(format!(
                "{} bytes; at most {MAX_FILE} are read",
                bytes.len()
            )));
        }
        let broken = |e: safetensors::SafeTensorError| bad(e.to_string());
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let text = metadata.metadata().as_ref().and_then(|m| m.get(NOTE));
        let text = text.ok_or_else(|| bad("it was not written by Easel".into()))?;
        let mut all: Value = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        if all["version"].as_u64() != Some(VERSION) {
            return Err(bad(format!("version {} is not {VERSION}", all["version"])));
        }
        let config =
            serde_json::from_value(all["config"].take()).map_err(|e| bad(e.to_string()))?;
        let (mut inputs, mut tensors) = (BTreeMap::new(), BTreeMap::new());
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        for (name, view) in file.iter() {
            if let Some(role) = name.strip_prefix(INPUT) {
                let file_name = all["names"][role].as_str().unwrap_or(role);
                inputs.insert(role.into(), (file_name.into(), view.data().to_vec()));
                continue;
            }
            if view.dtype() != Dtype::F32 {
                return Err(bad(format!("{name} is of type {:?}", view.dtype())));
            }
            let values: Vec<f32> = view
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect();
            if values.iter().any(|v| !v.is_finite()) {
                return Err(bad(format!("{name} holds a value that is not finite")));
            }
            tensors.insert(name.to_owned(), values);
        }
        Ok(Self {
            config,
            meta: all["job"].take(),
            inputs,
            tensors,
        })
    }
}
