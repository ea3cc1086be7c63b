//! The networks of a run as a file.

use std::collections::BTreeMap;

use burn::tensor::TensorData;

use crate::error::Error;
use crate::gpu::read_named;
use crate::jobs::Job;
use crate::weights::{NOTE, write_f32};

/// What [`Job::networks`] gives, as safetensors in f32 with the settings noted: a start for another run.
///
/// # Errors
/// `BadSetting` if the job trains no networks, `DeviceLost` if the GPU does not answer.
pub async fn networks_file(job: &dyn Job) -> Result<Vec<u8>, Error> {
    let networks = job.networks().ok_or_else(|| Error::BadSetting {
        name: "job",
        detail: "it trains no networks".into(),
    })?;
    let split = |(name, x, shape)| ((name, x), shape);
    let (tensors, shapes): (Vec<_>, Vec<Vec<usize>>) =
        networks.tensors.into_iter().map(split).unzip();
    let read = read_named(tensors).await?.into_iter().zip(shapes);
    let shaped = read.map(|((name, x), shape)| {
        let values: Vec<f32> = x.iter().collect();
        (name, TensorData::new(values, shape))
    });
    let shaped: Vec<_> = shaped.collect();
    write_f32(
        &shaped,
        BTreeMap::from([(NOTE.to_owned(), networks.settings)]),
    )
}
