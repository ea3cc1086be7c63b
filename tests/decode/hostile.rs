//! Files that are refused: the code, and that nothing worse happens.

use std::fs;

use easel::data::decode::{MAX_BYTES, Picture, decode};

use crate::{bytes, fixtures, refusal, upright, worst};

#[test]
fn what_is_no_picture_is_called_so() {
    assert_eq!(refusal(&bytes("empty.png"), "empty.png"), "image-empty");
    for name in ["text.png", "random.bin"] {
        assert_eq!(refusal(&bytes(name), name), "image-not-a-picture", "{name}");
    }
    for other in [
        &b"BM is how this text begins, and it goes on for a while"[..],
        b"<!DOCTYPE html><html><svg></svg></html>",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"%PDF-1.7",
        b"P3rfect weather",
        b"\xff",
        b"\0",
    ] {
        assert_eq!(refusal(other, "p"), "image-not-a-picture", "{other:?}");
    }
}

#[test]
fn svg_is_known_behind_prolog_comment_and_doctype() {
    assert_eq!(refusal(&bytes("picture.svg"), "picture.svg"), "image-svg");
    let utf16 = "\u{feff}<?xml version='1.0'?><svg/>".encode_utf16();
    let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
    for svg in [
        &b"<svg>"[..],
        b"  \r\n\t<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!-- one --><!-- two --><s:svg/>",
        b"<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"svg11.dtd\"><svg>",
        &utf16,
    ] {
        assert_eq!(refusal(svg, "drawing.png"), "image-svg", "{svg:?}");
    }
    for other in [
        &b"<svgfoo>"[..],
        b"<!-- <svg> ",
        b"<?xml?>",
        b"<!DOCTYPE svg [ <svg>",
        b"<",
    ] {
        assert_eq!(refusal(other, "p.svg"), "image-not-a-picture", "{other:?}");
    }
}

#[test]
fn pictures_for_other_decoders_are_unsupported() {
    for (magic, kind) in [
        (&b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"[..], "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1hevc", "HEIF"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"\xff\x0a\xfa", "JPEG XL"),
        (b"\0\0\x01\0\x01\0", "ICO"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"P6\n24 16\n255\n", "Netpbm"),
    ] {
        let error = decode(magic, "p").unwrap_err();
        assert_eq!(error.code(), "image-unsupported", "{kind}");
        assert!(error.to_string().contains(kind), "{error}");
    }
    // A JPEG frame with arithmetic coding (c9), which the decoder does not know.
    let mut arithmetic = bytes("plain.jpg");
    let frame = start_of_frame(&arithmetic);
    arithmetic[frame + 1] = 0xc9;
    assert_eq!(refusal(&arithmetic, "p.jpg"), "image-unsupported");
}

fn start_of_frame(jpeg: &[u8]) -> usize {
    let mut pairs = jpeg.windows(2);
    pairs.position(|pair| pair == [0xff, 0xc0]).unwrap()
}

#[test]
fn truncated_files_are_called_truncated() {
    for kind in ["png", "jpg", "webp", "gif"] {
        let name = format!("truncated.{kind}");
        assert_eq!(refusal(&bytes(&name), &name), "image-truncated", "{name}");
    }
    // A download whose rest was filled with zeros.
    let mut filled = bytes("truncated.jpg");
    filled.resize(bytes("plain.jpg").len(), 0);
    assert_eq!(refusal(&filled, "filled.jpg"), "image-truncated");
}

#[test]
fn corrupted_files_are_called_broken() {
    let mut png = bytes("plain.png");
    png[60] ^= 1; // In the compressed data: the checksum tells.
    assert_eq!(refusal(&png, "p.png"), "image-broken");

    let plain = bytes("plain.jpg");
    let frame = start_of_frame(&plain);
    let mut empty = plain.clone();
    empty[frame + 5..frame + 9].fill(0);
    assert_eq!(refusal(&empty, "0 x 0.jpg"), "image-broken");
    // A second frame could claim another size than the one that was checked.
    let twice = [&plain[..frame + 19], &plain[frame..]].concat();
    let error = decode(&twice, "twice.jpg").unwrap_err();
    assert_eq!(error.code(), "image-broken");
    assert!(
        error.to_string().contains("starts its frame twice"),
        "{error}"
    );

    assert_eq!(refusal(b"\xff\xd8\xff\xd9", "none.jpg"), "image-broken");
    let screen = b"GIF89a\x01\0\x01\0\0\0\0;";
    assert_eq!(refusal(screen, "none.gif"), "image-broken");
}

#[test]
fn bombs_are_refused_with_their_numbers() {
    let error = decode(&bytes("bomb.png"), "bomb.png").unwrap_err();
    assert_eq!(error.code(), "image-too-large");
    assert_eq!(
        error.to_string(),
        "bomb.png: 30000 x 30000 pixels are 900.0 megapixels; at most 100 megapixels and 32768 \
         pixels a side are read"
    );
    let error = decode(&bytes("huge-header.jpg"), "huge-header.jpg").unwrap_err();
    assert_eq!(error.code(), "image-too-large");
    assert!(error.to_string().contains("65500 x 65500"), "{error}");
}

#[test]
fn the_limits_are_where_they_are_said_to_be() {
    for (width, height, code) in [
        (32_768, 1, "image-broken"),
        (32_769, 1, "image-too-large"),
        (1, 32_769, "image-too-large"),
        (10_000, 10_000, "image-broken"),
        (10_001, 10_000, "image-too-large"),
        (u32::MAX, u32::MAX, "image-too-large"),
        (0, 16, "image-broken"),
    ] {
        // The header's checksum is wrong then, so what is not too large is broken.
        let mut png = bytes("plain.png");
        png[16..20].copy_from_slice(&u32::to_be_bytes(width));
        png[20..24].copy_from_slice(&u32::to_be_bytes(height));
        assert_eq!(refusal(&png, "p.png"), code, "{width} x {height}");
    }
    // What trails a picture does no harm, up to 50 MB.
    let mut long = bytes("plain.png");
    long.resize(MAX_BYTES, 0);
    let pixels = decode(&long, "long.png").unwrap().pixels;
    assert_eq!(worst(&pixels, &upright()), 0);
    long.resize(MAX_BYTES + 100_000, 0);
    let error = decode(&long, "long.png").unwrap_err();
    assert_eq!(error.code(), "image-too-large");
    let sentence = "long.png: the file has 50.1 MB; at most 50 MB are read";
    assert_eq!(error.to_string(), sentence);
    long.truncate(MAX_BYTES + 1);
    assert_eq!(refusal(&long, "long.png"), "image-too-large");
}

fn riff(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, data) in chunks {
        body.extend_from_slice(*kind);
        body.extend_from_slice(&(data.len() as u32).to_le_bytes());
        body.extend_from_slice(data);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    let length = (body.len() as u32).to_le_bytes();
    [b"RIFF", &length[..], &body].concat()
}

#[test]
fn a_bomb_inside_a_small_canvas_is_found() {
    // 24 x 16 on the outside, 16383 x 16383 on the inside.
    let canvas = [0, 0, 0, 0, 23, 0, 0, 15, 0, 0];
    let lossy = [0x10, 0, 0, 0x9d, 1, 0x2a, 0xff, 0x3f, 0xff, 0x3f];
    let webp = riff(&[(b"VP8X", &canvas), (b"VP8 ", &lossy)]);
    assert_eq!(refusal(&webp, "inner.webp"), "image-too-large");

    let place = [0, 0, 0, 0, 0, 0, 23, 0, 0, 15, 0, 0, 0, 0, 0, 0];
    let frame = [&place[..], b"VP8 \x0a\0\0\0", &lossy].concat();
    let webp = riff(&[(b"VP8X", &canvas), (b"ANIM", &[0; 6]), (b"ANMF", &frame)]);
    assert_eq!(refusal(&webp, "frame.webp"), "image-too-large");

    let gif = b"GIF89a\x18\0\x10\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\0;";
    assert_eq!(refusal(gif, "frame.gif"), "image-too-large");
}

#[test]
fn a_chunk_that_claims_more_than_the_file_has_allocates_nothing() {
    let mut webp = bytes("exif.webp");
    let exif = webp.windows(4).position(|kind| kind == b"EXIF").unwrap();
    webp[exif + 4..exif + 8].fill(0xff);
    assert_eq!(refusal(&webp, "claim.webp"), "image-truncated");

    // What stands behind the end of the RIFF chunk does not count.
    let mut trailed = bytes("exif.webp");
    trailed.extend_from_slice(b"VP8 \xff\xff\xff\xff");
    let pixels = decode(&trailed, "trailed.webp").unwrap().pixels;
    assert_eq!(worst(&pixels, &upright()), 0);
}

/// Every file of make.py that has bytes.
fn every_fixture() -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(fixtures()).unwrap();
    let files = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file());
    let names = files.map(|entry| entry.file_name().into_string().unwrap());
    let mut all: Vec<_> = names
        .filter(|name| !name.ends_with(".py") && name != "empty.png")
        .map(|name| (name.clone(), bytes(&name)))
        .collect();
    // Folders list in any order; the random bits below must fall the same way everywhere.
    all.sort();
    assert!(all.len() >= 40, "only {} fixtures", all.len());
    all
}

