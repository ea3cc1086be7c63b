//! Walks a file's own structure from its start to its end, decoding nothing.
//!
//! It finds what the file claims (size, frames, depth, orientation) and whether all of it is there.
//! Every length is checked against the bytes at hand, so no claim makes anything be allocated.

use image::ImageFormat;

use super::{Flaw, check_size};

/// What a file says about itself.
pub(super) struct Survey<'a> {
    pub format: ImageFormat,
    /// The file without what may trail it.
    pub body: &'a [u8],
    /// As stored, before the EXIF orientation.
    pub width: u32,
    pub height: u32,
    pub frames: u32,
    pub sixteen_bit: bool,
    pub cmyk: bool,
    /// The EXIF data from its TIFF header on.
    pub exif: Option<&'a [u8]>,
}

impl<'a> Survey<'a> {
    /// Records a size found in a header; refuses one that is too large. The first is the picture's,
    /// later ones are its parts'.
    fn claim(&mut self, width: u32, height: u32) -> Result<(), Flaw> {
        check_size(width, height)?;
        if self.width == 0 {
            (self.width, self.height) = (width, height);
        }
        Ok(())
    }

    fn exif(&mut self, chunk: &'a [u8]) {
        // WebP files carry JPEG's prefix or do not.
        let tiff = chunk.strip_prefix(b"Exif\0\0").unwrap_or(chunk);
        self.exif = self.exif.or(Some(tiff));
    }
}

/// Walks a whole file of the given format.
pub(super) fn survey(format: ImageFormat, bytes: &[u8]) -> Result<Survey<'_>, Flaw> {
    let mut survey = Survey {
        format,
        body: bytes,
        width: 0,
        height: 0,
        frames: 1,
        sixteen_bit: false,
        cmyk: false,
        exif: None,
    };
    let walk = match format {
        ImageFormat::Png => png,
        ImageFormat::Jpeg => jpeg,
        ImageFormat::Gif => gif,
        ImageFormat::WebP => webp,
        ImageFormat::Bmp => bmp,
        _ => {
            return Err(Flaw::unsupported(format!(
                "{format:?} pictures are not read here"
            )));
        }
    };
    walk(Walker { rest: bytes }, &mut survey)?;
    if survey.width == 0 {
        return Err(Flaw::broken("the file says no size"));
    }
    Ok(survey)
}

/// Takes bytes from the front; asking for more than there are means that the file is truncated.
struct Walker<'a> {
    rest: &'a [u8],
}

impl<'a> Walker<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Flaw> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(Flaw::truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(Flaw::truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u8(&mut self) -> Result<u8, Flaw> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16_be(&mut self) -> Result<u16, Flaw> {
        self.array().map(u16::from_be_bytes)
    }

    fn u16_le(&mut self) -> Result<u16, Flaw> {
        self.array().map(u16::from_le_bytes)
    }

    fn u24_le(&mut self) -> Result<u32, Flaw> {
        self.array()
            .map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    fn u32_be(&mut self) -> Result<u32, Flaw> {
        self.array().map(u32::from_be_bytes)
    }

    fn u32_le(&mut self) -> Result<u32, Flaw> {
        self.array().map(u32::from_le_bytes)
    }
}

/// Chunks of length, kind, data and checksum, up to `IEND`.
fn png<'a>(mut file: Walker<'a>, survey: &mut Survey<'a>) -> Result<(), Flaw> {
    file.take(8)?;
    loop {
        let length = file.u32_be()?;
        let kind: [u8; 4] = file.array()?;
        let data = file.take(length as usize)?;
        file.take(4)?;
        let mut chunk = Walker { rest: data };
        match &kind {
            b"IHDR" => {
                survey.claim(chunk.u32_be()?, chunk.u32_be()?)?;
                survey.sixteen_bit = chunk.u8()? == 16;
            }
            b"acTL" => survey.frames = chunk.u32_be()?,
            b"eXIf" => survey.exif(data),
            b"IEND" => return Ok(()),
            _ => {}
        }
    }
}

/// Segments between markers, up to the end-of-image marker.
fn jpeg<'a>(mut file: Walker<'a>, survey: &mut Survey<'a>) -> Result<(), Flaw> {
    file.take(2)?;
    loop {
        let marker = jpeg_marker(&mut file)?;
        if marker == 0xd9 {
            return Ok(());
        }
        let length = file.u16_be()?;
        let data_length = length.checked_sub(2).ok_or_else(|| {
            Flaw::broken(format!(
                "a JPEG segment of length {length} has no room for its length"
            ))
        })?;
        let data = file.take(usize::from(data_length))?;
        match marker {
            // Start of frame, except the tables (c4, cc) and the reserved c8 between them.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                if survey.width != 0 {
                    return Err(Flaw::broken("the JPEG file starts its frame twice"));
                }
                let mut frame = Walker { rest: data };
                let precision = frame.u8()?;
                let height = frame.u16_be()?;
                survey.claim(frame.u16_be()?.into(), height.into())?;
                survey.cmyk = frame.u8()? == 4;
                if marker > 0xc2 || precision != 8 {
                    return Err(Flaw::unsupported(format!(
                        "JPEG files of process {} with {precision} bits are not read here",
                        marker - 0xc0
                    )));
                }
            }
            0xe1 if data.starts_with(b"Exif\0\0") => survey.exif(data),
            _ => {}
        }
    }
}

