//! The directory of a zip whose files are stored as they are, as `torch.save` writes it: files are parts of the bytes, and
//! nothing is copied or inflated.

use std::collections::BTreeMap;
use std::ops::Range;

/// The most files of an archive: PyTorch writes one for each tensor and a few besides.
const MAX_FILES: usize = 8192;
const LOCAL: &[u8] = b"PK\x03\x04";
const ENTRY: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";

/// Whether bytes begin as an archive does.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL)
}

/// `length` bytes from `at`.
fn part(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(
        *part(bytes, at, 2)?.first_chunk()?,
    )))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let value = u32::from_le_bytes(*part(bytes, at, 4)?.first_chunk()?);
    usize::try_from(value).ok()
}

/// The files by name.
///
/// # Errors
/// What is wrong with the archive.
pub(super) fn files(bytes: &[u8]) -> Result<BTreeMap<&str, &[u8]>, String> {
    let cut = || "its directory is missing or cut off".to_owned();
    // The end of the directory has 22 bytes and a comment of at most 65,535.
    let last = bytes.len().checked_sub(22).ok_or_else(cut)?;
    let first = last.saturating_sub(65_535);
    let closes =
        |at: &usize| bytes[*at..].starts_with(END) && u16_at(bytes, at + 20) == Some(last - at);
    let end = (first..=last).rev().find(closes).ok_or_else(cut)?;
    let told = |offset| u32_at(bytes, end + offset).ok_or_else(cut);
    let (count, mut at) = (u16_at(bytes, end + 10).ok_or_else(cut)?, told(16)?);
    if count > MAX_FILES {
        return Err(format!("{count} files; at most {MAX_FILES} are read"));
    }
    let mut found = BTreeMap::new();
    for _ in 0..count {
        let (name, stored, next) = entry(bytes, at).ok_or_else(cut)?;
        let Some(range) = stored else {
            return Err(format!("{name} in it is packed or locked; PyTorch stores"));
        };
        let file = bytes.get(range).ok_or_else(cut)?;
        if found.insert(name, file).is_some() {
            return Err(format!("{name} is in it twice"));
        }
        at = next;
    }
    Ok(found)
}

/// Name and place of a file, and where the next entry is. A file that is not stored has no place.
fn entry(bytes: &[u8], at: usize) -> Option<(&str, Option<Range<usize>>, usize)> {
    if !part(bytes, at, 46)?.starts_with(ENTRY) {
        return None;
    }
    let [flags, method] = [u16_at(bytes, at + 8)?, u16_at(bytes, at + 10)?];
    let [packed, size] = [u32_at(bytes, at + 20)?, u32_at(bytes, at + 24)?];
    let lengths = [28, 30, 32].map(|offset| u16_at(bytes, at + offset));
    let [name, extra, comment] = [lengths[0]?, lengths[1]?, lengths[2]?];
    let local = u32_at(bytes, at + 42)?;
    let next = at + 46 + name + extra + comment;
    let name = str::from_utf8(part(bytes, at + 46, name)?).ok()?;
    if method != 0 || flags & 1 != 0 || packed != size {
        return Some((name, None, next));
    }
    if !part(bytes, local, 30)?.starts_with(LOCAL) {
        return None;
    }
    let start = local + 30 + u16_at(bytes, local + 26)? + u16_at(bytes, local + 28)?;
    Some((name, Some(start..start.checked_add(size)?), next))
}
