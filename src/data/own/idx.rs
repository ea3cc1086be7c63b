//! The idx format of MNIST: two zeros, the type of number, how many dimensions, each of them as a big-endian `u32`, then
//! all numbers. Read from the front, a picture at a time, so that gzip around it is never inflated as a whole.

use std::io::{Cursor, Read};

use flate2::read::GzDecoder;
use image::GrayImage;

/// The most items in a file; the largest set of this kind, EMNIST, has 814,255.
const MAX_COUNT: u64 = 1_000_000;
/// The longest side of a picture, in pixels.
const MAX_SIDE: u64 = 512;
/// The most values in a file: pictures beyond those kept are inflated, too, to know that the file is whole.
const MAX_VALUES: u64 = 256 << 20;

/// A file with a sound header.
pub(super) struct Idx {
    reader: Box<dyn Read>,
    pub content: Content,
    pub count: usize,
    /// The number of the next picture.
    pub next: usize,
}

#[derive(Clone, Copy)]
pub(super) enum Content {
    Labels,
    Pictures { width: u32, height: u32 },
}

impl Idx {
    /// Reads the header. The code of a refusal is `not-a-picture`, `bad-idx` or `too-large`.
    pub fn open(bytes: Vec<u8>, gzip: bool) -> Result<Self, &'static str> {
        let length = bytes.len() as u64;
        let bytes = Cursor::new(bytes);
        let mut reader: Box<dyn Read> = match gzip {
            true => Box::new(GzDecoder::new(bytes)),
            false => Box::new(bytes),
        };
        let magic = word(&mut reader)?;
        let dimensions = match magic {
            0x0801 => 1,
            0x0803 => 3,
            // Gzip around something else.
            _ if gzip && magic >> 16 != 0 => return Err("not-a-picture"),
            _ => return Err("bad-idx"),
        };
        let count = u64::from(word(&mut reader)?);
        let (mut values, mut content) = (count, Content::Labels);
        if dimensions == 3 {
            let (height, width) = (word(&mut reader)?, word(&mut reader)?);
            let sides = [height, width].map(u64::from);
            if !sides.iter().all(|side| (1..=MAX_SIDE).contains(side)) {
                return Err("bad-idx");
            }
            values = count * sides[0] * sides[1];
            content = Content::Pictures { width, height };
        }
        // The file's own length is held against the header before anything is read; that of gzip when it ends.
        if count == 0 || !gzip && length != 4 + 4 * dimensions + values {
            return Err("bad-idx");
        }
        if count > MAX_COUNT || values > MAX_VALUES {
            return Err("too-large");
        }
        Ok(Self {
            reader,
            content,
            count: count as usize,
            next: 0,
        })
    }

    /// All labels of a file of labels.
    pub fn labels(mut self) -> Result<Vec<u8>, &'static str> {
        let mut labels = vec![0; self.count];
        self.reader.read_exact(&mut labels).map_err(|_| "bad-idx")?;
        self.end()?;
        Ok(labels)
    }

    /// The next picture of a file of pictures.
    pub fn picture(&mut self) -> Result<GrayImage, &'static str> {
        let Content::Pictures { width, height } = self.content else {
            return Err("bad-idx");
        };
        let mut picture = GrayImage::new(width, height);
        self.reader
            .read_exact(&mut picture)
            .map_err(|_| "bad-idx")?;
        self.next += 1;
        Ok(picture)
    }

    /// Nothing may follow; gzip holds its checksum against what was read here.
    pub fn end(&mut self) -> Result<(), &'static str> {
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            _ => Err("bad-idx"),
        }
    }
}

fn word(reader: &mut dyn Read) -> Result<u32, &'static str> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes).map_err(|_| "bad-idx")?;
    Ok(u32::from_be_bytes(bytes))
}
