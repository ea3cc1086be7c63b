//! Reads pictures from files nobody has checked yet.
//!
//! A file is told by its content, never by its name. Its own headers are read first
//! ([`survey`]): a picture that claims to be too large is refused before anything is allocated for
//! it, and a file that ends early is refused before a decoder paints the missing part grey. Only
//! then does the `image` crate decode.
//!
//! Colour profiles are not applied: the numbers are taken as sRGB.

mod size;
mod sniff;
mod survey;

use std::io::{Cursor, ErrorKind};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbaImage};

use crate::error::Error;
use crate::protocol::Note;
use survey::Survey;

pub use size::{fit, resize};

/// The longest file that is read, in bytes (50 MB).
pub const MAX_BYTES: usize = 50_000_000;
/// The most pixels a picture may have (100 megapixels).
pub const MAX_PIXELS: u64 = 100_000_000;
/// The longest side a picture may have, in pixels.
pub const MAX_SIDE: u32 = 32_768;

/// What a decoder may allocate: the largest picture at eight bytes per pixel, and room to work.
const MAX_ALLOC: u64 = MAX_PIXELS * 8 + (64 << 20);

/// A picture as it is to be seen: upright, 8 bits per channel, with its alpha not premultiplied.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The pixels, `[H, W, 4]`, 0..=255.
    pub pixels: RgbaImage,
    /// What was done to it that the user should know.
    pub notes: Vec<Note>,
}

/// Why a file is refused: a code of [`Error::BadImage`] and the English particulars.
#[derive(Debug, PartialEq, Eq)]
struct Flaw {
    code: &'static str,
    detail: String,
}

impl Flaw {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    fn truncated() -> Self {
        Self::new("image-truncated", "the file ends before the picture does")
    }

    fn broken(detail: impl Into<String>) -> Self {
        Self::new("image-broken", detail)
    }

    fn unsupported(detail: impl Into<String>) -> Self {
        Self::new("image-unsupported", detail)
    }

    fn about(self, name: &str) -> Error {
        Error::BadImage {
            name: name.into(),
            code: self.code,
            detail: self.detail,
        }
    }
}

/// Decodes PNG, JPEG, WebP, GIF or BMP. `name` is the file's name as the user knows it.
///
/// Of an animation the first frame is taken, the EXIF orientation is applied, 16 bits become 8,
/// CMYK becomes RGB; `notes` says so.
///
/// # Errors
///
/// [`Error::BadImage`] with `image-empty`, `image-not-a-picture`, `image-svg`, `image-too-large`,
/// `image-truncated`, `image-broken`, or `image-unsupported` when it is a picture that another
/// decoder may know (give its pixels to [`from_rgba`] then).
pub fn decode(bytes: &[u8], name: &str) -> Result<Picture, Error> {
    read(bytes, name).map_err(|flaw| flaw.about(name))
}

/// Takes a picture that the browser has decoded: `bytes` are RGBA, 8 bits per channel, row by row,
/// not premultiplied.
///
/// # Errors
///
/// [`Error::BadImage`] with `image-too-large`, or `image-broken` when `bytes` has not exactly
/// `width * height * 4` bytes.
pub fn from_rgba(width: u32, height: u32, bytes: Vec<u8>, name: &str) -> Result<Picture, Error> {
    check_size(width, height).map_err(|flaw| flaw.about(name))?;
    let (given, needed) = (bytes.len(), u64::from(width) * u64::from(height) * 4);
    let pixels = if given as u64 == needed {
        RgbaImage::from_raw(width, height, bytes)
    } else {
        None
    };
    let pixels = pixels.ok_or_else(|| {
        let detail = format!("{width} x {height} pixels are {needed} bytes; {given} came");
        Flaw::broken(detail).about(name)
    })?;
    let mut codes = Vec::new();
    if !is_opaque(&pixels) {
        codes.push("alpha-kept");
    }
    Ok(Picture {
        pixels,
        notes: notes(&codes, name),
    })
}

