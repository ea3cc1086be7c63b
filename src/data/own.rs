//! Data of the user's own: files go in one after the other, square pictures of one size come out, with a report of what
//! was left out and why.
//!
//! A file is told by its content, never by its name: a picture that [`decode`] knows, a zip of files, or pictures and
//! labels in the idx format of MNIST, bare or in gzip. Nothing in a file is believed before it was held against the bytes
//! at hand, and what is refused is a line of the report, not an error: the rest is used.

mod archive;
mod idx;
mod paired;
mod path;
mod prepared;
mod square;

use std::collections::{BTreeMap, BTreeSet};

use image::RgbaImage;

use super::dataset::Pictures;
use super::decode::decode;
use super::seed::Seed;
use crate::error::Error;
use crate::protocol::{LeftOut, Pairing};
use archive::Archive;
use idx::{Content, Idx};
use paired::Side;
use path::{folder, hidden, short};
use square::{squared, squared_grey};

pub use paired::{MIN_PAIRS, PreparedPairs};
pub use prepared::{MAX_PREPARED, Prepared};

/// Fewer pictures are learnt by heart at once, and none would be left to judge by.
pub const MIN_PICTURES: usize = 16;
/// The most pictures that are kept: more of them change little of what a small GAN learns, and each is in every checkpoint.
pub const MAX_PICTURES: usize = 5000;
/// The most values that are kept, at three channels: large pictures are fewer, so that a checkpoint stays below 100 MB.
pub const MAX_VALUES: usize = 64 << 20;
/// Sides of the squares in pixels, at least; at most those that squares of 256 px are cut out of.
pub const MIN_SIDE: u32 = 8;
/// See [`MIN_SIDE`].
pub const MAX_SIDE: u32 = 286;
/// The most files that are looked at, those in archives included: looking alone takes time.
pub const MAX_FILES: usize = 20_000;
/// The longest file that is read, in bytes: an archive is in memory as a whole. Pictures have their own limit,
/// [`decode::MAX_BYTES`](super::decode::MAX_BYTES), and so have files in an archive.
pub const MAX_FILE: u64 = 256 << 20;
/// More folders than this are albums or dates rather than classes.
const MAX_FOLDERS: usize = 20;
/// The most classes: each is a row of the sheet of samples.
pub const MAX_CLASSES: usize = 64;
/// Files of labels that are kept until the pictures that they belong to are known.
const MAX_LABEL_FILES: usize = 16;
/// Names told for each reason.
const NAMED: usize = 3;
/// Pictures of an idx file that are read in one [`Collection::step`].
const AT_A_TIME: usize = 500;

/// Gathers pictures.
pub struct Collection {
    size: u32,
    most: usize,
    kept: Vec<Kept>,
    /// How pictures become pairs, and what there is of them; it keeps nothing else then.
    pairing: Option<Pairing>,
    sides: Vec<Side>,
    left: BTreeMap<&'static str, LeftOut>,
    /// Files looked at, and those known of.
    seen: usize,
    total: usize,
    archive: Option<Archive>,
    reading: Option<Reading>,
    parts: Vec<Part>,
    labels: Vec<(String, Vec<u8>)>,
}

/// A picture, `[C, S, S]`; one channel if it is grey.
struct Kept {
    values: Vec<u8>,
    class: Option<String>,
}

/// An idx file of pictures on its way.
struct Reading {
    name: String,
    idx: Idx,
    part: Part,
    /// How many of its pictures are to be kept.
    room: usize,
}

/// Where the pictures of an idx file went.
struct Part {
    count: usize,
    /// The first of them among those kept.
    from: usize,
    /// Their numbers in the file.
    picked: Vec<usize>,
}

enum Kind {
    Zip,
    Gzip,
    Idx,
    Other,
}

fn kind(bytes: &[u8]) -> Kind {
    match bytes {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Zip,
        [0x1f, 0x8b, 8, ..] => Kind::Gzip,
        // Other types of number and other dimensions are idx files, too, and are named as such when they are refused.
        [0, 0, 8..=14, 1..=4, ..] => Kind::Idx,
        _ => Kind::Other,
    }
}