/// The next marker that starts a segment or ends the file. Compressed data is passed over: in it a
/// 0xff stands before a zero or a restart marker (d0 to d7) only.
fn jpeg_marker(file: &mut Walker) -> Result<u8, Flaw> {
    loop {
        let skip = file
            .rest
            .iter()
            .position(|byte| *byte == 0xff)
            .ok_or_else(Flaw::truncated)?;
        file.take(skip)?;
        let fill = file
            .rest
            .iter()
            .position(|byte| *byte != 0xff)
            .ok_or_else(Flaw::truncated)?;
        file.take(fill)?;
        match file.u8()? {
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            marker => return Ok(marker),
        }
    }
}

/// A screen, then extensions and frames of sub-blocks, up to the trailer.
fn gif<'a>(mut file: Walker<'a>, survey: &mut Survey<'a>) -> Result<(), Flaw> {
    file.take(6)?;
    survey.claim(file.u16_le()?.into(), file.u16_le()?.into())?;
    let flags = file.u8()?;
    file.take(2 + gif_palette(flags))?;
    survey.frames = 0;
    loop {
        match file.u8()? {
            0x2c => {
                file.take(4)?;
                let (width, height) = (file.u16_le()?, file.u16_le()?);
                if survey.frames == 0 {
                    survey.claim(width.into(), height.into())?;
                }
                let flags = file.u8()?;
                file.take(gif_palette(flags) + 1)?;
                gif_blocks(&mut file)?;
                survey.frames += 1;
            }
            0x21 => {
                file.take(1)?;
                gif_blocks(&mut file)?;
            }
            0x3b => break,
            // Rubbish behind the first frame does not hurt it.
            _ if survey.frames > 0 => break,
            block => {
                return Err(Flaw::broken(format!(
                    "a GIF block of unknown kind {block:#04x}"
                )));
            }
        }
    }
    if survey.frames == 0 {
        return Err(Flaw::broken("the GIF file has no frame"));
    }
    Ok(())
}

fn gif_palette(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

fn gif_blocks(file: &mut Walker) -> Result<(), Flaw> {
    loop {
        match file.u8()? {
            0 => return Ok(()),
            length => file.take(usize::from(length))?,
        };
    }
}

/// Chunks of kind, length and data padded to an even length, within the RIFF chunk.
fn webp<'a>(mut file: Walker<'a>, survey: &mut Survey<'a>) -> Result<(), Flaw> {
    let bytes = file.rest;
    file.take(4)?;
    let riff = file.u32_le()? as usize;
    file.take(4)?;
    let end = riff.saturating_add(8).min(bytes.len());
    // A decoder would look for chunks behind the end, too: it must not see what is not checked.
    survey.body = &bytes[..end];
    file.rest = bytes.get(12..end).unwrap_or_default();
    survey.frames = 0;
    while !file.rest.is_empty() {
        let (kind, data) = webp_chunk(&mut file)?;
        match &kind {
            b"VP8X" => {
                let mut canvas = Walker { rest: data };
                canvas.take(4)?;
                survey.claim(canvas.u24_le()? + 1, canvas.u24_le()? + 1)?;
            }
            b"EXIF" => survey.exif(data),
            b"ANMF" => {
                // Only the first frame is decoded.
                if survey.frames == 0 {
                    webp_frame(data, survey)?;
                }
                survey.frames += 1;
            }
            _ => webp_bitstream(&kind, data, survey)?,
        }
    }
    // The padding of the last chunk may be missing, nothing else.
    if riff.saturating_add(8) > bytes.len() + 1 {
        return Err(Flaw::truncated());
    }
    Ok(())
}

fn webp_frame<'a>(data: &'a [u8], survey: &mut Survey<'a>) -> Result<(), Flaw> {
    let mut frame = Walker { rest: data };
    frame.take(6)?;
    survey.claim(frame.u24_le()? + 1, frame.u24_le()? + 1)?;
    frame.take(4)?;
    while !frame.rest.is_empty() {
        let (kind, data) = webp_chunk(&mut frame)?;
        webp_bitstream(&kind, data, survey)?;
    }
    Ok(())
}

fn webp_chunk<'a>(file: &mut Walker<'a>) -> Result<([u8; 4], &'a [u8]), Flaw> {
    let kind = file.array()?;
    let length = file.u32_le()? as usize;
    let data = file.take(length)?;
    file.take((length & 1).min(file.rest.len()))?;
    Ok((kind, data))
}

/// The size in a lossy or lossless bitstream, which the decoder believes over the canvas'.
fn webp_bitstream<'a>(kind: &[u8; 4], data: &'a [u8], survey: &mut Survey<'a>) -> Result<(), Flaw> {
    let mut stream = Walker { rest: data };
    match kind {
        b"VP8 " => {
            stream.take(6)?;
            let (width, height) = (stream.u16_le()?, stream.u16_le()?);
            survey.claim((width & 0x3fff).into(), (height & 0x3fff).into())
        }
        b"VP8L" => {
            stream.take(1)?;
            let sizes = stream.u32_le()?;
            survey.claim((sizes & 0x3fff) + 1, ((sizes >> 14) & 0x3fff) + 1)
        }
        _ => Ok(()),
    }
}

/// The size only: the decoder itself knows when the rows end early.
fn bmp<'a>(mut file: Walker<'a>, survey: &mut Survey<'a>) -> Result<(), Flaw> {
    file.take(14)?;
    let (width, height) = match file.u32_le()? {
        12 => (file.u16_le()?.into(), file.u16_le()?.into()),
        // Negative heights are top to bottom.
        _ => (file.u32_le()?, file.u32_le()?.cast_signed().unsigned_abs()),
    };
    survey.claim(width, height)
}