#[test]
fn no_beginning_of_a_file_passes_for_a_picture() {
    for (name, whole) in every_fixture() {
        for point in 0..20 {
            let length = whole.len() * point / 20;
            let code = refusal(&whole[..length], &name);
            let expected: &[&str] = match &*name {
                _ if length == 0 => &["image-empty"],
                "text.png" | "random.bin" => &["image-not-a-picture"],
                "picture.svg" => &["image-not-a-picture", "image-svg"],
                "bomb.png" | "huge-header.jpg" => &["image-too-large", "image-truncated"],
                // The longest beginning that some format needs to be told by.
                _ if length < 18 => &["image-not-a-picture", "image-truncated"],
                _ => &["image-truncated"],
            };
            assert!(expected.contains(&code), "{length} bytes of {name}: {code}");
        }
    }
}

#[test]
fn a_flipped_bit_gives_a_sound_picture_or_a_known_refusal() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        // xorshift64, to flip the same bits every time.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for (name, whole) in every_fixture() {
        for _ in 0..100 {
            let mut flipped = whole.clone();
            let (byte, bit) = (random(whole.len()), random(8));
            flipped[byte] ^= 1 << bit;
            match decode(&flipped, &name) {
                Ok(Picture { pixels, .. }) => {
                    let (width, height) = pixels.dimensions();
                    let size = width.max(height);
                    assert!(
                        size > 0 && size <= 32_768 && pixels.len() <= 400_000_000,
                        "{name}, byte {byte}, bit {bit}: {width} x {height}"
                    );
                }
                Err(error) => assert!(
                    matches!(
                        error.code(),
                        "image-not-a-picture"
                            | "image-svg"
                            | "image-truncated"
                            | "image-broken"
                            | "image-too-large"
                            | "image-unsupported"
                    ),
                    "{name}, byte {byte}, bit {bit}: {error}"
                ),
            }
        }
    }
}