/// In which order so many files are best read: any part of them from the front is a fair sample if not all can be kept.
#[must_use]
pub fn order(count: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..count).collect();
    if count > MAX_PICTURES {
        shuffle(&mut all);
    }
    all
}

/// The same every time (Fisher and Yates).
fn shuffle<T>(all: &mut [T]) {
    let mut seed = Seed::stream(1, 31);
    for i in (1..all.len()).rev() {
        all.swap(i, seed.below(i + 1));
    }
}

impl Collection {
    /// None yet, of `files` files, for squares of `size` pixels.
    ///
    /// # Errors
    /// `BadSetting` for a size beyond [`MIN_SIDE`] to [`MAX_SIDE`].
    pub fn new(size: u32, files: usize) -> Result<Self, Error> {
        if !(MIN_SIDE..=MAX_SIDE).contains(&size) {
            return Err(Error::BadSetting {
                name: "size",
                detail: format!("{size} is not within {MIN_SIDE} and {MAX_SIDE}"),
            });
        }
        let one = 3 * (size * size) as usize;
        Ok(Self {
            size,
            most: MAX_PICTURES.min(MAX_VALUES / one),
            kept: Vec::new(),
            pairing: None,
            sides: Vec::new(),
            left: BTreeMap::new(),
            seen: 0,
            total: files,
            archive: None,
            reading: None,
            parts: Vec::new(),
            labels: Vec::new(),
        })
    }

    /// None yet, of `files` files, for pairs of squares of `size` pixels; [`Self::finish_pairs`] ends it.
    ///
    /// # Errors
    /// `BadSetting` for a size that pix2pix does not have.
    pub fn paired(size: u32, files: usize, pairing: Pairing) -> Result<Self, Error> {
        if ![32, 64, 128, 256].contains(&size) {
            return Err(Error::BadSetting {
                name: "size",
                detail: format!("{size} is not 32, 64, 128 or 256"),
            });
        }
        let most = MAX_PICTURES.min(MAX_VALUES / (6 * (size * size) as usize));
        Ok(Self {
            size,
            most: if pairing == Pairing::Folders {
                2 * most
            } else {
                most
            },
            pairing: Some(pairing),
            ..Self::new(8, files)?
        })
    }

