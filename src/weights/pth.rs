//! PyTorch's own files, `.pth` and `.pt`: what `torch.save(net.state_dict(), file)` writes, a zip of a pickle and of the
//! numbers. They become safetensors in memory, so that all else reads one format only.
//!
//! Differs from PyTorch: of a pickle only what builds dictionaries of tensors is understood, and nothing is run; files from
//! before PyTorch 1.6 are refused.

mod archive;
mod pickle;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::TensorData;
use safetensors::tensor::Dtype;

use self::pickle::View;
use super::{MAX_TENSORS, bad, write_f32};
use crate::error::Error;

/// The longest file that is read as a whole, in bytes.
pub const MAX_WHOLE: usize = 256 << 20;
/// The most numbers of all tensors together: an eighth of a gigabyte. A storage may be shared, so a short file could hold
/// any number.
const MAX_NUMBERS: usize = 1 << 25;
/// How the files of `torch.save` began before version 1.6: a pickle with PyTorch's magic number.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

/// A file of safetensors: itself, or a `.pth` as such, in f32, with the names of its dictionary; integers are left out.
///
/// # Errors
/// Of a `.pth`: `weights-pickle` if it is no state dict, `weights-truncated` if numbers are missing, `weights-header` if it is
/// too large.
pub fn safetensors_of<'a>(name: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
    let refuse = |detail: &str| Err(bad(name, "weights-pickle", detail.into()));
    let tar = bytes.get(257..262) == Some(b"ustar");
    if tar || bytes.starts_with(LEGACY) {
        return refuse(
            "it is in the format from before PyTorch 1.6; load it there and save it again with torch.save",
        );
    }
    if archive::is_archive(bytes) {
        return convert(name, bytes).map(Cow::Owned);
    }
    if bytes.first() == Some(&0x80) && bytes.get(8) != Some(&b'{') {
        return refuse("it is a bare pickle; save net.state_dict() with torch.save");
    }
    Ok(Cow::Borrowed(bytes))
}

fn convert(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let pickle = |detail: String| bad(name, "weights-pickle", detail);
    if bytes.len() > MAX_WHOLE {
        let detail = format!("{} bytes; at most {MAX_WHOLE} are read", bytes.len());
        return Err(bad(name, "weights-header", detail));
    }
    let files = archive::files(bytes).map_err(|e| bad(name, "weights-truncated", e))?;
    let mut pickles = files
        .keys()
        .filter_map(|file| file.strip_suffix("data.pkl"));
    let (Some(folder), None) = (pickles.next(), pickles.next()) else {
        return Err(pickle("it is a zip, but not one of torch.save".into()));
    };
    if files.get(format!("{folder}byteorder").as_str()) == Some(&b"big".as_slice()) {
        return Err(pickle("its numbers are big-endian".into()));
    }
    let views = pickle::tensors(files[format!("{folder}data.pkl").as_str()]).map_err(pickle)?;
    let views: Vec<_> = views
        .into_iter()
        .filter(|(_, view)| width(view.dtype).is_some())
        .collect();
    let (mut names, mut numbers) = (BTreeSet::new(), 0_usize);
    for (tensor, view) in &views {
        if !names.insert(tensor) {
            return Err(pickle(format!("{tensor} is in it twice")));
        }
        let count = { view.shape.iter() }.try_fold(1_usize, |n, side| n.checked_mul(*side));
        numbers = numbers.saturating_add(count.unwrap_or(usize::MAX));
    }
    if numbers > MAX_NUMBERS || names.len() > MAX_TENSORS {
        let detail = format!(
            "{numbers} numbers in {} tensors; at most {MAX_NUMBERS} in {MAX_TENSORS} are read",
            names.len()
        );
        return Err(bad(name, "weights-header", detail));
    }
    let mut tensors = Vec::new();
    for (tensor, view) in views {
        let file = files.get(format!("{folder}data/{}", view.storage).as_str());
        let values = file.and_then(|file| read(&view, file)).ok_or_else(|| {
            let detail = format!("the numbers of {tensor} are missing or too few");
            bad(name, "weights-truncated", detail)
        })?;
        tensors.push((tensor, TensorData::new(values, view.shape)));
    }
    if tensors.is_empty() {
        return Err(pickle("there is no tensor in it".into()));
    }
    write_f32(&tensors, BTreeMap::new())
}

/// Bytes of a number; of no integers.
fn width(dtype: Dtype) -> Option<usize> {
    match dtype {
        Dtype::F64 => Some(8),
        Dtype::F32 => Some(4),
        Dtype::F16 | Dtype::BF16 => Some(2),
        _ => None,
    }
}

/// The numbers of a tensor, row by row; none if its storage is too short.
fn read(view: &View<'_>, storage: &[u8]) -> Option<Vec<f32>> {
    let width = width(view.dtype)?;
    if view.shape.contains(&0) {
        return Some(Vec::new());
    }
    let steps = view.shape.iter().zip(&view.strides);
    let last = { steps }.try_fold(view.offset, |at, (side, stride)| {
        at.checked_add((side - 1).checked_mul(*stride)?)
    })?;
    if last >= storage.len() / width {
        return None;
    }
    let at = |index: usize| {
        let bytes = &storage[index * width..];
        match view.dtype {
            Dtype::F64 => bytes.first_chunk().map(|b| f64::from_le_bytes(*b) as f32),
            Dtype::F32 => bytes.first_chunk().map(|b| f32::from_le_bytes(*b)),
            Dtype::F16 => { bytes.first_chunk() }.map(|b| half::f16::from_le_bytes(*b).to_f32()),
            _ => { bytes.first_chunk() }.map(|b| half::bf16::from_le_bytes(*b).to_f32()),
        }
    };
    let count = view.shape.iter().product();
    let (mut values, mut index) = (Vec::with_capacity(count), vec![0; view.shape.len()]);
    for _ in 0..count {
        let place = { index.iter().zip(&view.strides) }.map(|(i, stride)| i * stride);
        values.push(at(view.offset + place.sum::<usize>())?);
        for (i, side) in index.iter_mut().zip(&view.shape).rev() {
            *i += 1;
            if *i < *side {
                break;
            }
            *i = 0;
        }
    }
    Some(values)
}
