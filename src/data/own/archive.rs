//! Files out of a zip, one at a time, each held against its limits while it is inflated: what its header says of its size
//! is not believed.

use std::io::{Cursor, Read};
use std::vec::IntoIter;

use zip::ZipReadOptions;
use zip::read::{Config, ZipFileEntry};
use zip::unstable::read::ZipIterable;

use super::order;
use crate::data::decode::MAX_BYTES;

/// A file may be this many times as long as in the archive. Pictures are packed already, and MNIST shrinks to a fifth; a
/// bomb comes close to the most that deflate can do, 1032.
const MAX_RATIO: u64 = 200;
/// Up to here, in bytes, the ratio does not count: small files may hold nothing but zeros.
const ANY_RATIO: u64 = 1 << 20;
/// The most that is inflated of all files of an archive, in bytes: beyond, it only costs time.
const MAX_ALL: u64 = 2 << 30;
/// Bytes that are inflated at a time.
const PART: usize = 64 << 10;

/// The files of a zip that are still to be read.
pub(super) struct Archive {
    name: String,
    reader: Cursor<Vec<u8>>,
    entries: IntoIter<ZipFileEntry<'static>>,
    inflated: u64,
}

impl Archive {
    /// Reads the directory of an archive, at most `most` files of it; and how many more there are. The code of a refusal is
    /// `broken`.
    pub fn open(name: &str, bytes: Vec<u8>, most: usize) -> Result<(Self, usize), &'static str> {
        let mut reader = Cursor::new(bytes);
        let mut directory =
            ZipIterable::try_new(&mut reader, Config::default()).map_err(|_| "broken")?;
        let told = directory.len();
        let found = directory.files().map_err(|_| "broken")?.take(most);
        // A directory that breaks off leaves the files before.
        let found: Vec<_> = found.map_while(Result::ok).collect();
        if found.is_empty() && told > 0 {
            return Err("broken");
        }
        let more = told - found.len();
        let mut slots: Vec<_> = found.into_iter().map(Some).collect();
        let entries: Vec<_> = order(slots.len())
            .into_iter()
            .filter_map(|i| slots[i].take())
            .filter(|entry| entry.is_file())
            .collect();
        let archive = Self {
            name: name.to_owned(),
            reader,
            entries: entries.into_iter(),
            inflated: 0,
        };
        Ok((archive, more))
    }

    /// How many files are still to be read.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The next file and its name; or why it is left out: `encrypted`, `unsupported`, `broken`, `too-large`, `zip-bomb`, or
    /// `too-many` if it is not `wanted` by its first bytes.
    pub fn next(
        &mut self,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Option<(String, Result<Vec<u8>, &'static str>)> {
        let entry = self.entries.next()?;
        let name = match entry.name() {
            Ok(name) => format!("{}/{name}", self.name),
            Err(_) => self.name.clone(),
        };
        let content = self.content(entry, wanted);
        Some((name, content))
    }

    fn content(
        &mut self,
        entry: ZipFileEntry<'static>,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Vec<u8>, &'static str> {
        if entry.encrypted() {
            return Err("encrypted");
        }
        // No file is packed in more than the archive has.
        let whole = self.reader.get_ref().len() as u64;
        let packed = entry.compressed_size().min(whole).max(1);
        let options = ZipReadOptions::new();
        let mut file = entry
            .with_reader(&mut self.reader, options)
            .map_err(|e| match e {
                zip::result::ZipError::UnsupportedArchive(_)
                | zip::result::ZipError::CompressionMethodNotSupported(_) => "unsupported",
                _ => "broken",
            })?;
        let (mut bytes, mut part) = (Vec::new(), vec![0; PART]);
        loop {
            let count = file.read(&mut part).map_err(|_| "broken")?;
            if count == 0 {
                return Ok(bytes);
            }
            if bytes.is_empty() && !wanted(&part[..count]) {
                return Err("too-many");
            }
            bytes.extend(&part[..count]);
            let length = bytes.len() as u64;
            self.inflated += count as u64;
            if length > ANY_RATIO && length > MAX_RATIO * packed || self.inflated > MAX_ALL {
                return Err("zip-bomb");
            }
            if bytes.len() > MAX_BYTES {
                return Err("too-large");
            }
        }
    }
}
