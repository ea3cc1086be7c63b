//! Data sets of the user's own: what is read, what is left out and said so, and that no bytes do harm.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

#[path = "../common/mod.rs"]
mod common;
mod formats;
mod hostile;
mod learnt;
mod pairs;

use std::io::{Cursor, Write};

use easel::data::own::{Collection, Prepared};
use easel::error::Error;
use easel::protocol::LeftOut;
use flate2::Compression;
use flate2::write::GzEncoder;
use image::{ImageFormat, Rgb, RgbImage};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

type File = (String, Vec<u8>);

fn file(name: &str, bytes: impl Into<Vec<u8>>) -> File {
    (name.into(), bytes.into())
}

/// What a size makes of files.
fn gather(size: u32, files: Vec<File>) -> (Result<Prepared, Error>, Vec<LeftOut>) {
    let mut all = Collection::new(size, files.len()).expect("a size within its range");
    for (name, bytes) in files {
        if all.give(&name, bytes) {
            all.leave(&name, "unsupported");
        }
        while all.step() {}
    }
    let left = all.left();
    (all.finish(), left)
}

fn prepared(size: u32, files: Vec<File>) -> Prepared {
    gather(size, files).0.expect("enough pictures")
}

/// The reasons with their numbers.
fn reasons(left: &[LeftOut]) -> Vec<(&str, u32)> {
    left.iter().map(|l| (l.code.as_str(), l.count)).collect()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a picture");
    bytes.into_inner()
}

/// A picture of one colour, so that it is known again.
fn plain(w: u32, h: u32, color: [u8; 3]) -> Vec<u8> {
    png(&RgbImage::from_pixel(w, h, Rgb(color)))
}

/// So many small pictures in a folder; `/` ends its name.
fn pictures(folder: &str, count: usize) -> Vec<File> {
    let one = |i: usize| plain(8, 8, [i as u8, 90, (i / 256) as u8]);
    (0..count)
        .map(|i| file(&format!("{folder}{i}.png"), one(i)))
        .collect()
}

fn archive(files: &[File], how: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(how);
        zip.start_file(name.as_str(), options).expect("a new file");
        zip.write_all(bytes).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).expect("in memory");
    packed.finish().expect("in memory")
}

/// An idx file of `u8` with these dimensions in its header, and these values.
fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|d| d.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// Pictures of `side` pixels that all differ, the first two values of each its number.
fn numbered(count: usize, side: usize) -> Vec<u8> {
    let value = |i: usize, at: usize| match at {
        0 => (i / 256) as u8,
        1 => i as u8,
        _ => (i * 31 + at * 7) as u8,
    };
    (0..count * side * side)
        .map(|k| value(k / (side * side), k % (side * side)))
        .collect()
}
