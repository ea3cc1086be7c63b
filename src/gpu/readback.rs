//! Reading from the GPU: all numbers of one reading in a single transaction.

use std::collections::BTreeMap;

use burn::tensor::{Int, Tensor, TensorData, Transaction};

use crate::error::Error;

fn lost(e: impl std::fmt::Display) -> Error {
    Error::DeviceLost(e.to_string())
}

/// Reads named scalars, each `[1]`, in one transaction of a few bytes.
///
/// # Errors
/// `DeviceLost` if the GPU does not answer.
pub async fn read_scalars(named: Vec<(String, Tensor<1>)>) -> Result<BTreeMap<String, f32>, Error> {
    let read = read_named(named).await?;
    let scalar = |data: TensorData| data.iter::<f32>().next().unwrap_or(f32::NAN);
    Ok(read
        .into_iter()
        .map(|(name, data)| (name, scalar(data)))
        .collect())
}

/// Reads named tensors in one transaction.
///
/// # Errors
/// `DeviceLost` if the GPU does not answer.
pub async fn read_named(
    named: Vec<(String, Tensor<1>)>,
) -> Result<Vec<(String, TensorData)>, Error> {
    let (names, tensors): (Vec<_>, Vec<_>) = named.into_iter().unzip();
    if tensors.is_empty() {
        return Ok(Vec::new());
    }
    let reads = tensors
        .into_iter()
        .fold(Transaction::default(), Transaction::register);
    let data = reads.execute_async().await.map_err(lost)?;
    Ok(names.into_iter().zip(data).collect())
}

/// Reads a packed picture as RGBA bytes, row by row.
///
/// # Errors
/// `DeviceLost` if the GPU does not answer.
pub async fn read_bytes(packed: Tensor<2, Int>) -> Result<Vec<u8>, Error> {
    let data = packed.into_data_async().await.map_err(lost)?;
    Ok(data.iter::<i32>().flat_map(i32::to_le_bytes).collect())
}
