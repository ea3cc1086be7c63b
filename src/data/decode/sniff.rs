//! Tells what a file is by its first bytes.

use image::ImageFormat;

use super::Flaw;

/// How much of a text is searched for `<svg`.
const SVG_WINDOW: usize = 64 << 10;

/// First bytes of pictures that are not decoded here. Those that start alike stand longest first.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\x01\0", "ICO"),
    (b"\0\0\x02\0", "CUR"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf", "GIMP"),
    (b"qoif", "QOI"),
    (b"farbfeld", "Farbfeld"),
    (b"DDS ", "DDS"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"\x8bJNG\r\n\x1a\n", "JNG"),
    (b"FUJIFILMCCD-RAW", "Fujifilm raw"),
    (b"BPG\xfb", "BPG"),
    (b"FLIF", "FLIF"),
];

/// The format to decode it with, or why there is none.
pub(super) fn format(bytes: &[u8]) -> Result<ImageFormat, Flaw> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(ImageFormat::Png)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Ok(ImageFormat::Jpeg)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Ok(ImageFormat::Gif)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Ok(ImageFormat::WebP)
    } else if is_bmp(bytes) {
        Ok(ImageFormat::Bmp)
    } else if let Some(kind) = foreign(bytes) {
        Err(Flaw::unsupported(format!(
            "{kind} pictures are not read here"
        )))
    } else if is_svg(bytes) {
        Err(Flaw::new(
            "image-svg",
            "SVG is a drawing, not a picture; save it as PNG first",
        ))
    } else {
        Err(Flaw::new("image-not-a-picture", "this is not a picture"))
    }
}

/// "BM" alone would take any text that starts with it: the header's length must be a known one too.
fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && matches!(
            bytes.get(14..18),
            Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
        )
}

fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let known = FOREIGN
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map(|(_, kind)| *kind);
    known
        .or_else(|| box_brand(bytes))
        .or_else(|| is_netpbm(bytes).then_some("Netpbm"))
}

/// AVIF, HEIC and Canon's raw files are boxes that start with `ftyp` and a list of brands; so are
/// MP4 videos, which are not pictures.
fn box_brand(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8) != Some(b"ftyp") {
        return None;
    }
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let listed = &bytes[8..bytes.len().min(length.clamp(12, 256))];
    listed.chunks_exact(4).find_map(|brand| match brand {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some("HEIC"),
        b"mif1" | b"msf1" => Some("HEIF"),
        b"crx " => Some("Canon raw"),
        _ => None,
    })
}

fn is_netpbm(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'1'..=b'7', white, rest @ ..]
        if white.is_ascii_whitespace() && rest.first().is_some_and(|b| b.is_ascii_digit() || *b == b'#' || *b == b'W'))
}

/// A text whose first element is `svg`, behind any byte-order mark, prolog, comments and doctype.
fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(SVG_WINDOW)];
    let text: Vec<u8> = match head {
        // UTF-16: what is looked for is ASCII, so its other bytes are zero.
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] => {
            rest.iter().copied().filter(|byte| *byte != 0).collect()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        _ => head.to_vec(),
    };
    let text = String::from_utf8_lossy(&text);
    let mut rest = text.trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            rest.find("-->").map(|at| at + 3)
        } else if rest.starts_with("<?") {
            rest.find("?>").map(|at| at + 2)
        } else if rest.starts_with("<!") {
            doctype_end(rest)
        } else {
            break;
        };
        let Some(end) = end else { return false };
        rest = rest[end..].trim_start();
    }
    let Some(element) = rest.strip_prefix('<') else {
        return false;
    };
    let name = element
        .split(|c: char| c.is_whitespace() || c == '>' || c == '/')
        .next();
    // A name may carry a namespace prefix: `svg:svg`.
    name.and_then(|name| name.rsplit(':').next()) == Some("svg")
}

/// A doctype may hold declarations in brackets, which hold `>` themselves.
fn doctype_end(text: &str) -> Option<usize> {
    let close = text.find('>')?;
    match text.find('[') {
        Some(open) if open < close => {
            let inner = open + text[open..].find(']')?;
            Some(inner + text[inner..].find('>')? + 1)
        }
        _ => Some(close + 1),
    }
}