fn read(bytes: &[u8], name: &str) -> Result<Picture, Flaw> {
    if bytes.is_empty() {
        return Err(Flaw::new("image-empty", "the file is empty"));
    }
    if bytes.len() > MAX_BYTES {
        let (given, most) = (bytes.len() as f64 / 1e6, MAX_BYTES / 1_000_000);
        let detail = format!("the file has {given:.1} MB; at most {most} MB are read");
        return Err(Flaw::new("image-too-large", detail));
    }
    let format = sniff::format(bytes)?;
    let survey = survey::survey(format, bytes)?;
    let mut image = decoded(&survey)?;

    let mut codes = Vec::new();
    if extension_contradicts(name, format) {
        codes.push("wrong-extension");
    }
    if survey.frames > 1 {
        codes.push("first-frame");
    }
    let orientation = survey.exif.and_then(Orientation::from_exif_chunk);
    if let Some(orientation) = orientation.filter(|way| *way != Orientation::NoTransforms) {
        image.apply_orientation(orientation);
        codes.push("turned");
    }
    if survey.sixteen_bit {
        codes.push("sixteen-bit");
    }
    if survey.cmyk {
        codes.push("cmyk");
    }
    let pixels = image.into_rgba8();
    if !is_opaque(&pixels) {
        codes.push("alpha-kept");
    }
    Ok(Picture {
        pixels,
        notes: notes(&codes, name),
    })
}

/// Lets the `image` crate decode what the survey found sound.
///
/// CMYK and YCCK JPEGs come out as RGB = CMY * K of the stored, inverted values: what browsers show
/// when there is no colour profile.
fn decoded(survey: &Survey) -> Result<DynamicImage, Flaw> {
    let refusal = |error| refusal(error, survey);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    let mut reader = ImageReader::with_format(Cursor::new(survey.body), survey.format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(refusal)?;
    // What was checked is what the survey read, so it must be what the decoder is going to fill.
    let (width, height) = decoder.dimensions();
    if (width, height) != (survey.width, survey.height) {
        return Err(Flaw::unsupported(format!(
            "the headers say {} x {} pixels, the decoder reads {width} x {height}",
            survey.width, survey.height
        )));
    }
    DynamicImage::from_decoder(decoder).map_err(refusal)
}

fn refusal(error: ImageError, survey: &Survey) -> Flaw {
    match error {
        ImageError::Limits(_) => Flaw::new(
            "image-too-large",
            format!(
                "{} x {} pixels need more than {} MB to decode",
                survey.width,
                survey.height,
                MAX_ALLOC / 1_000_000
            ),
        ),
        ImageError::Unsupported(error) => Flaw::unsupported(error.to_string()),
        // The survey has walked all other formats to their ends.
        ImageError::IoError(error)
            if survey.format == ImageFormat::Bmp && error.kind() == ErrorKind::UnexpectedEof =>
        {
            Flaw::truncated()
        }
        error => Flaw::broken(error.to_string()),
    }
}

fn check_size(width: u32, height: u32) -> Result<(), Flaw> {
    if width == 0 || height == 0 {
        return Err(Flaw::broken(format!(
            "{width} x {height} pixels are no picture"
        )));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || width.max(height) > MAX_SIDE {
        let (given, most) = (pixels as f64 / 1e6, MAX_PIXELS / 1_000_000);
        return Err(Flaw::new(
            "image-too-large",
            format!(
                "{width} x {height} pixels are {given:.1} megapixels; at most {most} megapixels \
                 and {MAX_SIDE} pixels a side are read"
            ),
        ));
    }
    Ok(())
}

/// Whether the name promises another kind of picture. No extension, or one that is not a picture's,
/// promises nothing.
fn extension_contradicts(name: &str, format: ImageFormat) -> bool {
    let Some(extension) = Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str())
    else {
        return false;
    };
    let extension = extension.to_ascii_lowercase();
    match ImageFormat::from_extension(&extension) {
        Some(promised) => promised != format,
        None => {
            matches!(
                &*extension,
                "heic" | "heif" | "jp2" | "jxl" | "psd" | "svg" | "svgz" | "xcf"
            )
        }
    }
}

fn is_opaque(pixels: &RgbaImage) -> bool {
    pixels.pixels().all(|pixel| pixel[3] == u8::MAX)
}

fn notes(codes: &[&str], name: &str) -> Vec<Note> {
    codes
        .iter()
        .map(|&code| Note {
            code: code.into(),
            subject: name.into(),
        })
        .collect()
}