    /// Files looked at, and files known of: an archive adds its own.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.seen, self.total.max(self.seen))
    }

    /// How many pictures are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len() + self.sides.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was left out so far.
    #[must_use]
    pub fn left(&self) -> Vec<LeftOut> {
        self.left.values().cloned().collect()
    }

    /// Takes a file; `name` may be a path, and its last folder a class. What lies in archives and idx files waits for
    /// [`Self::step`]. True if it is a picture of a format that only another decoder may know: give its pixels to
    /// [`Self::take`] then, or [`Self::leave`] it as `unsupported`.
    #[must_use]
    pub fn give(&mut self, name: &str, bytes: Vec<u8>) -> bool {
        while self.step() {}
        self.seen += 1;
        if self.seen > MAX_FILES {
            self.leave(name, "too-many");
            return false;
        }
        self.sort(name, bytes, false)
    }

    /// A file that was not read counts as looked at.
    pub fn refuse(&mut self, name: &str, code: &'static str) {
        self.seen += 1;
        self.leave(name, code);
    }

    /// Tells of a file that is left out.
    pub fn leave(&mut self, name: &str, code: &'static str) {
        self.leave_many(name, code, 1);
    }

    fn leave_many(&mut self, name: &str, code: &'static str, count: usize) {
        if count == 0 {
            return;
        }
        let left = self.left.entry(code).or_insert_with(|| LeftOut {
            code: code.into(),
            count: 0,
            names: Vec::new(),
        });
        left.count += count as u32;
        if left.names.len() < NAMED && !name.is_empty() {
            left.names.push(short(name));
        }
    }

    fn full(&self) -> bool {
        self.len() >= self.most
    }

    fn sort(&mut self, name: &str, bytes: Vec<u8>, archived: bool) -> bool {
        if hidden(name) {
            return false;
        }
        match kind(&bytes) {
            Kind::Zip if archived => self.leave(name, "nested-zip"),
            Kind::Zip => self.open_archive(name, bytes),
            Kind::Gzip | Kind::Idx if self.pairing.is_some() => self.leave(name, "not-a-pair"),
            Kind::Gzip => self.open_idx(name, bytes, true),
            Kind::Idx => self.open_idx(name, bytes, false),
            Kind::Other if self.full() => self.leave(name, "too-many"),
            Kind::Other => match decode(&bytes, name) {
                Ok(picture) => self.take(name, &picture.pixels),
                Err(Error::BadImage { code, .. }) => match code {
                    "image-unsupported" if !archived => return true,
                    "image-unsupported" => self.leave(name, "unsupported"),
                    "image-too-large" => self.leave(name, "too-large"),
                    "image-not-a-picture" | "image-svg" => self.leave(name, "not-a-picture"),
                    _ => self.leave(name, "broken"),
                },
                Err(_) => self.leave(name, "broken"),
            },
        }
        false
    }

    fn open_archive(&mut self, name: &str, bytes: Vec<u8>) {
        let most = MAX_FILES.saturating_sub(self.seen);
        match Archive::open(name, bytes, most) {
            Ok((archive, more)) => {
                self.total += archive.len();
                self.leave_many(name, "too-many", more);
                self.archive = Some(archive);
            }
            Err(code) => self.leave(name, code),
        }
    }

    fn open_idx(&mut self, name: &str, bytes: Vec<u8>, gzip: bool) {
        let idx = match Idx::open(bytes, gzip) {
            Ok(idx) => idx,
            Err(code) => return self.leave(name, code),
        };
        match idx.content {
            Content::Labels if self.labels.len() >= MAX_LABEL_FILES => self.leave(name, "too-many"),
            Content::Labels => match idx.labels() {
                Ok(labels) => self.labels.push((name.to_owned(), labels)),
                Err(code) => self.leave(name, code),
            },
            Content::Pictures { .. } => {
                let room = (self.most - self.kept.len()).min(idx.count);
                self.reading = Some(Reading {
                    name: name.to_owned(),
                    part: Part {
                        count: idx.count,
                        from: self.kept.len(),
                        picked: Vec::with_capacity(room),
                    },
                    idx,
                    room,
                });
            }
        }
    }

    /// Does a little of what waits; false once nothing does.
    pub fn step(&mut self) -> bool {
        if let Some(reading) = self.reading.take() {
            self.read(reading);
        } else if let Some(mut archive) = self.archive.take() {
            let full = self.full();
            let wanted = |first: &[u8]| !full || matches!(kind(first), Kind::Gzip | Kind::Idx);
            if let Some((name, content)) = archive.next(wanted) {
                self.seen += 1;
                let mut archive = Some(archive);
                match content {
                    Ok(bytes) => {
                        self.sort(&name, bytes, true);
                    }
                    Err(code) if hidden(&name) && code != "zip-bomb" => {}
                    Err(code) => {
                        self.leave(&name, code);
                        if code == "zip-bomb" {
                            // Its other files are hardly better.
                            let rest = archive.take().map_or(0, |a| a.len());
                            self.leave_many("", code, rest);
                            self.seen += rest;
                        }
                    }
                }
                self.archive = archive;
            }
        }
        self.reading.is_some() || self.archive.is_some()
    }

    /// The next pictures of an idx file. Where not all find room, those kept are spread over the whole file: it may be in
    /// the order of its classes.
    fn read(&mut self, mut reading: Reading) {
        let count = reading.idx.count;
        let end = count.min(reading.idx.next + AT_A_TIME);
        while reading.idx.next < end {
            let number = reading.idx.next;
            let share = |i: usize| (i as u64 * reading.room as u64 / count as u64) as usize;
            let picked = share(number + 1) > share(number);
            let picture = match reading.idx.picture() {
                Ok(picture) => picture,
                Err(code) => return self.unread(&reading, code),
            };
            if picked {
                let values = squared_grey(&picture, self.size);
                let class = None;
                self.kept.push(Kept { values, class });
                reading.part.picked.push(number);
            }
        }
        if end < count {
            self.reading = Some(reading);
            return;
        }
        if let Err(code) = reading.idx.end() {
            return self.unread(&reading, code);
        }
        self.leave_many(&reading.name, "too-many", count - reading.room);
        self.parts.push(reading.part);
    }

    /// A file that turns out broken gives nothing.
    fn unread(&mut self, reading: &Reading, code: &'static str) {
        self.kept.truncate(reading.part.from);
        self.leave(&reading.name, code);
    }

    /// Takes a decoded picture: its middle square, reduced, over white where it is transparent; or its part of a pair.
    pub fn take(&mut self, name: &str, pixels: &RgbaImage) {
        if self.full() {
            return self.leave(name, "too-many");
        }
        if let Some(pairing) = self.pairing {
            return match paired::side(pairing, name, pixels, self.size) {
                Ok(side) => self.sides.push(side),
                Err(code) => self.leave(name, code),
            };
        }
        self.kept.push(Kept {
            values: squared(pixels, self.size),
            class: folder(name),
        });
    }

    /// The data set, shuffled.
    ///
    /// # Errors
    /// `data-too-few` if there are fewer than [`MIN_PICTURES`].
    pub fn finish(mut self) -> Result<Prepared, Error> {
        while self.step() {}
        if self.kept.len() < MIN_PICTURES {
            let detail = format!(
                "{} pictures could be used; at least {MIN_PICTURES} are needed",
                self.kept.len()
            );
            let code = "data-too-few";
            return Err(Error::BadData { code, detail });
        }
        self.label();
        let classes = self.classes();
        let area = (self.size * self.size) as usize;
        let grey = self.kept.iter().all(|one| one.values.len() == area);
        let channels = if grey { 1 } else { 3 };
        let mut pictures = Pictures::new(channels, self.size as usize, classes.len().max(1));
        let mut numbers: Vec<usize> = (0..self.kept.len()).collect();
        shuffle(&mut numbers);
        for number in numbers {
            let one = &mut self.kept[number];
            let mut values = std::mem::take(&mut one.values);
            if values.len() < channels * area {
                values = values.repeat(3);
            }
            let class = one.class.as_ref();
            let label = classes.iter().position(|name| Some(name) == class);
            pictures.push(&values, label.unwrap_or(0) as u8);
        }
        let left = self.left();
        Ok(Prepared {
            pictures,
            classes,
            left,
        })
    }

    /// Gives the pictures of idx files the labels of the file that has as many.
    fn label(&mut self) {
        for part in &self.parts {
            let fits = |(_, labels): &(String, Vec<u8>)| labels.len() == part.count;
            let Some(at) = self.labels.iter().position(fits) else {
                continue;
            };
            let (_, labels) = self.labels.swap_remove(at);
            for (one, number) in self.kept[part.from..].iter_mut().zip(&part.picked) {
                one.class = Some(labels[*number].to_string());
            }
        }
        for (name, _) in std::mem::take(&mut self.labels) {
            self.leave(&name, "labels-do-not-fit");
        }
    }

    /// The names of the classes, numbers in their order; none if not every picture has one, or too few or many differ.
    fn classes(&mut self) -> Vec<String> {
        let named: BTreeSet<_> = self.kept.iter().filter_map(|k| k.class.as_ref()).collect();
        let most = match self.parts.is_empty() {
            true => MAX_FOLDERS,
            false => MAX_CLASSES,
        };
        if !(2..=most).contains(&named.len()) {
            return Vec::new();
        }
        let mut names: Vec<String> = named.into_iter().cloned().collect();
        names.sort_by_key(|name| name.parse().unwrap_or(u32::MAX));
        let without = self.kept.iter().filter(|one| one.class.is_none()).count();
        if without > 0 {
            self.leave_many("", "without-label", without);
            return Vec::new();
        }
        names
    }
}
